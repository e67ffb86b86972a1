// Who may end a grant early, and which /revoke counts.
import { describe, expect, test } from 'vitest';
import { type EndingFacts, mayEnd, revocationIn } from '../../../app/core/decision/early-end.ts';
import { HistoryBuilder } from '../ledger/history-builder.ts';
import {
  app,
  at,
  boss,
  bot,
  commander,
  comment,
  hubot,
  lead,
  memberships,
  octocat,
  outsider,
  TEAMS,
} from './facts-builder.ts';

const history = new HistoryBuilder();
history.grant('first', 0);
const { grants, policy } = history.ledger();
const entry = grants.get('first') ?? expect.fail();
const facts: EndingFacts = {
  entry: { ...entry, record: { ...entry.record, rule: 'production-identity-repair' } },
  policy: {
    ...policy.value,
    settings: { ...policy.value.settings, revokers: [{ kind: 'team', team: 'sre', id: 4100001 }] },
  },
  membership: memberships(),
};

test.each([
  ['the requester', octocat, true],
  ['an approver of the rule, by team', commander, true],
  ['an approver of the rule, by name', boss, true],
  ['a revoker', hubot, true],
  ['anybody else', outsider, false],
  ['a bot', bot, false],
  ['a bot with the number of the requester', { ...octocat, type: 'Bot' }, false],
  ["the requester's login under another number", { ...octocat, id: 1 }, false],
])('%s: %s', (_, who, may) => {
  expect(mayEnd(facts, who)).toBe(may);
});

test('unknown membership ends nothing', () => {
  expect(mayEnd({ ...facts, membership: memberships({ ...TEAMS, sre: 'unknown' }) }, hubot)).toBe(false);
});

test('a rule that is gone leaves the requester and the revokers', () => {
  const gone = { ...facts, policy: { ...facts.policy, rules: [] } };
  expect([mayEnd(gone, octocat), mayEnd(gone, hubot), mayEnd(gone, lead)]).toEqual([true, true, false]);
});

describe('/revoke', () => {
  const revoke = (...comments: Parameters<typeof revocationIn>[0]) => revocationIn(comments, facts);

  test('the first that counts, as a phrase for the record', () => {
    const comments = [
      comment('/revoke', outsider),
      comment('/revoke', hubot, { minutes: 2 }),
      comment('/revoke', octocat, { minutes: 3 }),
    ];
    expect(revoke(...comments)).toBe('revoked by hubot (480938) 2026-11-22T03:02:00Z');
  });

  test('in the second of the merge', () => {
    expect(revoke(comment('/revoke', octocat, { minutes: 0 }))).not.toBeNull();
  });

  test.each([
    ['before the merge', comment('/revoke', octocat, { minutes: -1 })],
    ['edited', comment('/revoke', octocat, { updatedAt: at(2) })],
    ['by nobody', comment('/revoke', null)],
    ['by an outsider', comment('/revoke', outsider)],
    ['by the app', comment('/revoke', app)],
    ['quoted', comment('> /revoke', octocat)],
    ['with more on its line', comment('/revoke please', octocat)],
    ['with another command', comment('/revoke\n/reject', octocat)],
    ['another command', comment('/reject', octocat)],
  ])('does not count: %s', (_, one) => {
    expect(revoke(one)).toBeNull();
  });
});
