// roles.yaml and guards.yaml: what a grant gives, and what it denies whatever it gives.
import { parseDuration } from '../grant/duration.ts';
import type { GuardFields } from '../schema/guards.ts';
import type { RoleFields } from '../schema/roles.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Guard, Role, Statement } from './policy.ts';
import { boundedSeconds, type Source } from './source.ts';

export const DEFAULT_GUARD = 'no-persistence';

export function readGuards(source: Source<Readonly<Record<string, GuardFields>>>): ReadonlyMap<string, Guard> {
  const guards = new Map(Object.entries(source.value).map(([name, actions]) => [name, { name, actions }]));
  if (!guards.has(DEFAULT_GUARD)) {
    source.refuse([], `The guard "${DEFAULT_GUARD}" is missing. Add it: every role has it unless it says otherwise.`);
  }
  return guards;
}

export function readRoles(
  source: Source<Readonly<Record<string, RoleFields>>>,
  guards: ReadonlyMap<string, Guard> | null,
): ReadonlyMap<string, Role> {
  const roles = Object.entries(source.value).map(([name, fields]) => roleOf(source, name, fields));
  for (const [name, fields] of Object.entries(source.value)) {
    for (const [index, guard] of (fields.guards ?? []).entries()) {
      // That the default guard is missing was said at guards.yaml.
      if (guards === null || guards.has(guard) || guard === DEFAULT_GUARD) continue;
      const message = `There is no guard "${guard}" in policies/guards.yaml.${didYouMean(guard, guards.keys())}`;
      source.refuse([name, 'guards', index], message);
    }
  }
  return new Map(roles.map((role) => [role.name, role]));
}

// Identity Center's own bounds of a session.
const SESSION = { least: 900, most: 43_200, words: '15m and 12h' };

function roleOf(source: Source<unknown>, name: string, fields: RoleFields): Role {
  const { description, managed_policies: managedPolicies = [], statements = [], session = '1h' } = fields;
  if (managedPolicies.length === 0 && !statements.some(({ Effect }) => Effect === 'Allow')) {
    source.refuse([name], `Role ${name} gives nothing. Add managed_policies, or statements with Effect: Allow.`, 'key');
  }
  for (const [index, statement] of statements.entries()) checkStatement(source, [name, 'statements', index], statement);
  const seconds = boundedSeconds(source, { path: [name, 'session'], seconds: parseDuration(session) }, SESSION);
  const guards = fields.guards ?? [DEFAULT_GUARD];
  return { name, description, managedPolicies, statements, sessionSeconds: seconds ?? 0, guards };
}

/** IAM's grammar: exactly one of Action and NotAction, exactly one of Resource and NotResource. */
function checkStatement(source: Source<unknown>, path: readonly (string | number)[], statement: Statement): void {
  for (const [one, other] of [['Action', 'NotAction'] as const, ['Resource', 'NotResource'] as const]) {
    const present = [one, other].filter((key) => statement[key] !== undefined);
    if (present.length === 2)
      source.refuse([...path, other], `${one} and ${other} stand together. Keep one of them.`, 'key');
    if (present.length === 0) source.refuse(path, `The statement has no ${one}. Add ${one}, or ${other}.`);
  }
}
