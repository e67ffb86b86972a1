// Who is in the teams that a policy names, as GitHub says now: for the linter, which otherwise knows no team from inside.
import type { TeamFacts } from '../core/policy/lint-finding.ts';
import type { Policy, Team } from '../core/policy/policy.ts';
import type { GitHub, TeamMembers } from '../github/port.ts';

type Teams = ReadonlyMap<string, Team>;
type Asked = Pick<GitHub, 'teamMembers' | 'now'>;

/** A team that GitHub does not have, or under another id, is left out. Throws when one of them cannot be known. */
export async function readTeamFacts(github: Pick<GitHub, 'teamMembers'>, { settings }: Policy): Promise<TeamFacts> {
  const found: Found[] = [];
  // One after the other: GitHub takes these in the line in which merges wait.
  for (const [slug, { children }] of settings.teams)
    found.push([slug, await github.teamMembers(slug, children === false ? 'direct' : 'with-child-teams')]);
  return factsOf(settings.teams, found);
}

/** Anybody who can push proposes a policy, and points that are used up for its teams are missing for approvals. */
const MOST_TEAMS = 25;
const MOST_QUESTIONS = 200;
const QUESTIONS_MS = 10 * 60_000;

/**
 * As `readTeamFacts`, answers and failures kept for a while; null when one of them cannot be known. `not-asked` for more
 * teams than MOST_TEAMS, and when GitHub was asked too much in the last minutes.
 */
export async function recentTeamFacts(github: Asked, teams: Teams): Promise<TeamFacts | null | 'not-asked'> {
  if (teams.size > MOST_TEAMS) return 'not-asked';
  const found: Found[] = [];
  for (const [slug, team] of teams) {
    const answer = await recently(github, slug, team);
    if (answer === 'unknown') return null;
    if (answer === 'not-asked') return answer;
    found.push([slug, answer]);
  }
  return factsOf(teams, found);
}

type Found = readonly [slug: string, found: TeamMembers | null];

function factsOf(teams: Teams, found: readonly Found[]): TeamFacts {
  const right = found.flatMap(([slug, team]) =>
    team !== null && team.id === teams.get(slug)?.id ? [{ slug, ...team }] : [],
  );
  return {
    members: new Map(right.map(({ slug, members }) => [slug, members])),
    withChildTeams: new Set(right.flatMap(({ slug, hasChildTeams }) => (hasChildTeams ? [slug] : []))),
  };
}

/** A pull request is judged again and again; a team that was put right must not be held against it for long. */
const FRESH_MS = 2 * 60_000;

type Answer = TeamMembers | null | 'unknown' | 'not-asked';
type Kept = { readonly atMs: number; readonly answer: Promise<Answer> };
/** By GitHub: what was answered, when something was asked last, and the end of the line. */
type Memory = { readonly kept: Map<string, Kept>; asked: number[]; line: Promise<unknown> };
const memories = new WeakMap<object, Memory>();

function recently(github: Asked, slug: string, { children }: Team): Promise<Answer> {
  const memory = memories.get(github) ?? { kept: new Map(), asked: [], line: Promise.resolve() };
  memories.set(github, memory);
  const nowMs = github.now().getTime();
  const who = children === false ? 'direct' : 'with-child-teams';
  const key = `${who} ${slug}`;
  const known = memory.kept.get(key);
  if (known !== undefined && Math.abs(nowMs - known.atMs) < FRESH_MS) return known.answer;
  memory.asked = memory.asked.filter((at) => Math.abs(nowMs - at) < QUESTIONS_MS);
  if (memory.asked.length >= MOST_QUESTIONS) return Promise.resolve('not-asked');
  memory.asked.push(nowMs);
  const answer = memory.line.then(() => github.teamMembers(slug, who)).catch(() => 'unknown' as const);
  memory.line = answer;
  // No more than MOST_QUESTIONS can be fresh: what is older than those is never read again.
  for (const [old, { atMs }] of memory.kept) if (Math.abs(nowMs - atMs) >= FRESH_MS) memory.kept.delete(old);
  memory.kept.set(key, { atMs: nowMs, answer });
  return answer;
}
