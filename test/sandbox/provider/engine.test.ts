// The real engine drives the stand-in provider against the AWS double: what is created, kept, repaired, destroyed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AwsDouble, startAws } from '../aws/index.ts';
import { type Access, createWorkbench, type Workbench } from './harness.ts';

const USER = '9067070b0b-5e1d3b53-9d4f-4c0e-8d2b-111111111111';
const INSTANCE = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

let aws: AwsDouble;
let bench: Workbench;
let port = 0;

// One bench for all tests keeps one plugin cache; each test has its own double on the same port, and stacks that go with the
// bench: only where the end is what is looked at, one is destroyed.
beforeAll(async () => {
  const first = await startAws(organisation());
  port = Number(new URL(first.url).port);
  // Where there is no CLI yet, it is made now.
  bench = await createWorkbench(first.environment);
  await first.close();
}, 900_000);
beforeEach(async () => {
  aws = await startAws({ ...organisation(), port });
});
afterEach(() => aws.close());
afterAll(() => bench.clear());

function organisation() {
  return {
    region: 'eu-west-1',
    instanceArn: INSTANCE,
    identityStoreId: 'd-1234567890',
    users: [{ userId: USER, userName: 'mona', displayName: 'Mona', email: 'mona@example.com' }],
    accounts: [
      { id: '999999999999', name: 'management' },
      { id: '111122223333', name: 'payments' },
    ],
    latency: 20,
  };
}

function access(name: string, changes: Partial<Access> = {}): Access {
  return {
    name,
    instanceArn: INSTANCE,
    userId: USER,
    account: '111122223333',
    inlinePolicy: denyFrom('2030-01-01T00:00:00Z'),
    managedPolicies: [ADMINISTRATOR],
    tags: { 'breakglass:grant': name },
    ...changes,
  };
}

function denyFrom(date: string): string {
  const Condition = { DateGreaterThanEquals: { 'aws:CurrentTime': date } };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition }],
  });
}

function calls(): readonly string[] {
  return aws.log.filter((entry) => entry.status === 200).map((entry) => entry.operation);
}

function writes(): readonly string[] {
  return calls().filter((operation) => !/^(Get|List|Describe)/.test(operation));
}

describe('up', () => {
  test('creates the access in the order that puts the deadline before the assignment; a second up does nothing', async () => {
    const stack = await bench.stackOf(access('first'));
    await stack.up();
    expect(aws.whatCan('mona', 'payments', 'ec2:RunInstances', new Date('2029-12-31T23:59:59Z')).kind).toBe('allowed');
    expect(aws.whatCan('mona', 'payments', 'ec2:RunInstances', new Date('2030-01-01T00:00:00Z')).kind).toBe('denied');
    expect(writes()[0]).toBe('CreatePermissionSet');
    expect(writes().at(-1)).toBe('CreateAccountAssignment');
    // One provisioning round for each policy, as the real provider makes.
    expect(writes().filter((operation) => operation === 'ProvisionPermissionSet')).toHaveLength(2);
    expect(Object.fromEntries(aws.sets()[0]?.tags ?? [])).toEqual({ 'breakglass:grant': 'first' });

    const before = writes().length;
    const second = await stack.up();
    expect(second.summary.resourceChanges).toEqual({ same: 5 });
    expect(writes()).toHaveLength(before);
  });

  test('a changed policy is put in place and provisioned; the same policy written otherwise is no change', async () => {
    const stack = await bench.stackOf(access('update'));
    await stack.up();
    const reordered = JSON.stringify({
      Statement: JSON.parse(denyFrom('2030-01-01T00:00:00Z')).Statement[0],
      Version: '2012-10-17',
    });
    const same = await (await bench.stackOf(access('update', { inlinePolicy: reordered }))).up();
    expect(same.summary.resourceChanges).toEqual({ same: 5 });

    const before = writes().length;
    const later = access('update', { inlinePolicy: denyFrom('2031-01-01T00:00:00Z') });
    const changed = await (await bench.stackOf(later)).up();
    expect(changed.summary.resourceChanges).toEqual({ same: 4, update: 1 });
    expect(writes().slice(before)).toEqual(['PutInlinePolicyToPermissionSet', 'ProvisionPermissionSet']);
    expect(aws.whatCan('mona', 'payments', 'ec2:RunInstances', new Date('2030-06-01T00:00:00Z')).kind).toBe('allowed');
  });

  test('with refresh repairs what an administrator changed', async () => {
    const stack = await bench.stackOf(access('drift'));
    await stack.up();
    aws.administrator.moveDeadline('drift', new Date('2099-01-01T00:00:00Z'));
    aws.administrator.setSessionDuration('drift', 'PT12H');
    aws.administrator.untag('drift', 'breakglass:grant');
    aws.administrator.unassign('drift', '111122223333', USER);
    await stack.up({ refresh: true });
    const set = aws.sets()[0];
    expect(set?.content.inlinePolicy).toContain('2030-01-01T00:00:00Z');
    expect(set?.content.sessionDuration).toBe('PT1H');
    expect(set?.tags.get('breakglass:grant')).toBe('drift');
    expect(aws.roles()[0]?.content).toEqual(set?.content);
    expect(aws.assignments()).toHaveLength(1);
  });

  test('with refresh makes everything again that an administrator deleted', async () => {
    const stack = await bench.stackOf(access('gone'));
    await stack.up();
    const first = aws.sets()[0]?.arn;
    aws.administrator.deleteSet('gone');
    await stack.up({ refresh: true });
    expect(aws.sets()[0]?.arn).not.toBe(first);
    expect(aws.whatCan('mona', 'payments', 's3:GetObject').kind).toBe('allowed');
  });

  test('another account replaces the assignment and nothing else', async () => {
    const stack = await bench.stackOf(access('replaced'));
    await stack.up();
    const moved = await (await bench.stackOf(access('replaced', { account: '999999999999' }))).up();
    expect(moved.summary.resourceChanges).toEqual({ same: 4, replace: 1 });
    expect(aws.assignments().map((one) => one.account)).toEqual(['999999999999']);
  });
});

