// Deleting what the mark names: assignments first, whoever made them, and never anybody else's set.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IdentityCenter } from '../../app/aws/port.ts';
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
  name = `bg-delete-${serial}`;
});

const exists = (arn: string) =>
  office.aws.sets().some((set) => set.arn === arn) || office.aws.assignments().some((one) => one.setArn === arn);

test('the assignment goes first, then the set; a second time is fine', async () => {
  const arn = await office.grant(name);
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
  const writes = office.calls().filter((call) => call.startsWith('Delete'));
  expect(writes).toEqual(['DeleteAccountAssignment', 'DeletePermissionSet']);
  await centre.remove(arn);
});

test('assignments that an administrator added go as well', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.assign(name, account, hubot);
  office.aws.administrator.assign(name, elsewhere, mona);
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
});

test('a creation that is still under way is waited for, then deleted', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 80 } });
  await assign(office.sso, arn, account, false);
  const mark = office.calls().length;
  await centre.remove(arn);
  // One attempt: whether AWS would refuse to delete a set that is being assigned is not put to the test.
  expect(
    office
      .calls()
      .slice(mark)
      .filter((call) => call === 'DeletePermissionSet'),
  ).toHaveLength(1);
  expect(office.aws.operations().some((one) => one.setArn === arn && one.kind === 'delete-assignment')).toBe(true);
  await office.aws.settled();
  expect(exists(arn)).toBe(false);
});

test("another set's request that never ends is not waited for", async () => {
  const stuck = await office.grant(`${name}-stuck`, { assigned: false });
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-stalls' } });
  await assign(office.sso, stuck, elsewhere, false);
  const arn = await office.grant(name);
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
  for (const operation of office.aws.operations()) if (operation.setArn === stuck) operation.status = 'FAILED';
});

test('answers lost after they took effect are survived', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'error-after' } });
  office.aws.plant({ on: 'DeletePermissionSet', mishap: { kind: 'reset', after: true } });
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
});

test('conflicts and throttling are tried again', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'error', code: 'ConflictException' }, times: 2 });
  office.aws.plant({ on: 'DeletePermissionSet', mishap: { kind: 'error', code: 'ConflictException' }, times: 2 });
  office.aws.plant({ on: 'ListTagsForResource', mishap: { kind: 'throttle' } });
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
});

test('an assignment that somebody adds just before the set goes is deleted in the next round', async () => {
  const arn = await office.grant(name);
  let added = false;
  const stop = office.aws.onRequest(({ phase, operation }) => {
    if (phase !== 'before' || operation !== 'DeletePermissionSet' || added) return;
    added = true;
    office.aws.administrator.assign(name, elsewhere, hubot);
  });
  await centre.remove(arn);
  stop();
  expect(added).toBe(true);
  expect(exists(arn)).toBe(false);
});

test('a deletion that fails says why and leaves the set; the next try succeeds', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'operation-fails', reason: 'Internal failure' } });
  await expect(centre.remove(arn)).rejects.toThrow(/could not finish the deletion.*111122223333: Internal failure/);
  expect(exists(arn)).toBe(true);
  await centre.remove(arn);
  expect(exists(arn)).toBe(false);
});

test('an assignment that went away meanwhile makes a failed deletion a success', async () => {
  const arn = await office.grant(name);
  const stop = office.aws.onRequest(({ phase, operation }) => {
    if (phase === 'before' && operation === 'DeleteAccountAssignment')
      office.aws.administrator.unassign(name, account, mona);
  });
  await centre.remove(arn);
  stop();
  expect(exists(arn)).toBe(false);
});

test('a conflict that does not go away ends with the patience', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'DeletePermissionSet', mishap: { kind: 'error', code: 'ConflictException' }, times: 1000 });
  await expect(office.centre({ patienceMs: 60 }).remove(arn)).rejects.toThrow(
    /still busy with another change \(DeletePermissionSet/,
  );
});

test('what another ledger made is refused and stays', async () => {
  const arn = await office.grant(name, { ledger: '42' });
  await expect(centre.remove(arn)).rejects.toThrow(/is not ours/);
  expect(exists(arn)).toBe(true);
});

test.each([
  ['expired-credentials' as const, /credentials have expired \(ListTagsForResource\): renew them/],
  ['denied' as const, /AWS denies sso:ListTagsForResource to the app: allow it/],
])('%s: one sentence with the next step', async (kind, sentence) => {
  const arn = await office.grant(name);
  office.aws.plant({
    on: '*',
    mishap: kind === 'denied' ? { kind: 'error', code: 'AccessDeniedException' } : { kind },
    times: 100,
  });
  await expect(centre.remove(arn)).rejects.toThrow(sentence);
});

test('AWS unreachable: the sentence names the region', async () => {
  const arn = await office.grant(name);
  office.aws.down();
  await expect(centre.remove(arn)).rejects.toThrow(
    /AWS in eu-west-1 cannot be reached \(ListTagsForResource: ECONNRESET\)/,
  );
  office.aws.up();
});
