// Reads, live and in parallel, every membership that one decision may ask about; what was not answered is `unknown`.
import { type MembershipAnswers, membershipBy } from '../core/decision/membership-answers.ts';
import type { Membership } from '../core/decision/people.ts';
import type { Policy, Selector, Team } from '../core/policy/policy.ts';
import type { GitHub } from '../github/port.ts';

type User = { readonly login: string; readonly id: number };

export type Asked = { readonly selectors: readonly Selector[]; readonly user: User };

export type Memberships = {
  readonly membership: (selector: Selector, userId: number) => Membership;
  readonly teamProblems: readonly string[];
  /** What `membership` goes by. */
  readonly answers: MembershipAnswers;
};

export async function readMemberships(github: GitHub, policy: Policy, asked: readonly Asked[]): Promise<Memberships> {
  const usersOf = new Map<string, Map<number, User>>();
  for (const { selectors, user } of asked)
    for (const one of selectors) {
      if (one.kind !== 'team') continue;
      const users = usersOf.get(one.team) ?? new Map<number, User>();
      usersOf.set(one.team, users.set(user.id, user));
    }
  const read = await Promise.all(
    [...usersOf].map(([slug, users]) => {
      const team = policy.settings.teams.get(slug);
      const all = [...users.values()];
      return team?.children === false ? readDirect(github, slug, team, all) : readAny(github, slug, team, all);
    }),
  );
  const answers = { teams: read.map(({ team }) => team), people: read.flatMap(({ people }) => people) };
  return { membership: membershipBy(answers), teamProblems: answers.teams.flatMap(teamProblem), answers };
}

type TeamAnswer = MembershipAnswers['teams'][number];
type Read = { readonly team: TeamAnswer; readonly people: MembershipAnswers['people'] };

/** As GitHub counts: members of child teams are members. */
async function readAny(github: GitHub, slug: string, team: Team | undefined, users: readonly User[]): Promise<Read> {
  const [actual, answers] = await Promise.all([
    github.teamId(slug).catch(() => 'unknown' as const),
    Promise.all(users.map((user) => github.membership(slug, user.login).catch(() => 'unknown' as const))),
  ]);
  return {
    team: { team: slug, wanted: team?.id ?? null, actual },
    people: users.map(({ login, id }, i) => ({ team: slug, login, userId: id, answer: answers[i] ?? 'unknown' })),
  };
}

/** GitHub answers for one person only as it counts itself, so that everybody who is in the team itself is read. */
async function readDirect(github: GitHub, slug: string, team: Team, users: readonly User[]): Promise<Read> {
  const found = await github.teamMembers(slug, 'direct').catch(() => 'unknown' as const);
  const answerOf = (id: number): Membership => {
    if (found === 'unknown' || found === null) return 'unknown';
    return found.members.has(id) ? 'member' : 'not-member';
  };
  const actual = found === 'unknown' ? found : (found?.id ?? null);
  return {
    team: { team: slug, wanted: team.id, actual, directOnly: true },
    people: users.map(({ login, id }) => ({ team: slug, login, userId: id, answer: answerOf(id) })),
  };
}

function teamProblem({ team, wanted, actual }: TeamAnswer): string[] {
  if (actual === 'unknown' || (actual !== null && actual === wanted)) return [];
  const fix = 'The owners must correct settings.teams in policies/settings.yaml.';
  if (actual === null) return [`GitHub has no team "${team}" any more. ${fix}`];
  return [
    `Team "${team}" has the numeric id ${actual}, but settings.yaml says ${wanted}: it is not the team that the owners meant. ${fix}`,
  ];
}
