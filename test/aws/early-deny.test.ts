// The early end: live sessions lose everything at once, whatever AWS does meanwhile.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tagValue } from '../../app/aws/early-deny.ts';
import type { IdentityCenter } from '../../app/aws/port.ts';
import { until } from '../sandbox/index.ts';
import { account, allow, assign, denyAll, elsewhere, mona, type Office, openOffice } from './office.ts';

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
  name = `bg-deny-${serial}`;
});

const deny = (arn: string) => centre.deny({ arn, accountId: account, reason: 'revoked by @hubot', policy: denyAll });
const tagsOf = (arn: string) => office.aws.sets().find((set) => set.arn === arn)?.tags;
// By a session of that set: the person may hold other grants in the account.
const rightsBy = (set: string, where = account) =>
  office.aws.whatCan(mona, where, 's3:GetObject', undefined, { session: office.aws.signIn(mona, where, set) }).kind;
const writesSince = (mark: number) =>
  office
    .calls()
    .slice(mark)
    .filter((call) => !/^(Get|List|Describe)/.test(call));

test('a live session is denied, and the set says why it ended', async () => {
  const arn = await office.grant(name);
  const session = office.aws.signIn(mona, account, name);
  expect(office.aws.whatCan(mona, account, 's3:GetObject', undefined, { session }).kind).toBe('allowed');
  await deny(arn);
  expect(office.aws.whatCan(mona, account, 's3:GetObject', undefined, { session }).kind).toBe('denied');
  expect(tagsOf(arn)?.get('breakglass:ended')).toBe('revoked by @hubot');
});

test('a second time changes nothing, and the first reason stays', async () => {
  const arn = await office.grant(name);
  await deny(arn);
  const mark = office.calls().length;
  await centre.deny({ arn, accountId: account, reason: 'another', policy: denyAll });
  expect(writesSince(mark)).toEqual([]);
  expect(tagsOf(arn)?.get('breakglass:ended')).toBe('revoked by @hubot');
});

test('a deny that was written but never provisioned is provisioned by the next one', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.setInlinePolicy(name, denyAll, { provision: false });
  office.aws.administrator.tag(name, 'breakglass:ended', 'earlier');
  const session = office.aws.signIn(mona, account, name);
  expect(office.aws.whatCan(mona, account, 's3:GetObject', undefined, { session }).kind).toBe('allowed');
  const mark = office.calls().length;
  await deny(arn);
  expect(writesSince(mark)).toEqual(['ProvisionPermissionSet']);
  expect(office.aws.whatCan(mona, account, 's3:GetObject', undefined, { session }).kind).toBe('denied');
});

test('an account into which an administrator assigned the set is denied too', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.assign(name, elsewhere, mona);
  await deny(arn);
  expect(rightsBy(name, elsewhere)).toBe('denied');
});

test('an assignment that AWS is still making comes out denied', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 80 } });
  await assign(office.sso, arn, account, false);
  await deny(arn);
  expect(office.aws.assignments().some((one) => one.setArn === arn)).toBe(true);
  expect(rightsBy(name)).toBe('denied');
});

test('a creation that hangs in another account does not hold up the deny, and is reported', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-stalls' } });
  await assign(office.sso, arn, elsewhere, false);
  const denial = { arn, accountId: account, reason: 'r', policy: denyAll };
  await expect(office.centre({ patienceMs: 50 }).deny(denial)).rejects.toThrow(
    /has not finished the assignment creation/,
  );
  expect(rightsBy(name)).toBe('denied');
  for (const operation of office.aws.operations()) if (operation.setArn === arn) operation.status = 'FAILED';
});

test('the last assignment goes away while the deny is provisioned: nothing is left to deny', async () => {
  const arn = await office.grant(name);
  office.aws.plant({
    on: 'ProvisionPermissionSet',
    mishap: { kind: 'operation-fails', reason: 'Assignment not found.' },
  });
  const stop = office.aws.onRequest(({ phase, operation }) => {
    if (phase === 'after' && operation === 'ProvisionPermissionSet')
      office.aws.administrator.unassign(name, account, mona);
  });
  await deny(arn);
  stop();
  expect(office.aws.roles().some((role) => role.setArn === arn)).toBe(false);
});

test('a set without any account is denied without provisioning', async () => {
  const arn = await office.grant(name, { assigned: false });
  const mark = office.calls().length;
  await deny(arn);
  expect(writesSince(mark)).toEqual(['TagResource', 'PutInlinePolicyToPermissionSet']);
});

test('an account that is busy with another grant is waited for', async () => {
  const arn = await office.grant(name);
  const other = await office.grant(`${name}-other`, { assigned: false });
  office.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-slow', ms: 80 } });
  await assign(office.sso, other, account, false);
  await deny(arn);
  expect(rightsBy(name)).toBe('denied');
  await office.aws.settled();
});

