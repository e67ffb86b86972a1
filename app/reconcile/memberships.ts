// Reads, live and in parallel, every membership that one decision may ask about; what was not answered is `unknown`.
import type { Membership } from '../core/decision/people.ts';
import type { Policy, Selector } from '../core/policy/policy.ts';
import type { GitHub } from '../github/port.ts';

export type Asked = {
  readonly selectors: readonly Selector[];
  readonly user: { readonly login: string; readonly id: number };
};

export type Memberships = {
  readonly membership: (selector: Selector, userId: number) => Membership;
  readonly teamProblems: readonly string[];
};

export async function readMemberships(github: GitHub, policy: Policy, asked: readonly Asked[]): Promise<Memberships> {
  const pairs = new Map<string, { readonly team: string; readonly login: string }>();
  for (const { selectors, user } of asked)
    for (const one of selectors)
      if (one.kind === 'team') pairs.set(`${one.team} ${user.id}`, { team: one.team, login: user.login });
  const teams = [...new Set([...pairs.values()].map((pair) => pair.team))];
  const [ids, answers] = await Promise.all([
    Promise.all(teams.map(async (team) => [team, await teamId(github, team)] as const)),
    Promise.all(
      [...pairs].map(async ([key, { team, login }]) => [key, await membershipOf(github, team, login)] as const),
    ),
  ]);
  const known = new Map(answers);
  const actual = new Map(ids);
  // A team deleted and made again under the same slug has another numeric id: its members are nobody's choice here.
  const trusted = (team: string) => actual.get(team) === policy.settings.teams.get(team);
  return {
    membership: (selector, userId) => {
      if (selector.kind === 'user') return selector.id === userId ? 'member' : 'not-member';
      return trusted(selector.team) ? (known.get(`${selector.team} ${userId}`) ?? 'unknown') : 'unknown';
    },
    teamProblems: teams.flatMap((team) => teamProblem(team, policy.settings.teams.get(team), actual.get(team))),
  };
}

async function teamId(github: GitHub, team: string): Promise<number | null | 'unknown'> {
  return github.teamId(team).catch(() => 'unknown' as const);
}

async function membershipOf(github: GitHub, team: string, login: string): Promise<Membership> {
  return github.membership(team, login).catch(() => 'unknown' as const);
}

function teamProblem(
  team: string,
  wanted: number | undefined,
  actual: number | null | 'unknown' | undefined,
): string[] {
  if (actual === wanted || actual === 'unknown' || actual === undefined) return [];
  const fix = 'The owners must correct settings.teams in policies/settings.yaml.';
  if (actual === null) return [`GitHub has no team "${team}" any more. ${fix}`];
  return [
    `Team "${team}" has the numeric id ${actual}, but settings.yaml says ${wanted}: it is not the team that the owners meant. ${fix}`,
  ];
}
