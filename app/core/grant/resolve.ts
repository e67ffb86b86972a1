// A grant and the policy to what it means in AWS, and the digest of that meaning which authorizations sign.
import { createHash } from 'node:crypto';
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
  | { readonly kind: 'unresolved'; readonly code: UnresolvedCode; readonly message: string };

export type ToResolve = {
  readonly grant: Pick<Grant, 'id' | 'requester' | 'account' | 'role'>;
  readonly policy: Policy;
  readonly repositoryId: number;
  /** GitHub's numeric id of the requester. The login in the file is only how the person is shown. */
  readonly requesterId: number;
  readonly deadline: Date;
};

export function resolveGrant({ grant, policy, repositoryId, requesterId, deadline }: ToResolve): Resolution {
  const { role: roleName, account: accountName } = grant;
  const role = policy.roles.get(roleName);
  if (role === undefined)
    return unresolved(
      'unknown-role',
      `There is no role "${roleName}" in policies/roles.yaml.${didYouMean(roleName, policy.roles.keys())}`,
    );
  const account = policy.accounts.get(accountName);
  if (account === undefined)
    return unresolved(
      'unknown-account',
      `There is no account "${accountName}" in policies/accounts.yaml.${didYouMean(accountName, policy.accounts.keys())}`,
    );
  if (account.controlPlane)
    return unresolved(
      'control-plane-account',
      `Account "${accountName}" is a management or delegated-administrator account; breakglass gives no access to it.`,
    );
  const person = policy.people.get(requesterId);
  if (person === undefined)
    return unresolved(
      'unknown-person',
      `"${grant.requester}" (GitHub id ${requesterId}) is not in policies/people.yaml. Ask the owners to add an entry with this id.`,
    );
  if (person.aws === undefined)
    return unresolved(
      'person-without-aws',
      `"${person.github}" has no Identity Center user in policies/people.yaml. Ask the owners to add the key aws.`,
    );
  const { instanceArn, identityStoreId, region, portalUrl } = policy.settings.identityCenter;
  const resolved: ResolvedGrant = {
    id: grant.id,
    repositoryId,
    permissionSetName: permissionSetName(roleName, repositoryId, grant.id),
    instanceArn,
    identityStoreId,
    region,
    portalUrl,
    userId: person.aws,
    accountId: account.id,
    accountName,
    role: roleName,
    managedPolicies: role.managedPolicies,
    statements: role.statements,
    guards: guardsOf(role, policy),
    sessionSeconds: role.sessionSeconds,
    deadline: wholeSeconds(deadline),
  };
  return { kind: 'resolved', grant: resolved };
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

function unresolved(code: UnresolvedCode, message: string): Resolution {
  return { kind: 'unresolved', code, message };
}

/** Names were checked when the policy was parsed; a missing guard must never mean "unguarded". */
function guardsOf(role: Role, policy: Policy): readonly Guard[] {
  return role.guards.map((name) => {
    const guard = policy.guards.get(name);
    if (guard === undefined) throw new Error(`Role ${role.name} names guard ${name}, which the policy lacks`);
    return guard;
  });
}

/** Rounded down: never later than what was signed. */
function wholeSeconds(deadline: Date): string {
  return deadline.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** JSON with sorted keys: the same meaning is the same bytes. Lists keep their order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
