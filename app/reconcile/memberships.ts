// Reads, live and in parallel, every membership that one decision may ask about; what was not answered is `unknown`.
import { type MembershipAnswers, membershipBy } from '../core/decision/membership-answers.ts';
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
  /** What `membership` goes by. */
  readonly answers: MembershipAnswers;
};

export async function readMemberships(github: GitHub, policy: Policy, asked: readonly Asked[]): Promise<Memberships> {
  const pairs = new Map<string, { readonly team: string; readonly user: Asked['user'] }>();
  for (const { selectors, user } of asked)
    for (const one of selectors) if (one.kind === 'team') pairs.set(`${one.team} ${user.id}`, { team: one.team, user });
  const names = [...new Set([...pairs.values()].map((pair) => pair.team))];
  const [teams, people] = await Promise.all([
    Promise.all(
      names.map(async (team) => ({
        team,
        wanted: policy.settings.teams.get(team) ?? null,
        actual: await teamId(github, team),
      })),
    ),
    Promise.all(
      [...pairs.values()].map(async ({ team, user: { login, id } }) => ({
        team,
        login,
        userId: id,
        answer: await membershipOf(github, team, login),
      })),
    ),
  ]);
  const answers: MembershipAnswers = { teams, people };
  return { membership: membershipBy(answers), teamProblems: teams.flatMap(teamProblem), answers };
}

async function teamId(github: GitHub, team: string): Promise<number | null | 'unknown'> {
  return github.teamId(team).catch(() => 'unknown' as const);
}

async function membershipOf(github: GitHub, team: string, login: string): Promise<Membership> {
  return github.membership(team, login).catch(() => 'unknown' as const);
}

function teamProblem({ team, wanted, actual }: MembershipAnswers['teams'][number]): string[] {
  if (actual === 'unknown' || (actual !== null && actual === wanted)) return [];
  const fix = 'The owners must correct settings.teams in policies/settings.yaml.';
  if (actual === null) return [`GitHub has no team "${team}" any more. ${fix}`];
  return [
    `Team "${team}" has the numeric id ${actual}, but settings.yaml says ${wanted}: it is not the team that the owners meant. ${fix}`,
  ];
}
