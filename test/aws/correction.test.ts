// What somebody changed in AWS: seen in full, taken back by SDK where it was added, and left to the engine where it lacks.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { IdentityCenter } from '../../app/aws/port.ts';
import { until } from '../sandbox/index.ts';
import { account, allow, denyAll, elsewhere, hubot, mona, type Office, openOffice, resolved } from './office.ts';

const GROUP = '90672a1b3c-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';

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
  name = `bg-drift-${serial}`;
});

const compare = async (arn: string) => {
  const answer = await centre.compare(resolved(name), arn, allow);
  return answer.kind === 'gone' ? 'gone' : answer.differences;
};
const { signal } = new AbortController();
const correct = (arn: string) => centre.correct(resolved(name), arn, allow, signal);
const holders = (arn: string) =>
  office.aws
    .assignments()
    .filter((one) => one.setArn === arn)
    .map((one) => `${one.principalType} ${one.principalId} ${one.account}`);
const OURS = [`USER ${mona} ${account}`];

test('as signed: no difference, and a correction changes nothing', async () => {
  const arn = await office.grant(name);
  expect(await compare(arn)).toEqual([]);
  const before = office.aws.history.length;
  expect(await correct(arn)).toEqual({ added: [], complete: true });
  expect(office.aws.history.length).toBe(before);
});

type Change = readonly [what: string, change: (office: Office) => void, differences: readonly RegExp[], added: number];

test.each<Change>([
  [
    'the deadline moved',
    ({ aws }) => aws.administrator.moveDeadline(name, new Date('2100-01-01')),
    [/inline policy in AWS is not the one/],
    0,
  ],
  [
    'the deny removed, not yet provisioned',
    ({ aws }) => aws.administrator.setInlinePolicy(name, '{"Statement":[]}', { provision: false }),
    [/inline policy/, /latest form to nothing/],
    0,
  ],
  [
    'another policy provisioned, then put back without provisioning',
    ({ aws }) => {
      aws.administrator.setInlinePolicy(name, '{"Statement":[]}');
      aws.administrator.setInlinePolicy(name, allow, { provision: false });
    },
    [/latest form to nothing/],
    0,
  ],
  [
    'a managed policy more',
    ({ aws }) => aws.administrator.attachPolicy(name, ADMIN),
    [/AdministratorAccess, not nothing/],
    1,
  ],
  [
    'a customer managed policy',
    ({ aws }) => aws.administrator.attachCustomerPolicy(name, 'Everything'),
    [/customer managed policy \/Everything/],
    1,
  ],
  [
    'another person beside',
    ({ aws }) => aws.administrator.assign(name, account, hubot),
    [new RegExp(`assigned in account ${account} to USER ${hubot}`)],
    1,
  ],
  [
    'a group beside',
    ({ aws }) => aws.administrator.assignGroup(name, account, GROUP),
    [new RegExp(`assigned in account ${account} to GROUP ${GROUP}`)],
    1,
  ],
  [
    'the same person in another account',
    ({ aws }) => aws.administrator.assign(name, elsewhere, mona),
    [new RegExp(`assigned in account ${elsewhere} to USER ${mona}`), /is provisioned to .*444455556666/],
    1,
  ],
  [
    'everything at once',
    ({ aws }) => {
      aws.administrator.moveDeadline(name, new Date('2100-01-01'));
      aws.administrator.attachPolicy(name, ADMIN);
      aws.administrator.assign(name, elsewhere, hubot);
      aws.administrator.assign(name, account, hubot);
    },
    [/inline policy/, /AdministratorAccess/, /in account 111122223333/, /in account 444455556666/, /is provisioned to/],
    3,
  ],
])('%s: seen, and taken back', async (_, change, differences, added) => {
  const arn = await office.grant(name);
  change(office);
  expect(await compare(arn)).toEqual(differences.map((one) => expect.stringMatching(one)));
  const corrected = await correct(arn);
  expect(corrected).toEqual({ added: expect.any(Array), complete: true });
  expect(corrected.added).toHaveLength(added);
  expect(await compare(arn)).toEqual([]);
  expect(holders(arn)).toEqual(OURS);
  expect((await centre.proveGranted(resolved(name), arn, allow)).kind).toBe('proven');
});

