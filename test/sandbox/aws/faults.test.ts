// What tests can make go wrong at the AWS double, and what they can see afterwards.
import {
  CreatePermissionSetCommand,
  DescribePermissionSetCommand,
  ListInstancesCommand,
} from '@aws-sdk/client-sso-admin';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { allow, type Bench, INSTANCE, MONA, PAYMENTS, startBench } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const create = (Name: string) => new CreatePermissionSetCommand({ InstanceArn: INSTANCE, Name });

test('an error before leaves nothing behind, an error after leaves everything', async () => {
  bench.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'error', code: 'AccessDeniedException' } });
  await expect(bench.sso.send(create('a'))).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
  expect(bench.aws.sets()).toEqual([]);
  bench.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'error-after' } });
  await expect(bench.sso.send(create('a'))).rejects.toThrow(
    expect.objectContaining({ name: 'InternalServerException' }),
  );
  expect(bench.aws.sets()).toHaveLength(1);
});

test('a fault strikes as often as it says, after as many as it lets pass', async () => {
  const fault = bench.aws.plant({ on: /^List/, mishap: { kind: 'throttle' }, times: 2, skip: 1 });
  const outcomes: string[] = [];
  for (let index = 0; index < 4; index += 1) {
    outcomes.push(
      await bench.sso.send(new ListInstancesCommand({})).then(
        () => 'answered',
        (error) => error.name,
      ),
    );
  }
  expect(outcomes).toEqual(['answered', 'ThrottlingException', 'ThrottlingException', 'answered']);
  expect(fault.hits()).toBe(2);
});

test('credentials expire', async () => {
  bench.aws.plant({ on: '*', mishap: { kind: 'expired-credentials' } });
  await expect(bench.sso.send(new ListInstancesCommand({}))).rejects.toThrow(
    expect.objectContaining({ name: 'ExpiredTokenException' }),
  );
});

test.each([
  [false, 0],
  [true, 1],
])('a connection breaks (after the effect: %s), %i sets exist', async (after, sets) => {
  bench.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'reset', after } });
  await expect(bench.sso.send(create('a'))).rejects.toThrow();
  expect(bench.aws.sets()).toHaveLength(sets);
});

test.each([
  [false, 0],
  [true, 1],
])('a call hangs (after the effect: %s), %i sets exist', async (after, sets) => {
  const fault = bench.aws.plant({ on: 'CreatePermissionSet', mishap: { kind: 'hang', after } });
  const patience = new AbortController();
  const answered = bench.sso.send(create('a'), { abortSignal: patience.signal });
  const aborted = expect(answered).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  await vi.waitFor(() => expect([fault.hits(), bench.aws.sets().length]).toEqual([1, sets]), 30_000);
  patience.abort();
  await aborted;
  expect(bench.aws.sets()).toHaveLength(sets);
});

test('everything is down, and up again', async () => {
  bench.aws.down();
  await expect(bench.sso.send(new ListInstancesCommand({}))).rejects.toThrow();
  bench.aws.up();
  expect((await bench.sso.send(new ListInstancesCommand({}))).Instances).toHaveLength(1);
});

test('an operation fails with a reason, or stalls', async () => {
  const set = await bench.createSet('a');
  bench.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-fails', reason: 'Too many roles.' } });
  await bench.assign(set);
  expect(bench.aws.operations().map((one) => [one.status, one.failure])).toEqual([['FAILED', 'Too many roles.']]);
  bench.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-stalls' } });
  const stalled = bench.assign(set);
  await expect(Promise.race([stalled, new Promise((done) => setTimeout(done, 50, 'waiting'))])).resolves.toBe(
    'waiting',
  );
  expect(bench.aws.operations().at(-1)?.status).toBe('IN_PROGRESS');
  bench.aws.release();
  await stalled;
  expect(bench.aws.assignments()).toHaveLength(1);
});

test('a hook sees a call before and after it took effect', async () => {
  const seen: string[] = [];
  const stop = bench.aws.onRequest(({ phase, operation, actor }) => {
    seen.push(`${phase} ${operation} by ${actor}: ${bench.aws.sets().length}`);
  });
  await bench.createSet('a');
  stop();
  await bench.createSet('b');
  expect(seen).toEqual(['before CreatePermissionSet by AKIATEST: 0', 'after CreatePermissionSet by AKIATEST: 1']);
});

test('the history tells who did what', async () => {
  const set = await bench.createSet('a', allow('*'));
  await bench.assign(set);
  bench.aws.administrator.unassign('a', PAYMENTS, MONA);
  expect(bench.aws.history.map(({ actor, what }) => `${actor}: ${what}`)).toEqual([
    'AKIATEST: CreatePermissionSet',
    'AKIATEST: PutInlinePolicyToPermissionSet',
    'AKIATEST: CreateAccountAssignment',
    'aws: RoleCreated',
    'aws: AssignmentCreated',
    'aws: create-assignment SUCCEEDED',
    'administrator: DeleteAccountAssignment',
    'aws: AssignmentDeleted',
    'aws: RoleDeleted',
  ]);
});

test('every answer carries a request id and the time of its own clock', async () => {
  await bench.close();
  bench = await startBench({ now: () => new Date('2026-11-22T03:00:00Z') });
  const { $metadata } = await bench.sso.send(new ListInstancesCommand({}));
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  const raw = await fetch(bench.aws.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SWBExternalService.ListInstances' },
  });
  expect(raw.headers.get('date')).toBe('Sun, 22 Nov 2026 03:00:00 GMT');
  expect(raw.status).toBe(403);
  expect(await raw.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
});

test('an operation that it does not have is refused, not made up', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIATEST/20261122/eu-west-1/sso/aws4_request';
  const headers = { 'x-amz-target': 'SWBExternalService.CreateApplication', authorization };
  const raw = await fetch(bench.aws.url, { method: 'POST', headers, body: '{}' });
  expect([raw.status, await raw.json()]).toMatchObject([400, { __type: 'UnknownOperationException' }]);
  await expect(
    bench.sso.send(new DescribePermissionSetCommand({ InstanceArn: INSTANCE, PermissionSetArn: 'x' })),
  ).rejects.toThrow(expect.objectContaining({ name: 'ValidationException' }));
});

test('STS tells who is asking', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=AKIATEST/20261122/eu-west-1/sts/aws4_request';
  const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' });
  const raw = await fetch(bench.aws.url, { method: 'POST', headers: { authorization }, body });
  expect(await raw.text()).toContain('<Account>999999999999</Account>');
});

test('an administrator who deletes a set takes every role of it along', async () => {
  const set = await bench.createSet('a', allow('*'));
  await bench.assign(set);
  bench.aws.administrator.deleteSet('a');
  expect([bench.aws.sets(), bench.aws.roles(), bench.aws.assignments()]).toEqual([[], [], []]);
});
