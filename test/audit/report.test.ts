// The audit over real repositories: who had access when, and what no authorization explains.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Audit, auditOf, verifies } from '../../app/audit/report.ts';
import { claimedRoot } from '../../app/audit/root.ts';
import { readLedger } from '../../app/git/ledger.ts';
import { at, GRANT, grantText } from '../core/ledger/history-builder.ts';
import { type SignedHistory, signedHistory } from './signed-history.ts';

let history: SignedHistory;
beforeEach(async () => {
  history = await signedHistory();
});
afterEach(() => history.discard());

async function audit(
  question: { readonly now?: number; readonly at?: number; readonly grant?: string } = {},
): Promise<Audit> {
  const root = { genesis: history.genesis, fingerprints: [history.fingerprint], repositoryId: history.repositoryId };
  const folded = await readLedger(history.dir, root, 'main');
  if (folded.kind === 'no-root') throw new Error(folded.reason);
  const { now = 600, grant } = question;
  return auditOf(folded, {
    now: at(now),
    ...(question.at === undefined ? {} : { at: at(question.at) }),
    ...(grant === undefined ? {} : { grant }),
  });
}

const ids = (report: Audit) => report.grants.map((one) => one.id);

describe('one grant', () => {
  test('says who, what, when, why, and who approved the request and each extension', async () => {
    history.grant('first', 1);
    const extended = history.extend('first', 1, 30);
    const [grant] = (await audit({ now: 40 })).grants;
    expect(grant).toMatchObject({
      id: 'first',
      requester: { login: 'octocat', id: 583231 },
      role: 'admin',
      account: 'staging',
      accountId: '333344445555',
      reason: 'Testing',
      startedAt: '2026-11-22T03:01:00Z',
      deadline: '2026-11-22T05:01:00Z',
      state: 'active',
      end: null,
      pullRequests: [42, 43],
      approvedBy: [{ login: 'hubot-boss' }],
      extensions: [
        { pullRequest: 43, commit: extended, expiresAt: '2026-11-22T05:01:00Z', approvedBy: [{ login: 'octo-lead' }] },
      ],
    });
  });

  test.each([
    ['before its deadline it is active', () => {}, 60.9, 'active', '2026-11-22T04:01:00Z', null],
    ['at its deadline it is ending', () => {}, 61, 'ending', '2026-11-22T04:01:00Z', 'deadline 2026-11-22T04:01:00Z'],
    [
      'recorded as ended by its deadline',
      () => history.remove('first', 63, 'deadline 2026-11-22T04:01:00Z'),
      90,
      'removed',
      '2026-11-22T04:01:00Z',
      'deadline 2026-11-22T04:01:00Z',
    ],
    [
      'recorded as revoked: it ended when it was revoked, not when that was recorded',
      () => history.remove('first', 20, 'revoked by octocat (583231) 2026-11-22T03:11:00Z'),
      90,
      'removed',
      '2026-11-22T03:11:00Z',
      'revoked by octocat (583231) 2026-11-22T03:11:00Z',
    ],
    [
      'recorded with a time outside of its life: the deadline bounds it',
      () => history.remove('first', 90, 'revoked by octocat (583231) 2027-01-01T00:00:00Z'),
      90,
      'removed',
      '2026-11-22T04:01:00Z',
      'revoked by octocat (583231) 2027-01-01T00:00:00Z',
    ],
  ])('%s', async (_, then, now, state, endedAt, end) => {
    history.grant('first', 1);
    then();
    expect((await audit({ now })).grants).toMatchObject([{ state, endedAt, end }]);
  });

  test('deleted by hand, no record proves an end: its deadline is what counts', async () => {
    history.grant('first', 1);
    const deleted = history.push({ 'grants/first.yaml': null }, { at: 10 });
    const [grant] = (await audit({ now: 20 })).grants;
    expect(grant).toMatchObject({ state: 'unproven', endedAt: '2026-11-22T04:01:00Z', proof: null });
    expect(grant?.end).toContain(deleted.slice(0, 12));
  });
});

describe('who had access at a time', () => {
  beforeEach(() => {
    history.grant('first', 1);
    history.grant('second', 10, { text: grantText({ role: 'database-failover' }) });
    history.remove('first', 30, 'revoked by octocat (583231) 2026-11-22T03:20:00Z');
  });

  test.each([
    ['before both', 0, []],
    ['from the second of the merge on', 1, ['first']],
    ['while both live', 15, ['first', 'second']],
    ['from the end on no more', 20, ['second']],
    ['exactly at the deadline no more', 70, []],
  ])('%s', async (_, time, expected) => {
    expect(ids(await audit({ at: time }))).toEqual(expected);
  });

  test('asked for one grant, the alarms of the whole history are there all the same', async () => {
    history.push({ 'grants/planted.yaml': GRANT }, { at: 40 });
    const report = await audit({ grant: 'second' });
    expect(ids(report)).toEqual(['second']);
    expect(report.strays).toEqual([]);
    expect(report.alarms).toMatchObject([{ code: 'grant-unauthorized' }]);
  });
});

describe('verifying', () => {
  test('counts the valid authorizations by kind, and a clean history verifies', async () => {
    history.grant('first', 1);
    history.extend('first', 1, 30);
    history.remove('first', 130, 'deadline 2026-11-22T05:01:00Z');
    const report = await audit();
    expect(report.authorizations).toEqual({ grant: 1, extension: 1, removal: 1, change: 0 });
    expect(verifies(report)).toBe(true);
  });

  test.each([
    ['a grant pushed by hand', () => history.push({ 'grants/planted.yaml': GRANT }, { at: 40 }), 'grant-unauthorized'],
    [
      'a policy pushed by hand',
      () => history.push({ 'policies/accounts.yaml': 'prod: { id: "111122223333" }\n' }, { at: 40 }),
      'policy-unauthorized',
    ],
    [
      'a signature that is not ours',
      () => history.push({}, { at: 40, message: 'Merge\n\nFormat: 1\nAuthorization: ed25519 example AAAA\n' }),
      'authorization-invalid',
    ],
    [
      'an authorization said twice',
      () => history.push({}, { at: 40, message: `${history.git(['log', '-1', '--format=%B', 'main']).trim()}\n` }),
      'authorization-replayed',
    ],
  ])('fails for %s', async (_, attack, code) => {
    history.grant('first', 1);
    attack();
    const report = await audit();
    expect(report.alarms.map((one) => one.code)).toContain(code);
    expect(verifies(report)).toBe(false);
  });
});

describe('the root that a history claims', () => {
  test('is the commit that brought policies/, with its keys and the repository of the first record', async () => {
    history.grant('first', 1);
    expect(await claimedRoot(history.dir, 'main')).toEqual({
      genesis: history.genesis,
      fingerprints: [history.fingerprint],
      repositoryId: history.repositoryId,
    });
  });

  test('a forged record before the first one does not choose the repository', async () => {
    const forged = ['Format: 1', 'Kind: removal', 'Repository-Id: 666', 'Authorization: ed25519 example AAAA'].join(
      '\n',
    );
    history.push({}, { at: 0, message: `Merge\n\n${forged}\n` });
    history.grant('first', 1);
    expect(await claimedRoot(history.dir, 'main')).toMatchObject({ repositoryId: history.repositoryId });
  });

  test('is nothing where no commit has policies/', async () => {
    expect(await claimedRoot(history.dir, `${history.genesis}^`)).toBeNull();
  });
});
