// How GitHub's answers about teams are read: only of the very team that the owners named, and never as more than they say.
import { expect, test } from 'vitest';
import { type MembershipAnswers, membershipBy } from '../../../app/core/decision/membership-answers.ts';
import type { Selector } from '../../../app/core/policy/policy.ts';

const SRE: Selector = { kind: 'team', team: 'sre', id: 11 };
const answers = (actual: number | null | 'unknown', wanted: number | null = 11): MembershipAnswers => ({
  teams: [
    { team: 'other', wanted: 12, actual: 12 },
    { team: 'sre', wanted, actual },
  ],
  people: [
    { team: 'sre', login: 'octocat', userId: 1, answer: 'member' },
    { team: 'sre', login: 'hubot', userId: 2, answer: 'not-member' },
    { team: 'sre', login: 'mona', userId: 3, answer: 'unknown' },
    { team: 'other', login: 'lead', userId: 4, answer: 'member' },
  ],
});

test.each([
  [1, 'member'],
  [2, 'not-member'],
  [3, 'unknown'],
  [4, 'unknown'],
])('person %i is %s', (id, membership) => {
  expect(membershipBy(answers(11))(SRE, id)).toBe(membership);
});

test.each<readonly [string, MembershipAnswers]>([
  ['another team under the same slug', answers(7)],
  ['no such team', answers(null)],
  ['no such team, and none wanted', answers(null, null)],
  ['no answer', answers('unknown')],
  ['a team that nobody asked about', { teams: [], people: answers(11).people }],
])('%s: nothing is known of anybody', (_, given) => {
  for (const id of [1, 2, 3]) expect(membershipBy(given)(SRE, id)).toBe('unknown');
});

test('a person is known by the number, without asking', () => {
  const who: Selector = { kind: 'user', login: 'octocat', id: 1 };
  const by = membershipBy({ teams: [], people: [] });
  expect([by(who, 1), by(who, 2)]).toEqual(['member', 'not-member']);
});
