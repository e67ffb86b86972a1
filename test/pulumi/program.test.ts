// The program of one grant, run against mocks: which resources it asks for, with what, and in which order.
import { setMocks } from '@pulumi/pulumi/runtime/mocks.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { grantProgram } from '../../pulumi/index.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';
import { INSTANCE, MONA, PAYMENTS, resolved } from '../engine/grants.ts';

type Asked = { readonly type: string; readonly name: string; readonly inputs: Record<string, unknown> };

const SET = 'aws:ssoadmin/permissionSet:PermissionSet';
const INLINE = 'aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy';
const MANAGED = 'aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment';
const ASSIGNMENT = 'aws:ssoadmin/accountAssignment:AccountAssignment';
const ARN = `${INSTANCE.replace('instance', 'permissionSet')}/ps-1234567890abcdef`;

let asked: Asked[];
beforeEach(async () => {
  asked = [];
  await setMocks({
    newResource: ({ type, name, inputs }) => {
      asked.push({ type, name, inputs });
      return { id: name, state: { ...inputs, arn: ARN } };
    },
    call: () => {
      throw new Error('the program may look nothing up');
    },
  });
});

function of(type: string): Record<string, unknown>[] {
  return asked.filter((each) => each.type === type).map((each) => each.inputs);
}

async function run(grant = resolved('payments-db-down'), proof: string | null = null) {
  const outputs = await grantProgram(grant, { proof: async () => proof })();
  const arn = await new Promise((resolve) => outputs.permissionSetArn.apply(resolve));
  await expect.poll(() => of(ASSIGNMENT)).toHaveLength(1);
  return { grant, outputs, arn };
}

describe('grantProgram', () => {
  it('asks for one permission set that names its ledger, its grant and its deadline', async () => {
    const { grant, outputs, arn } = await run(resolved('payments-db-down', { sessionSeconds: 5400 }));
    expect(of(SET)).toEqual([
      {
        name: grant.permissionSetName,
        instanceArn: INSTANCE,
        description: 'breakglass payments-db-down: admin on prod-payments',
        sessionDuration: 'PT1H30M',
        tags: {
          'breakglass:ledger': '1296269',
          'breakglass:grant': 'payments-db-down',
          'breakglass:expires-at': grant.deadline,
        },
      },
    ]);
    expect(arn).toBe(ARN);
    expect(outputs.deadline).toBe(grant.deadline);
  });

  it.each([
    ['proven 2026-11-22T03:04:05.000Z requests a b', 'proven 2026-11-22T03:04:05.000Z requests a b'],
    [null, 'not proven when the engine ended; see breakglass status'],
  ])('shows what AWS confirmed (%s), and never more', async (proof, shown) => {
    const { outputs } = await run(resolved('payments-db-down'), proof);
    expect(await new Promise((resolve) => outputs.proof.apply(resolve))).toBe(shown);
  });

  it('asks for the inline policy and each managed policy once', async () => {
    const readOnly = 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess';
    const { grant } = await run(resolved('a-grant', { managedPolicies: [readOnly, readOnly] }));
    const policy = inlinePolicy(grant);
    expect(of(INLINE)).toEqual([
      { instanceArn: INSTANCE, permissionSetArn: ARN, inlinePolicy: policy.kind === 'ok' && policy.document },
    ]);
    expect(of(MANAGED)).toEqual([{ instanceArn: INSTANCE, permissionSetArn: ARN, managedPolicyArn: readOnly }]);
  });

  it('assigns it to the person, in the one account, after every policy', async () => {
    await run();
    expect(of(ASSIGNMENT)).toEqual([
      {
        instanceArn: INSTANCE,
        permissionSetArn: ARN,
        principalType: 'USER',
        principalId: MONA,
        targetType: 'AWS_ACCOUNT',
        targetId: PAYMENTS,
      },
    ]);
    expect(asked.at(-1)?.type).toBe(ASSIGNMENT);
    expect(asked[0]?.type).toBe(SET);
  });

  it('keeps names and every input but tags and policy when a grant is extended: nothing is replaced', async () => {
    const grant = resolved('payments-db-down');
    await run(grant);
    const before = asked;
    asked = [];
    await run({ ...grant, deadline: '2036-01-01T00:00:00Z' });
    const stable = (all: Asked[]) =>
      all
        .map(({ type, name, inputs: { tags: _t, inlinePolicy: _p, ...inputs } }) => ({ type, name, inputs }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(stable(asked)).toEqual(stable(before));
    expect(of(INLINE)[0]?.inlinePolicy).toContain('2036-01-01T00:00:00Z');
  });

  it('fits what Identity Center takes as a description, whatever the names are', async () => {
    await run(resolved('a-grant', { role: 'führung ☃', accountName: 'x'.repeat(900) }));
    expect(of(SET)[0]?.description).toMatch(/^breakglass a-grant: führung \? on x{100,}$/);
    expect(String(of(SET)[0]?.description).length).toBe(700);
  });

  it('refuses a policy that is too large before it asks for an assignment', async () => {
    const grant = resolved('a-grant', { guards: [{ name: 'long', actions: ['x'.repeat(11_000)] }] });
    await expect(grantProgram(grant, { proof: async () => null })()).rejects.toThrow('Identity Center takes 10240');
    expect(of(ASSIGNMENT)).toEqual([]);
  });
});
