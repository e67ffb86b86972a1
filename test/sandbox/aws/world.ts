// The state behind the double: permission sets, the roles provisioned from them, assignments, operations, history.
import { type Account, AWS_QUOTAS, type Organisation, type Quotas, type User } from './organisation.ts';
import { refuse } from './refusal.ts';

export type CustomerPolicy = { readonly Name: string; readonly Path: string };

/** What provisioning copies into a role. */
export type Content = {
  readonly inlinePolicy: string;
  readonly managedPolicies: readonly string[];
  readonly customerPolicies: readonly CustomerPolicy[];
  readonly sessionDuration: string;
};

export type PermissionSet = {
  readonly arn: string;
  readonly name: string;
  description: string | undefined;
  relayState: string | undefined;
  readonly createdAt: Date;
  readonly tags: Map<string, string>;
  content: Content;
};

/** The AWSReservedSSO_ role of one set in one account. An edit of the set reaches it by provisioning only. */
export type Role = {
  readonly account: string;
  readonly setArn: string;
  readonly name: string;
  readonly roleId: string;
  readonly arn: string;
  content: Content;
};

export type Assignment = {
  readonly account: string;
  readonly setArn: string;
  readonly principalType: 'USER' | 'GROUP';
  readonly principalId: string;
};

export type OperationKind = 'create-assignment' | 'delete-assignment' | 'provision';
export type OperationStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';

export type Operation = {
  readonly id: string;
  readonly kind: OperationKind;
  readonly setArn: string;
  /** Accounts whose role it changes. */
  readonly accounts: readonly string[];
  readonly assignment: Assignment | undefined;
  /** The account named in a ProvisionPermissionSet; absent for all provisioned accounts. */
  readonly target: string | undefined;
  readonly createdAt: Date;
  readonly actor: string;
  status: OperationStatus;
  failure: string | undefined;
};

export type HistoryEntry = {
  readonly at: Date;
  /** Access key id of the caller, `administrator`, or `aws` for what an operation did when it ended. */
  readonly actor: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
};

export type World = {
  readonly organisation: Organisation;
  readonly quotas: Quotas;
  readonly managementAccount: string;
  readonly createdAt: Date;
  readonly users: Map<string, User>;
  /** Ids alone: who is in one is nobody's question here. */
  readonly groups: Set<string>;
  readonly accounts: Map<string, Account>;
  readonly sets: Map<string, PermissionSet>;
  readonly roles: Map<string, Role>;
  /** Roles that are gone, by id, so that the fate of their sessions can be asked. */
  readonly deletedRoles: Map<string, Role>;
  assignments: readonly Assignment[];
  readonly operations: Map<string, Operation>;
  readonly history: HistoryEntry[];
  readonly timers: Set<NodeJS.Timeout>;
  /** Ends of the operations that a fault holds up. */
  readonly stalled: Set<() => void>;
  readonly now: () => Date;
};

export function createWorld(organisation: Organisation): World {
  const now = organisation.now ?? (() => new Date());
  const managementAccount = organisation.managementAccount ?? organisation.accounts[0]?.id;
  if (managementAccount === undefined) throw new Error('An organisation has at least its management account.');
  return {
    organisation,
    quotas: { ...AWS_QUOTAS, ...organisation.quotas },
    managementAccount,
    createdAt: now(),
    users: new Map(organisation.users.map((user) => [user.userId, user])),
    groups: new Set(),
    accounts: new Map(organisation.accounts.map((account) => [account.id, account])),
    sets: new Map(),
    roles: new Map(),
    deletedRoles: new Map(),
    assignments: [],
    operations: new Map(),
    history: [],
    timers: new Set(),
    stalled: new Set(),
    now,
  };
}

export function record(world: World, entry: Omit<HistoryEntry, 'at'>): void {
  world.history.push({ at: world.now(), ...entry });
}

export function findSet(world: World, arn: string): PermissionSet {
  return world.sets.get(arn) ?? refuse('ResourceNotFoundException', `Could not find PermissionSet with Arn ${arn}`);
}

export function roleKey(account: string, setArn: string): string {
  return `${account} ${setArn}`;
}

export function rolesOf(world: World, setArn: string): readonly Role[] {
  return [...world.roles.values()].filter((role) => role.setArn === setArn);
}

export function isLatest(world: World, role: Role): boolean {
  return JSON.stringify(role.content) === JSON.stringify(world.sets.get(role.setArn)?.content);
}

export function sameAssignment(one: Assignment, other: Assignment): boolean {
  return (
    one.account === other.account &&
    one.setArn === other.setArn &&
    one.principalType === other.principalType &&
    one.principalId === other.principalId
  );
}