test('answers lost after they took effect, throttling and resets are survived', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'TagResource', mishap: { kind: 'error-after' } });
  office.aws.plant({ on: 'PutInlinePolicyToPermissionSet', mishap: { kind: 'error-after' } });
  office.aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'reset', after: true } });
  office.aws.plant({ on: 'GetInlinePolicyForPermissionSet', mishap: { kind: 'throttle' } });
  await deny(arn);
  expect(rightsBy(name)).toBe('denied');
});

test('a tag that AWS refuses does not keep the access alive, and is reported', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'TagResource', mishap: { kind: 'error', code: 'AccessDeniedException' } });
  await expect(deny(arn)).rejects.toThrow(/AWS denies sso:TagResource to the app/);
  expect(rightsBy(name)).toBe('denied');
});

const busy = { kind: 'error', code: 'ConflictException' } as const;

test('a tag for which AWS is too busy does not hold up the deny, and is tried on', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'TagResource', mishap: busy, times: 10_000 });
  const denying = office
    .centre({ patienceMs: 60_000 })
    .deny({ arn, accountId: account, reason: 'revoked by @hubot', policy: denyAll });
  await until('it is denied', () => rightsBy(name) === 'denied', 5_000);
  expect(tagsOf(arn)?.has('breakglass:ended')).toBe(false);
  office.aws.clearFaults();
  await denying;
  expect(tagsOf(arn)?.get('breakglass:ended')).toBe('revoked by @hubot');
});

test('a tag for which AWS stays too busy is told', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'TagResource', mishap: busy, times: 10_000 });
  const denial = { arn, accountId: account, reason: 'r', policy: denyAll };
  await expect(office.centre({ patienceMs: 100 }).deny(denial)).rejects.toThrow(
    /busy with another change \(TagResource/,
  );
  expect(rightsBy(name)).toBe('denied');
});

test('a tag that AWS takes in a moment is there before the policy: a `Deny` without it looks like the work of a hand', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'TagResource', mishap: { kind: 'delay', ms: 300 } });
  const mark = office.calls().length;
  const denial = { arn, accountId: account, reason: 'r', policy: denyAll };
  const denying = office.centre({ pollMs: 400 }).deny(denial);
  await until('the policy is put', () => writesSince(mark).includes('PutInlinePolicyToPermissionSet'));
  expect(tagsOf(arn)?.get('breakglass:ended')).toBe('r');
  await denying;
});

test('provisioning that fails is an error with its reason; the next try succeeds', async () => {
  const arn = await office.grant(name);
  office.aws.plant({
    on: 'ProvisionPermissionSet',
    mishap: { kind: 'operation-fails', reason: 'Role quota exceeded' },
  });
  await expect(deny(arn)).rejects.toThrow(/could not bring the deny.*111122223333: Role quota exceeded/);
  await deny(arn);
  expect(rightsBy(name)).toBe('denied');
});

test('provisioning that never ends is given up after the patience', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'operation-stalls' } });
  const impatient = office.centre({ patienceMs: 50 });
  const denial = { arn, accountId: account, reason: 'r', policy: denyAll };
  await expect(impatient.deny(denial)).rejects.toThrow(/has not finished the provisioning/);
  for (const operation of office.aws.operations()) if (operation.setArn === arn) operation.status = 'FAILED';
});

test('what another ledger made, or nobody marked, is not touched', async () => {
  const foreign = await office.grant(name, { ledger: '42', assigned: false });
  await expect(deny(foreign)).rejects.toThrow(/is not ours: its tag breakglass:ledger is 42, not 1296269/);
  const unmarked = office.aws.administrator.createSet(`${name}-bare`, { inlinePolicy: allow });
  await expect(deny(unmarked)).rejects.toThrow(/is not ours: its tag breakglass:ledger is missing/);
  expect(office.aws.sets().find((set) => set.arn === unmarked)?.content.inlinePolicy).toBe(allow);
});

test('a set that is gone needs no deny', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.administrator.deleteSet(name);
  const mark = office.calls().length;
  await deny(arn);
  expect(writesSince(mark)).toEqual([]);
});

test.each([
  ['what is allowed stays', 'revoked by @octocat, 583231', 'revoked by @octocat 583231'],
  ['quotes, signs and line breaks', 'removal #42; "quoted"\nnew line', 'removal 42 quoted new line'],
  ['letters of any script', 'Zürich 東京', 'Zürich 東京'],
  ['nothing left', '!!!', 'ended'],
  ['too long', 'x'.repeat(300), 'x'.repeat(256)],
  ['no half surrogate pair', `${'x'.repeat(255)}𝕏`, 'x'.repeat(255)],
])('a reason becomes a valid tag value: %s', (_what, reason, value) => {
  expect(tagValue(reason)).toBe(value);
  expect(tagValue(reason)).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u);
});
