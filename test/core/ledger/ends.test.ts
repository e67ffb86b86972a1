// When a grant has ended, why, and that nothing takes an end back.
import { describe, expect, test } from 'vitest';
import { endedAt, endOf, isLongOver } from '../../../app/core/ledger/ends.ts';
import type { GrantEntry } from '../../../app/core/ledger/ledger.ts';
import { at, HistoryBuilder, type PolicyEdit } from './history-builder.ts';

const h = new HistoryBuilder();
h.grant('first', 0);
const policy = h.policyValue(h.policies);
const entry = h.ledger().grants.get('first') ?? expect.fail();
const removed = (minutes: number): GrantEntry => ({
  ...entry,
  removed: { commit: 'f'.repeat(40), at: at(minutes), record: null },
});

test.each([
  ['a second before the deadline', 60 - 1 / 60, null],
  ['exactly at the deadline', 60, 'deadline 2026-11-22T04:00:00Z'],
  ['after it', 61, 'deadline 2026-11-22T04:00:00Z'],
])('%s', (_, minutes, sentence) => {
  const end = endOf(entry, policy, at(minutes));
  expect(end?.sentence ?? null).toBe(sentence);
  if (end !== null) expect(end).toMatchObject({ kind: 'deadline', early: false });
});

test('removed before the deadline is an early end, and the reason still when the deadline has passed', () => {
  const sentence = 'removed from the branch 2026-11-22T03:10:00Z by commit ffffffffffff';
  expect(endOf(removed(10), policy, at(11))).toEqual({ kind: 'removed', sentence, early: true });
  expect(endOf(removed(10), policy, at(61))).toEqual({ kind: 'removed', sentence, early: false });
});

test('removed at the deadline or after it ended by the deadline', () => {
  expect(endOf(removed(60), policy, at(61))).toMatchObject({ kind: 'deadline' });
  expect(endOf(removed(70), policy, at(71))).toMatchObject({ kind: 'deadline' });
});

test('a commit that claims to come from after the deadline still ends a grant that lives', () => {
  expect(endOf(removed(600), policy, at(11))).toMatchObject({ kind: 'removed', early: true });
});

test('a revocation comes first, and is early only before the deadline', () => {
  expect(endOf(removed(10), policy, at(11), 'revoked by hubot (480938)')).toEqual({
    kind: 'revoked',
    sentence: 'revoked by hubot (480938)',
    early: true,
  });
  expect(endOf(entry, policy, at(60), 'revoked by hubot (480938)')).toMatchObject({ kind: 'revoked', early: false });
});

describe('what it stands on is gone from policy', () => {
  test.each<readonly [string, string, PolicyEdit]>([
    ['the person', '@octocat', { 'people.yaml': (text) => text.replace('id: 583231', 'id: 583232') }],
    [
      'their Identity Center user',
      '@octocat',
      { 'people.yaml': (text) => text.replace('906712abcd-1b2c3d4e', '906712abcd-1b2c3d4f') },
    ],
    [
      'the account under that name',
      'account staging',
      { 'accounts.yaml': (text) => text.replace('333344445555', '333344445556') },
    ],
    ['the account', 'account staging', { 'accounts.yaml': (text) => text.replace('staging:', 'stage:') }],
    [
      'the role',
      'role admin',
      {
        'roles.yaml': (text) => text.replace('admin:', 'root:'),
        'rules.yaml': (text) => text.replaceAll('admin]', 'root]').replace('[admin,', '[root,'),
      },
    ],
    ['the rule', 'rule test-admin', { 'rules.yaml': (text) => text.replace('name: test-admin', 'name: tests') }],
  ])('%s', (_, what, edit) => {
    const end = { kind: 'policy', sentence: `${what} is no longer in policy`, early: true };
    expect(endOf(entry, h.policyValue(h.policy(edit)), at(1))).toEqual(end);
    const ledger = new HistoryBuilder();
    ledger.grant('first', 0);
    const tree = ledger.policy(edit);
    ledger.merge(1, ledger.change(tree), { policiesTree: tree });
    ledger.merge(2, ledger.change(ledger.policies, { pullRequest: 51 }), { policiesTree: ledger.policies });
    const later = ledger.ledger();
    const back = later.grants.get('first') ?? expect.fail();
    expect(endOf(back, later.policy.value, at(3)), 'it came back').toEqual(end);
    expect(endOf(back, later.policy.value, at(61))).toEqual({ ...end, early: false });
  });

  test('other changes end nothing', () => {
    const edit = {
      'roles.yaml': (text: string) => text.replace('session: 1h', 'session: 2h'),
      'people.yaml': (text: string) => text.replace('name: Mona', 'name: M'),
    };
    expect(endOf(entry, h.policyValue(h.policy(edit)), at(1))).toBeNull();
  });
});

describe('when it ended', () => {
  const ended = (of: GrantEntry, revoked?: string) => {
    const end = endOf(of, policy, at(61), revoked) ?? expect.fail();
    return endedAt(of, end);
  };

  test.each<readonly [string, Date, Date]>([
    ['at the deadline', ended(entry), at(60)],
    ['when the file was removed', ended(removed(10)), at(10)],
    ['never before it began, whatever a commit claims', ended(removed(-30)), at(0)],
    ['when somebody said so', ended(entry, 'revoked by hubot (480938) 2026-11-22T03:20:00Z'), at(20)],
    [
      'by our time, and not by one that a person wrote behind it',
      ended(entry, 'revoked by operator x 2026-11-22T03:20:00Z: since 2026-11-22T03:01:00Z'),
      at(20),
    ],
    ['at the deadline, where no time is said', ended(entry, 'revoked by hubot (480938)'), at(60)],
    ['at the deadline, where the time is none', ended(entry, 'revoked 2026-99-99T99:99:99Z'), at(60)],
    ['never after the deadline', ended(entry, 'revoked by hubot (480938) 2027-01-01T00:00:00Z'), at(60)],
  ])('%s', (_, found, wanted) => {
    expect(found).toEqual(wanted);
  });
});

describe('nobody looks any more at what was taken out', () => {
  const day = 24 * 60;
  test.each<readonly [string, GrantEntry, number, boolean]>([
    ['never', entry, 10 * day, false],
    ['a day ago', removed(70), 70 + day, false],
    ['more than a day ago', removed(70), 71 + day, true],
    // The date of a commit is its author's word.
    ['by a commit dated two days back', removed(-2 * day), 10, false],
    ['by one dated back, a day after the deadline', removed(-2 * day), 60 + day, false],
    ['by one dated back, more than a day after the deadline', removed(-2 * day), 61 + day, true],
  ])('%s', (_, taken, minutes, over) => {
    expect(isLongOver(taken, at(minutes))).toBe(over);
  });
});
