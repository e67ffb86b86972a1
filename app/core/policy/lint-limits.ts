// Rules and roles that let more happen than emergency access should, or that AWS would not take.
import { formatDuration } from '../grant/duration.ts';
import { permissionSetName } from '../grant/permission-set.ts';
import type { ResolvedGrant } from '../grant/resolved.ts';
import type { Found, Linted } from './lint-finding.ts';
import type { Policy, Role, Rule } from './policy.ts';
import { DEFAULT_GUARD } from './roles.ts';

const DAY = 86_400;
const MINUTE = 60;

export function* limitFindings(linted: Linted): Generator<Found> {
  for (const [index, rule] of linted.policy.rules.entries()) yield* durationFindings(index, rule);
  for (const role of linted.policy.roles.values()) {
    yield* guardFindings(linted, role);
    yield* sizeFindings(linted, role);
  }
}

function* durationFindings(index: number, { name, minSeconds, maxSeconds }: Rule): Generator<Found> {
  if (maxSeconds > DAY) {
    const sentence = `Rule "${name}" grants up to ${formatDuration(maxSeconds)}: longer than a day is standing access. Lower max_duration; a grant that is still needed can be extended or asked for again.`;
    yield { code: 'unbounded-duration', sentence, file: 'rules.yaml', path: ['rules', index, 'max_duration'] };
  }
  if (minSeconds < MINUTE) {
    const sentence = `Rule "${name}" grants as little as ${formatDuration(minSeconds)}: AWS needs about as long to make the access. Raise min_duration to 1m or more.`;
    yield { code: 'short-duration', sentence, file: 'rules.yaml', path: ['rules', index, 'min_duration'] };
  }
}

function* guardFindings({ targets }: Linted, { name, guards }: Role): Generator<Found> {
  if (guards.includes(DEFAULT_GUARD)) return;
  const rules = new Set(targets.filter(({ roles }) => roles.includes(name)).flatMap((target) => target.rules));
  const alone = [...rules].filter(({ approvals }) => approvals.length === 0).map((rule) => `"${rule.name}"`);
  const who = alone.length === 0 ? '' : ` Rule ${alone.join(', ')} gives it without asking anybody.`;
  const sentence = `Role "${name}" drops the guard "${DEFAULT_GUARD}": what is made with it may outlive the grant.${who} Name a guard of your own that is that list without what the role must do.`;
  yield { code: 'guards-dropped', sentence, file: 'roles.yaml', path: [name, 'guards'] };
}

function* sizeFindings({ policy, size }: Linted, role: Role): Generator<Found> {
  if (size === null) return;
  const { characters, limit } = size(standIn(policy, role));
  if (characters <= limit) return;
  const sentence = `Role "${role.name}" makes an inline policy of ${characters} characters; AWS takes ${limit}. Shorten its statements or its guards.`;
  yield { code: 'statement-over-limit', sentence, file: 'roles.yaml', path: [role.name] };
}

/** The inline policy depends on the role alone: person, account and deadline only have to be there. */
function standIn(policy: Policy, role: Role): ResolvedGrant {
  const { instanceArn, identityStoreId, region, portalUrl } = policy.settings.identityCenter;
  return {
    id: 'lint',
    repositoryId: 1,
    permissionSetName: permissionSetName(role.name, 1, 'lint'),
    instanceArn,
    identityStoreId,
    region,
    portalUrl,
    userId: '00000000-0000-0000-0000-000000000000',
    accountId: '000000000000',
    accountName: 'lint',
    role: role.name,
    managedPolicies: role.managedPolicies,
    statements: role.statements,
    guards: role.guards.flatMap((name) => policy.guards.get(name) ?? []),
    sessionSeconds: role.sessionSeconds,
    deadline: '2026-01-01T00:00:00Z',
  };
}
