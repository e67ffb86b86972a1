// A grant and the policy to what it means in AWS, and the digest of that meaning which authorizations sign.
import { createHash } from 'node:crypto';
import { wholeSeconds } from '../instant.ts';
import type { Guard, Policy, Role } from '../policy/policy.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Grant } from './grant.ts';
import { permissionSetName } from './permission-set.ts';
import type { ResolvedGrant } from './resolved.ts';

export { permissionSetName };

export type UnresolvedCode =
  | 'unknown-role'
  | 'unknown-account'
  | 'unknown-person'
  | 'person-without-aws'
  | 'control-plane-account';

export type Resolution =
  | { readonly kind: 'resolved'; readonly grant: ResolvedGrant }
  | { readonly kind: 'unresolved'; readonly problems: readonly [Unresolved, ...Unresolved[]] };

export type Unresolved = { readonly code: UnresolvedCode; readonly message: string };

export type ToResolve = {
  readonly grant: Pick<Grant, 'id' | 'requester' | 'account' | 'role'>;
  readonly policy: Policy;
  readonly repositoryId: number;
  /** GitHub's numeric id of the requester. The login in the file is only how the person is shown. */
  readonly requesterId: number;
  readonly deadline: Date;
};

export function resolveGrant({ grant, policy, repositoryId, requesterId, deadline }: ToResolve): Resolution {
  const role = policy.roles.get(grant.role);
  const account = policy.accounts.get(grant.account);
  const person = policy.people.get(requesterId);
  const [first, ...more] = unresolvedNames(grant, policy, requesterId);
  if (first !== undefined) return { kind: 'unresolved', problems: [first, ...more] };
  if (role === undefined || account === undefined || person?.aws === undefined)
    throw new Error('unreachable: all are named');
  const { instanceArn, identityStoreId, region, portalUrl } = policy.settings.identityCenter;
  const resolved: ResolvedGrant = {
    id: grant.id,
    repositoryId,
    permissionSetName: permissionSetName(role.name, repositoryId, grant.id),
    instanceArn,
    identityStoreId,
    region,
    portalUrl,
    userId: person.aws,
    accountId: account.id,
    accountName: account.name,
    role: role.name,
    managedPolicies: role.managedPolicies,
    statements: role.statements,
    guards: guardsOf(role, policy),
    sessionSeconds: role.sessionSeconds,
    deadline: wholeSeconds(deadline),
  };
  return { kind: 'resolved', grant: resolved };
}

/** Every name that means nothing, at once: a person at 03:00 corrects a file one time. */
function* unresolvedNames(grant: ToResolve['grant'], policy: Policy, requesterId: number): Generator<Unresolved> {
  const { role, account: accountName } = grant;
  if (!policy.roles.has(role)) {
    const message = `There is no role "${role}" in policies/roles.yaml.${didYouMean(role, policy.roles.keys())}`;
    yield { code: 'unknown-role', message };
  }
  const account = policy.accounts.get(accountName);
  if (account === undefined) {
    const message = `There is no account "${accountName}" in policies/accounts.yaml.${didYouMean(accountName, policy.accounts.keys())}`;
    yield { code: 'unknown-account', message };
  } else if (account.controlPlane) {
    const message = `Account "${accountName}" is a management or delegated-administrator account; breakglass gives no access to it.`;
    yield { code: 'control-plane-account', message };
  }
  const person = policy.people.get(requesterId);
  if (person === undefined) {
    const message = `"${grant.requester}" (GitHub id ${requesterId}) is not in policies/people.yaml. Ask the owners to add an entry with this id.`;
    yield { code: 'unknown-person', message };
  } else if (person.aws === undefined) {
    const message = `"${person.github}" has no Identity Center user in policies/people.yaml. Ask the owners to add the key aws.`;
    yield { code: 'person-without-aws', message };
  }
}

/** `sha256:<hex>` over everything that decides what the access can do and for whom; the deadline is signed apart. */
export function accessDigest(grant: ResolvedGrant): string {
  const meaning = {
    version: 1,
    accountId: grant.accountId,
    userId: grant.userId,
    instanceArn: grant.instanceArn,
    permissionSetName: grant.permissionSetName,
    managedPolicies: grant.managedPolicies,
    statements: grant.statements,
    guards: grant.guards.map(({ actions }) => actions),
    sessionSeconds: grant.sessionSeconds,
  };
  return `sha256:${createHash('sha256').update(canonicalJson(meaning)).digest('hex')}`;
}

/** Names were checked when the policy was parsed; a missing guard must never mean "unguarded". */
function guardsOf(role: Role, policy: Policy): readonly Guard[] {
  return role.guards.map((name) => {
    const guard = policy.guards.get(name);
    if (guard === undefined) throw new Error(`Role ${role.name} names guard ${name}, which the policy lacks`);
    return guard;
  });
}

/** JSON with sorted keys: the same meaning is the same bytes. Lists keep their order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
