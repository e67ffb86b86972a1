// How a permission set becomes a role in an account, and how the role goes away again.
import { randomBytes } from 'node:crypto';
import { type Assignment, type Role, record, roleKey, sameAssignment, type World } from './world.ts';

/** Copies the set as it is now into its role in the account; makes the role where there is none. */
export function provisionRole(world: World, account: string, setArn: string): void {
  const set = world.sets.get(setArn);
  if (set === undefined) throw new Error(`Received a 404 status error: PermissionSet ${setArn} not found.`);
  const existing = world.roles.get(roleKey(account, setArn));
  if (existing !== undefined) {
    existing.content = set.content;
    record(world, { actor: 'aws', what: 'RoleUpdated', detail: { account, setArn }, requestId: undefined });
    return;
  }
  const inAccount = [...world.roles.values()].filter((role) => role.account === account).length;
  if (inAccount >= world.quotas.setsPerAccount) {
    throw new Error(`Cannot exceed quota for permission sets provisioned to account ${account}.`);
  }
  const role = newRole(world, account, set.name, setArn);
  world.roles.set(roleKey(account, setArn), { ...role, content: set.content });
  record(world, {
    actor: 'aws',
    what: 'RoleCreated',
    detail: { account, setArn, role: role.name },
    requestId: undefined,
  });
}

export function addAssignment(world: World, assignment: Assignment): void {
  provisionRole(world, assignment.account, assignment.setArn);
  if (!world.assignments.some((other) => sameAssignment(other, assignment))) {
    world.assignments = [...world.assignments, assignment];
  }
  record(world, { actor: 'aws', what: 'AssignmentCreated', detail: assignment, requestId: undefined });
}

/**
 * The role goes with the last assignment of the set in the account:
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
export function dropAssignment(world: World, assignment: Assignment): void {
  world.assignments = world.assignments.filter((other) => !sameAssignment(other, assignment));
  record(world, { actor: 'aws', what: 'AssignmentDeleted', detail: assignment, requestId: undefined });
  const { account, setArn } = assignment;
  if (!world.assignments.some((other) => other.account === account && other.setArn === setArn)) {
    deleteRole(world, account, setArn);
  }
}

export function deleteRole(world: World, account: string, setArn: string): void {
  const role = world.roles.get(roleKey(account, setArn));
  if (role === undefined) return;
  world.roles.delete(roleKey(account, setArn));
  world.deletedRoles.set(role.roleId, role);
  record(world, {
    actor: 'aws',
    what: 'RoleDeleted',
    detail: { account, setArn, role: role.name },
    requestId: undefined,
  });
}

// The suffix is new each time the role is made again, and the path has the region except in us-east-1.
function newRole(world: World, account: string, setName: string, setArn: string): Omit<Role, 'content'> {
  const name = `AWSReservedSSO_${setName}_${randomBytes(8).toString('hex')}`;
  const region = world.organisation.region;
  const path = region === 'us-east-1' ? '' : `${region}/`;
  return {
    account,
    setArn,
    name,
    roleId: `AROA${randomBytes(9).toString('hex').slice(0, 17).toUpperCase()}`,
    arn: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${path}${name}`,
  };
}
