// A removal is proved by two readings of everything that could still be access; whatever cannot be read proves nothing.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IdentityCenter, RemovalProof } from '../../app/aws/port.ts';
import { account, assign, elsewhere, hubot, mona, type Office, openOffice } from './office.ts';

let office: Office;
let centre: IdentityCenter;
let name = '';
let serial = 0;

beforeAll(async () => {
  office = await openOffice();
  centre = office.centre();
});
afterAll(() => office.close());
beforeEach(() => {
  office.aws.clearFaults();
  serial += 1;
  name = `bg-gone-${serial}`;
});

const prove = (arn: string | null): Promise<RemovalProof> =>
  centre.proveRemoved({ permissionSetName: name, arn, accountId: account });
const notProven = (reason: RegExp) => ({ kind: 'not-proven', reason: expect.stringMatching(reason) });

test('a removed grant: two rounds with the gap between, each answer with its request id', async () => {
  const arn = await office.grant(name);
  await centre.remove(arn);
  const start = performance.now();
  const proof = await prove(arn);
  expect(performance.now() - start).toBeGreaterThanOrEqual(39);
  if (proof.kind !== 'proven') throw new Error(proof.reason);
  const round = [
    'ListAccountAssignmentCreationStatus',
    'ListAccountAssignmentDeletionStatus',
    'ListAccountsForProvisionedPermissionSet',
    'ListAccountAssignments',
    'DescribePermissionSet',
  ];
  expect(proof.evidence.map(({ operation }) => operation)).toEqual([...round, ...round]);
  const logged = new Set(office.aws.log.map(({ requestId }) => requestId));
  expect(proof.evidence.every(({ requestId }) => logged.has(requestId))).toBe(true);
  expect(new Set(proof.evidence.map(({ requestId }) => requestId)).size).toBe(10);
  expect(Date.parse(proof.at)).toBeGreaterThanOrEqual(Date.parse(proof.firstAt));
  expect(proof.permissionSetArn).toBe(arn);
});

test('the set still exists', async () => {
  const arn = await office.grant(name, { assigned: false });
  expect(await prove(arn)).toEqual(notProven(/still exists/));
});

test('somebody is still assigned', async () => {
  const arn = await office.grant(name);
  expect(await prove(arn)).toEqual(notProven(/is still provisioned to account 111122223333/));
});

test('assigned in another account only', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.administrator.assign(name, elsewhere, hubot);
  expect(await prove(arn)).toEqual(notProven(/is still provisioned to account 444455556666/));
});

test('a creation that AWS has not finished, although the set is gone', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 100 } });
  await assign(office.sso, arn, account, false);
  office.aws.administrator.deleteSet(name);
  expect(await prove(arn)).toEqual(notProven(/still working on the creation/));
  await office.aws.settled();
  expect((await prove(arn)).kind).toBe('proven');
});

test('a deletion that AWS has not finished', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'operation-slow', ms: 100 } });
  const removing = centre.remove(arn);
  await expect
    .poll(() => office.aws.operations().some((one) => one.setArn === arn && one.kind === 'delete-assignment'))
    .toBe(true);
  expect(await prove(arn)).toEqual(notProven(/still working on the deletion/));
  await removing;
});

test('what is there at the second reading only is not proved: the first met a copy that lags', async () => {
  const arn = await office.grant(name, { assigned: false });
  const fault = office.aws.plant({
    on: 'DescribePermissionSet',
    mishap: { kind: 'error', code: 'ResourceNotFoundException' },
  });
  expect(await prove(arn)).toEqual(notProven(/still exists/));
  expect(fault.hits()).toBe(1);
});

test.each([
  'ListAccountAssignmentCreationStatus',
  'ListAccountAssignmentDeletionStatus',
  'ListAccountAssignments',
  'ListAccountsForProvisionedPermissionSet',
  'DescribePermissionSet',
])('%s refused: not proved, in one sentence', async (operation) => {
  const arn = await office.grant(name);
  await centre.remove(arn);
  office.aws.plant({ on: operation, mishap: { kind: 'error', code: 'AccessDeniedException' }, times: 5 });
  expect(await prove(arn)).toEqual(notProven(new RegExp(`AWS denies sso:${operation} to the app`)));
});

test('AWS down: not proved', async () => {
  const arn = await office.grant(name);
  await centre.remove(arn);
  office.aws.down();
  expect(await prove(arn)).toEqual(notProven(/cannot be reached/));
  office.aws.up();
});

test("another instance's ARN proves nothing", async () => {
  const foreign = 'arn:aws:sso:::permissionSet/ssoins-ffffffffffffffff/ps-0123456789abcdef';
  expect(await prove(foreign)).toEqual(notProven(/is not of the instance/));
});

test('a wrong instance in the settings proves nothing', async () => {
  const wrong = office.centre({ instanceArn: 'arn:aws:sso:::instance/ssoins-ffffffffffffffff' });
  const arn = 'arn:aws:sso:::permissionSet/ssoins-ffffffffffffffff/ps-0123456789abcdef';
  expect((await wrong.proveRemoved({ permissionSetName: name, arn, accountId: account })).kind).toBe('not-proven');
  expect((await wrong.proveRemoved({ permissionSetName: name, arn: null, accountId: account })).kind).toBe(
    'not-proven',
  );
});

test('without an ARN, the whole list without that name proves it', async () => {
  await office.grant(`${name}-other`, { assigned: false });
  const proof = await prove(null);
  if (proof.kind !== 'proven') throw new Error(proof.reason);
  expect(proof.evidence.map(({ operation }) => operation)).toEqual(['ListPermissionSets', 'ListPermissionSets']);
  expect(proof.permissionSetArn).toBeNull();
});

test('without an ARN, a set of that name disproves it', async () => {
  await office.grant(name, { assigned: false });
  expect(await prove(null)).toEqual(notProven(new RegExp(`The permission set ${name} still exists`)));
});

test('the signal ends the wait without an exception', async () => {
  const arn = await office.grant(name);
  await centre.remove(arn);
  const stop = new AbortController();
  const waiting = office.centre({ proofGapMs: 60_000 }).proveRemoved({
    permissionSetName: name,
    arn,
    accountId: account,
    signal: stop.signal,
  });
  setTimeout(() => stop.abort(), 100);
  expect(await waiting).toEqual(notProven(/Stopped before AWS had answered everything/));
});

test('access that a person holds is never proved away', async () => {
  await office.grant(name);
  expect(office.aws.whatCan(mona, account, 's3:GetObject').kind).toBe('allowed');
  expect((await prove(null)).kind).toBe('not-proven');
});
