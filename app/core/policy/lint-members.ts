// Who is in which team, where somebody said so: the file that says it, and teams that are missing from it or empty.
import type { Parsed, Problem } from '../result.ts';
import { checkShape } from '../yaml/check.ts';
import { parseStrictYaml } from '../yaml/strict.ts';
import type { Found, Linted, Member, Members } from './lint-finding.ts';
import type { Policy, Selector } from './policy.ts';
import { LARGEST_POLICY_FILE } from './source.ts';

/** A mapping of teams to lists of logins or numeric ids, as `gh api orgs/…/teams/…/members` tells them. */
export function readMembers(file: string, bytes: Uint8Array, policy: Policy): Parsed<Members> {
  const yaml = parseStrictYaml(file, bytes, { maxBytes: LARGEST_POLICY_FILE });
  if (yaml.kind === 'invalid') return yaml;
  const shape = checkShape<Readonly<Record<string, readonly Member[]>>>(file, yaml.value, membersSchema);
  if (shape.kind === 'invalid') return shape;
  const ids = new Map([...policy.people.values()].map(({ github, id }) => [github.toLowerCase(), id]));
  const memberOf = (one: Member): Member =>
    typeof one === 'number' ? one : (ids.get(one.toLowerCase()) ?? one.toLowerCase());
  const teams = Object.entries(shape.value).map(([team, list]) => [team, new Set(list.map(memberOf))] as const);
  const [first, ...rest] = teams
    .filter(([team]) => !policy.settings.teams.has(team))
    .map(([team]): Problem => {
      const message = `There is no team "${team}" under teams in policies/settings.yaml.`;
      return { file, ...yaml.value.place([team], 'key'), message };
    });
  return first === undefined ? { kind: 'ok', value: new Map(teams) } : { kind: 'invalid', problems: [first, ...rest] };
}

const membersSchema = {
  type: 'object',
  additionalProperties: {
    type: 'array',
    description: 'a list of logins or numeric ids',
    items: { type: ['string', 'integer'], description: 'a login or a numeric id' },
  },
} as const;

/** Null when nobody said. */
export function membersOf({ members }: Pick<Linted, 'members'>, selector: Selector): ReadonlySet<Member> | null {
  if (selector.kind === 'user') return new Set([selector.id]);
  return members?.get(selector.team) ?? null;
}

export function* memberFindings(linted: Linted): Generator<Found> {
  const { policy, members, withChildTeams } = linted;
  for (const [team, { children }] of policy.settings.teams) {
    const path = ['teams', team];
    if (children === undefined && withChildTeams.has(team)) {
      const sentence = `Team "${team}" has child teams, and their members count as members of it. Say so (children: true), or that they do not (children: false).`;
      yield { code: 'child-teams-count', sentence, file: 'settings.yaml', path };
    }
    if (members === null) continue;
    const known = members.get(team);
    if (known === undefined) {
      const sentence = `Nothing is known of team "${team}": GitHub or the list of members lacks it. Correct its slug and id, or take it out.`;
      yield { code: 'unknown-team', sentence, file: 'settings.yaml', path };
    } else if (known.size === 0) {
      const sentence = `Team "${team}" is empty: whatever asks for it asks for nobody. Add people on GitHub, or take the team out.`;
      yield { code: 'empty-team', sentence, file: 'settings.yaml', path };
    }
  }
}
