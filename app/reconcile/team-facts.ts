// Who is in the teams that a policy names, as GitHub says now: for the linter, which otherwise knows no team from inside.
import type { TeamFacts } from '../core/policy/lint-finding.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { GitHub } from '../github/port.ts';

/** A team that GitHub does not have, or under another id, is left out. Throws when one of them cannot be known. */
export async function readTeamFacts(github: Pick<GitHub, 'teamMembers'>, policy: Policy): Promise<TeamFacts> {
  const read = await Promise.all(
    [...policy.settings.teams].map(async ([slug, { id, children }]) => {
      const found = await github.teamMembers(slug, children === false ? 'direct' : 'with-child-teams');
      return found?.id === id ? [{ slug, ...found }] : [];
    }),
  );
  const teams = read.flat();
  return {
    members: new Map(teams.map(({ slug, members }) => [slug, members])),
    withChildTeams: new Set(teams.flatMap(({ slug, hasChildTeams }) => (hasChildTeams ? [slug] : []))),
  };
}

/** A pull request is judged again and again; a team that was put right must not be held against it for long. */
const FRESH_MS = 2 * 60_000;
const MOST_KEPT = 20;

type Kept = { readonly atMs: number; readonly facts: Promise<TeamFacts | null> };
const kept = new Map<string, Kept>();

/** As `readTeamFacts`, and null when it cannot be known; kept for a while by the tree of the policy. */
export function recentTeamFacts(
  github: Pick<GitHub, 'teamMembers' | 'now'>,
  proposed: { readonly tree: string; readonly policy: Policy },
): Promise<TeamFacts | null> {
  const nowMs = github.now().getTime();
  const known = kept.get(proposed.tree);
  if (known !== undefined && Math.abs(nowMs - known.atMs) < FRESH_MS) return known.facts;
  if (kept.size >= MOST_KEPT) kept.clear();
  const facts = readTeamFacts(github, proposed.policy).catch(() => null);
  kept.set(proposed.tree, { atMs: nowMs, facts });
  void facts.then((read) => {
    if (read === null) kept.delete(proposed.tree);
  });
  return facts;
}
