// Whom a team holds, as settings.yaml has it: with its child teams as GitHub counts, or itself alone; unknown is no member.
import { describe, expect, test } from 'vitest';
import type { Team } from '../../app/core/policy/policy.ts';
import type { GitHub, TeamMembers } from '../../app/github/port.ts';
import { readMemberships } from '../../app/reconcile/memberships.ts';
import { readTeamFacts, recentTeamFacts } from '../../app/reconcile/team-facts.ts';
import { examplePolicy } from '../core/policy/example-policy.ts';

const BOSS = { login: 'hubot-boss', id: 1_234_567 };
const CHILD = { login: 'mallory', id: 6_666_666 };
const ID = 4_100_002;

const policyWith = (team: Team) => {
  const policy = examplePolicy();
  return { ...policy, settings: { ...policy.settings, teams: new Map([['commanders', team]]) } };
};

type Read = TeamMembers | null | Error;

/** The boss is in the team, the other in a child team of it. */
function double(direct: Read = { id: ID, members: new Set([BOSS.id]), hasChildTeams: true }) {
  const asked: string[] = [];
  const github = {
    now: () => new Date('2026-11-22T03:00:00Z'),
    teamId: async () => {
      asked.push('id');
      return ID;
    },
    membership: async (_: string, login: string) => {
      asked.push(login);
      return 'member';
    },
    teamMembers: async (_: string, who: string) => {
      asked.push(who);
      if (direct instanceof Error) throw direct;
      return direct;
    },
  } as unknown as GitHub;
  return { github, asked };
}

async function answers(github: GitHub, team: Team) {
  const selector = { kind: 'team', team: 'commanders', id: team.id } as const;
  const asked = [BOSS, CHILD].map((user) => ({ selectors: [selector], user }));
  const read = await readMemberships(github, policyWith(team), asked);
  return { ...read, said: [BOSS, CHILD].map(({ id }) => read.membership(selector, id)) };
}

describe('memberships', () => {
  test.each<[string, Team]>([
    ['is not said', { id: ID }],
    ['is said to be so', { id: ID, children: true }],
  ])('of child teams count where it %s', async (_, team) => {
    const { github, asked } = double();
    expect((await answers(github, team)).said).toEqual(['member', 'member']);
    expect(asked.toSorted()).toEqual(['hubot-boss', 'id', 'mallory']);
  });

  test('of child teams do not count where settings.yaml says so, and the team is read once for everybody', async () => {
    const { github, asked } = double();
    const { said, answers: kept } = await answers(github, { id: ID, children: false });
    expect(said).toEqual(['member', 'not-member']);
    expect(asked).toEqual(['direct']);
    expect(kept.teams).toEqual([{ team: 'commanders', wanted: ID, actual: ID, directOnly: true }]);
  });

  test.each<[string, Read, RegExp | null]>([
    ['GitHub does not say', new Error('502'), null],
    ['GitHub has no such team', null, /has no team "commanders" any more/],
    ['the team is another', { id: 7, members: new Set([BOSS.id]), hasChildTeams: false }, /has the numeric id 7/],
  ])('are unknown when %s', async (_, read, problem) => {
    const { said, teamProblems } = await answers(double(read).github, { id: ID, children: false });
    expect(said).toEqual(['unknown', 'unknown']);
    expect(teamProblems).toEqual(problem === null ? [] : [expect.stringMatching(problem)]);
  });
});

describe('what the linter is told of teams', () => {
  test('is who is in them, child teams by settings.yaml; without those that are missing or others', async () => {
    const found = { id: ID, members: new Set([1]), hasChildTeams: true };
    const { github, asked } = double(found);
    expect(await readTeamFacts(github, policyWith({ id: ID }))).toEqual({
      members: new Map([['commanders', new Set([1])]]),
      withChildTeams: new Set(['commanders']),
    });
    await readTeamFacts(github, policyWith({ id: ID, children: false }));
    expect(asked).toEqual(['with-child-teams', 'direct']);
    expect((await readTeamFacts(github, policyWith({ id: 9 }))).members.size).toBe(0);
    expect((await readTeamFacts(double(null).github, policyWith({ id: ID }))).members.size).toBe(0);
  });

  const TEAM: Team = { id: ID };
  const commanders = new Map([['commanders', TEAM]]);
  const many = (count: number, from = 0) =>
    new Map(Array.from({ length: count }, (_, i) => [`team-${from + i}`, TEAM] as const));

  test.each<[string, Read]>([
    ['an answer', { id: ID, members: new Set([BOSS.id]), hasChildTeams: true }],
    ['a failure', new Error('502')],
  ])('is kept for two minutes, by team, be it %s', async (_, read) => {
    const { github, asked } = double(read);
    let now = new Date('2026-11-22T03:00:00Z');
    const clocked = Object.assign(github, { now: () => now });
    const first = await recentTeamFacts(clocked, commanders);
    expect(first).toEqual(
      read instanceof Error
        ? null
        : { members: new Map([['commanders', new Set([BOSS.id])]]), withChildTeams: new Set(['commanders']) },
    );
    now = new Date('2026-11-22T03:01:59Z');
    expect(await recentTeamFacts(clocked, commanders)).toEqual(first);
    expect(asked).toHaveLength(1);
    now = new Date('2026-11-22T03:02:00Z');
    expect(await recentTeamFacts(clocked, commanders)).toEqual(first);
    expect(asked).toHaveLength(2);
    await recentTeamFacts(clocked, new Map([['commanders', { ...TEAM, children: false }]]));
    expect(asked).toHaveLength(3);
  });

  test('is asked one after the other, whatever many policies ask at once, and no more after a failure', async () => {
    let running = 0;
    let most = 0;
    const { github } = double();
    const teamMembers: GitHub['teamMembers'] = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { id: ID, members: new Set(), hasChildTeams: false };
    };
    const slow = Object.assign(github, { teamMembers });
    await Promise.all([recentTeamFacts(slow, many(5)), recentTeamFacts(slow, many(5, 3))]);
    expect(most).toBe(1);
    const failing = double(new Error('502'));
    expect(await recentTeamFacts(failing.github, many(5))).toBeNull();
    expect(failing.asked).toHaveLength(1);
  });

  test('is nothing for more teams than GitHub may be asked about: in one policy, and in ten minutes', async () => {
    const { github, asked } = double();
    let minute = 0;
    const clocked = Object.assign(github, { now: () => new Date(Date.UTC(2026, 10, 22, 3, minute)) });
    expect(await recentTeamFacts(clocked, many(26))).toBe('not-asked');
    expect(asked).toHaveLength(0);
    for (let at = 0; at < 8; at += 1) expect(await recentTeamFacts(clocked, many(25, at * 25))).not.toBe('not-asked');
    expect(await recentTeamFacts(clocked, commanders)).toBe('not-asked');
    expect(asked).toHaveLength(200);
    minute = 10;
    expect(await recentTeamFacts(clocked, commanders)).not.toBe('not-asked');
  });
});
