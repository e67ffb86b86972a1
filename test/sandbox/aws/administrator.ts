// Edits behind the app's back, as an AWS administrator makes them in the console: at once, roles included.
import { randomBytes } from 'node:crypto';
import { addAssignment, deleteRole, dropAssignment, provisionRole } from './provisioning.ts';
import { type Assignment, type Content, findSet, type PermissionSet, record, rolesOf, type World } from './world.ts';

export type Administrator = {
  /** The set and, unless `provision` is false, its roles. */
  readonly setInlinePolicy: (set: string, document: string, options?: { readonly provision?: boolean }) => void;
  /** Rewrites the literal date of every condition on aws:CurrentTime. */
  readonly moveDeadline: (set: string, to: Date) => void;
  readonly setSessionDuration: (set: string, duration: string) => void;
  readonly attachPolicy: (set: string, arn: string) => void;
  readonly attachCustomerPolicy: (set: string, policyName: string) => void;
  readonly tag: (set: string, key: string, value: string) => void;
  readonly untag: (set: string, key: string) => void;
  readonly assign: (set: string, account: string, userId: string) => void;
  readonly assignGroup: (set: string, account: string, groupId: string) => void;
  readonly unassign: (set: string, account: string, userId: string) => void;
  /** Made by hand; answers its ARN. */
  readonly createSet: (
    name: string,
    options?: { readonly inlinePolicy?: string; readonly tags?: Record<string, string> },
  ) => string;
  /** With everything that hangs on it. */
  readonly deleteSet: (set: string) => void;
  /** `dangling` leaves the assignments behind, as a directory sync does; AWS then refuses to delete them. */
  readonly removeUser: (userId: string, options?: { readonly dangling?: boolean }) => void;
  readonly closeAccount: (account: string) => void;
};

/** Sets are named by ARN or by name. */
export function createAdministrator(world: World): Administrator {
  const act = (what: string, detail: Readonly<Record<string, unknown>>) =>
    record(world, { actor: 'administrator', what, detail, requestId: undefined });
  const editContent = (named: string, change: Partial<Content>, provision = true) => {
    const set = lookUp(world, named);
    set.content = { ...set.content, ...change };
    act('EditPermissionSet', { set: set.name, change });
    if (provision) for (const role of rolesOf(world, set.arn)) provisionRole(world, role.account, set.arn);
  };
  return {
    setInlinePolicy: (set, document, options) => editContent(set, { inlinePolicy: document }, options?.provision),
    moveDeadline: (set, to) =>
      editContent(set, { inlinePolicy: withDeadline(lookUp(world, set).content.inlinePolicy, to) }),
    setSessionDuration: (set, sessionDuration) => editContent(set, { sessionDuration }),
    attachPolicy: (set, arn) =>
      editContent(set, { managedPolicies: [...lookUp(world, set).content.managedPolicies, arn] }),
    attachCustomerPolicy: (set, Name) =>
      editContent(set, { customerPolicies: [...lookUp(world, set).content.customerPolicies, { Name, Path: '/' }] }),
    tag: (named, key, value) => {
      lookUp(world, named).tags.set(key, value);
      act('TagResource', { set: named, key, value });
    },
    untag: (named, key) => {
      lookUp(world, named).tags.delete(key);
      act('UntagResource', { set: named, key });
    },
    assign: (set, account, userId) => {
      act('CreateAccountAssignment', { set, account, userId });
      addAssignment(world, userAssignment(world, set, account, userId));
    },
    assignGroup: (set, account, principalId) => {
      act('CreateAccountAssignment', { set, account, groupId: principalId });
      world.groups.add(principalId);
      addAssignment(world, { setArn: lookUp(world, set).arn, account, principalType: 'GROUP', principalId });
    },
    unassign: (set, account, userId) => {
      act('DeleteAccountAssignment', { set, account, userId });
      dropAssignment(world, userAssignment(world, set, account, userId));
    },
    createSet: (name, options) => {
      act('CreatePermissionSet', { set: name });
      return createByHand(world, name, options);
    },
    deleteSet: (named) => {
      const set = lookUp(world, named);
      act('DeletePermissionSet', { set: set.name });
      for (const one of world.assignments.filter((assignment) => assignment.setArn === set.arn))
        dropAssignment(world, one);
      for (const role of rolesOf(world, set.arn)) deleteRole(world, role.account, set.arn);
      world.sets.delete(set.arn);
    },
    removeUser: (userId, options) => {
      act('DeleteUser', { userId });
      world.users.delete(userId);
      if (options?.dangling === true) return;
      for (const one of world.assignments.filter((assignment) => assignment.principalId === userId))
        dropAssignment(world, one);
    },
    closeAccount: (account) => {
      act('CloseAccount', { account });
      world.accounts.delete(account);
    },
  };
}

export function lookUp(world: World, named: string): PermissionSet {
  return [...world.sets.values()].find((set) => set.name === named) ?? findSet(world, named);
}

function createByHand(
  world: World,
  name: string,
  options: { readonly inlinePolicy?: string; readonly tags?: Record<string, string> } = {},
): string {
  const prefix = world.organisation.instanceArn.replace(':instance/', ':permissionSet/');
  const arn = `${prefix}/ps-${randomBytes(8).toString('hex')}`;
  world.sets.set(arn, {
    arn,
    name,
    description: undefined,
    relayState: undefined,
    createdAt: world.now(),
    tags: new Map(Object.entries(options.tags ?? {})),
    content: {
      inlinePolicy: options.inlinePolicy ?? '',
      managedPolicies: [],
      customerPolicies: [],
      sessionDuration: 'PT1H',
    },
  });
  return arn;
}

function userAssignment(world: World, set: string, account: string, principalId: string): Assignment {
  return { setArn: lookUp(world, set).arn, account, principalType: 'USER', principalId };
}

function withDeadline(document: string, to: Date): string {
  return document.replace(/("aws:CurrentTime"\s*:\s*")[^"]*(")/g, `$1${to.toISOString()}$2`);
}