test.each<readonly [string, (office: Office) => void, RegExp]>([
  [
    'nobody assigned',
    ({ aws }) => aws.administrator.unassign(name, account, mona),
    /in account 111122223333 to nothing/,
  ],
  ['longer sessions', ({ aws }) => aws.administrator.setSessionDuration(name, 'PT12H'), /last PT12H, not 3600 seconds/],
])('%s: seen, and left to the engine', async (_, change, difference) => {
  const arn = await office.grant(name);
  change(office);
  expect((await compare(arn)).toString()).toMatch(difference);
  expect(await correct(arn)).toEqual({ added: [], complete: false });
});

test('a managed policy less is left to the engine', async () => {
  const arn = await office.grant(name);
  const grant = resolved(name, { managedPolicies: [ADMIN] });
  expect(await centre.compare(grant, arn, allow)).toMatchObject({
    differences: [expect.stringMatching(/nothing, not .*Admin/)],
  });
  expect(await centre.correct(grant, arn, allow, signal)).toEqual({ added: [], complete: false });
});

test('half made, without its person: another is removed, the policies are left alone', async () => {
  const arn = await office.grant(name, { assigned: false });
  office.aws.administrator.setInlinePolicy(name, '{"Statement":[]}');
  office.aws.administrator.assign(name, account, hubot);
  expect(await correct(arn)).toMatchObject({ complete: false });
  expect(holders(arn)).toEqual([]);
  expect(office.aws.sets().find((one) => one.arn === arn)?.content.inlinePolicy).toBe('{"Statement":[]}');
});

test('a busy account is waited for', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.assign(name, account, hubot);
  office.aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'error', code: 'ConflictException' }, times: 2 });
  await correct(arn);
  expect(holders(arn)).toEqual(OURS);
});

test('gone: said, and nothing to correct', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.deleteSet(name);
  expect(await compare(arn)).toBe('gone');
  expect(await correct(arn)).toEqual({ added: [], complete: false });
});

test('what was ended early is not put back, and nothing is written once an end has aborted it', async () => {
  const arn = await office.grant(name);
  await centre.deny({ arn, accountId: account, reason: 'revoked', policy: denyAll });
  const before = office.aws.history.length;
  expect(await correct(arn)).toEqual({ added: [], complete: false });
  expect(office.aws.history.length).toBe(before);

  name = `${name}-aborted`;
  const other = await office.grant(name);
  office.aws.administrator.setInlinePolicy(name, '{"Statement":[]}');
  const made = office.aws.history.length;
  await expect(centre.correct(resolved(name), other, allow, AbortSignal.abort())).rejects.toThrow();
  expect(office.aws.history.length).toBe(made);
});

test('an end that comes while AWS is busy with the set: what was signed is not put there any more', async () => {
  const arn = await office.grant(name);
  office.aws.administrator.setInlinePolicy(name, '{"Statement":[]}');
  const put = 'PutInlinePolicyToPermissionSet';
  office.aws.plant({ on: put, mishap: { kind: 'error', code: 'ConflictException' }, times: 1000 });
  const ended = new AbortController();
  const stopped = expect(centre.correct(resolved(name), arn, allow, ended.signal)).rejects.toThrow();
  const tries = () => office.calls().filter((one) => one === put).length;
  const before = tries();
  await until('it is tried again', () => tries() > before + 1);
  ended.abort();
  office.aws.clearFaults();
  await stopped;
  expect(office.aws.sets().find((one) => one.arn === arn)?.content.inlinePolicy).toBe('{"Statement":[]}');
});

test('what lacks our tag is not corrected', async () => {
  const arn = await office.grant(name, { ledger: '42' });
  office.aws.administrator.assign(name, account, hubot);
  const before = office.aws.history.length;
  await expect(correct(arn)).rejects.toThrow(/is not ours/);
  expect(office.aws.history.length).toBe(before);
});

test('AWS that cannot be read is no difference', async () => {
  const arn = await office.grant(name);
  office.aws.plant({ on: 'ListAccountAssignments', mishap: { kind: 'expired-credentials' }, times: 10 });
  await expect(centre.compare(resolved(name), arn, allow)).rejects.toThrow(/credentials have expired/);
});

test('examined: its age and its policy; null when it is gone', async () => {
  const arn = await office.grant(name);
  const examined = await centre.examine(arn);
  expect(examined).toEqual({ createdAt: expect.any(Date), inlinePolicy: allow });
  expect(Math.abs(Date.now() - Number(examined?.createdAt))).toBeLessThan(5_000);
  const bare = office.aws.administrator.createSet(`${name}-bare`);
  expect(await centre.examine(bare)).toMatchObject({ inlinePolicy: null });
  office.aws.administrator.deleteSet(name);
  expect(await centre.examine(arn)).toBeNull();
});