test('the region of the configuration goes before that of the environment', async () => {
  const stack = await bench.stackOf(access('region', { managedPolicies: [] }));
  await stack.setConfig('aws:region', { value: 'eu-central-1' });
  await stack.up();
  expect(JSON.stringify((await stack.exportStack()).deployment)).toContain('"region":"eu-central-1"');
});

describe('destroy', () => {
  test('takes the assignment first and leaves the policies to go with the set', async () => {
    const stack = await bench.stackOf(access('destroyed'));
    await stack.up();
    const before = writes().length;
    await stack.destroy();
    expect(writes().slice(before)).toEqual(['DeleteAccountAssignment', 'DeletePermissionSet']);
    expect(aws.sets()).toEqual([]);
    expect(aws.roles()).toEqual([]);
  });

  test('is content with what is gone already', async () => {
    const stack = await bench.stackOf(access('vanished'));
    await stack.up();
    aws.administrator.deleteSet('vanished');
    const result = await stack.destroy();
    expect(result.summary.result).toBe('succeeded');
  });
});

describe('as the real provider does, it', () => {
  test('refuses to adopt an assignment that exists', async () => {
    const name = 'adopted';
    aws.onRequest(({ phase, operation }) => {
      // Somebody else is faster, between the policies and the assignment.
      if (phase === 'before' && operation === 'ListAccountAssignments' && aws.assignments().length === 0) {
        aws.administrator.assign(name, '111122223333', USER);
      }
    });
    const stack = await bench.stackOf(access(name));
    await expect(stack.up()).rejects.toThrow(`creating SSO Account Assignment for USER (${USER}): already exists`);
    aws.administrator.deleteSet(name);
  });

  test('reports the reason that AWS gives for a failed operation', async () => {
    aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-fails', reason: 'Role quota exceeded.' } });
    const stack = await bench.stackOf(access('failing'));
    await expect(stack.up()).rejects.toThrow(
      /unexpected state 'FAILED', wanted target 'SUCCEEDED'. last error: Role quota/,
    );
    await stack.destroy();
  });

  test('retries conflicts, throttling and broken connections', async () => {
    const conflict = aws.plant({
      on: 'CreateAccountAssignment',
      mishap: { kind: 'error', code: 'ConflictException' },
      times: 2,
    });
    const throttle = aws.plant({ on: /^Put/, mishap: { kind: 'throttle' }, times: 2 });
    const reset = aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'reset' } });
    const stack = await bench.stackOf(access('retried'));
    await stack.up();
    expect([conflict.hits(), throttle.hits(), reset.hits()]).toEqual([2, 2, 1]);
    expect(aws.assignments()).toHaveLength(1);
  });

  test('keeps a resource whose provisioning failed in the state, so that the next up repairs it', async () => {
    aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'operation-fails', reason: 'Not now.' } });
    const stack = await bench.stackOf(access('partial', { managedPolicies: [] }));
    await expect(stack.up()).rejects.toThrow(/waiting for SSO Permission Set .* provision/);
    const state = JSON.stringify((await stack.exportStack()).deployment);
    expect(state).toContain('PermissionSetInlinePolicy');
    expect(state).toContain('Not now.');
    await stack.up();
    expect(aws.assignments()).toHaveLength(1);
  });

  test.each([
    ['a name with a space', { name: 'no spaces' }, /must match/],
    ['an account that is no account', { account: '12' }, /expected length|must match/],
    ['an instance that is no ARN', { instanceArn: 'ssoins-1' }, /is an invalid ARN/],
    ['a policy that is no JSON', { inlinePolicy: 'nonsense' }, /contains an invalid JSON policy/],
    ['a user id of another shape', { userId: 'mona' }, /expected length|must match/],
  ])('refuses %s before AWS is asked', async (_what, change, sentence) => {
    const stack = await bench.stackOf({ ...access(`refused-${Object.keys(change)[0]}`), ...change });
    await expect(stack.up()).rejects.toThrow(sentence);
    expect(writes().filter((operation) => operation === 'CreateAccountAssignment')).toEqual([]);
  });
});
