// ProvisionPermissionSet, and the two lists that tell which role holds the latest version of which set.
import { type Call, checkInstance, type Handler, namedSet, pageSize, seconds } from './call.ts';
import { type Output, optionalText, text } from './input.ts';
import { beginOperation, inProgress, refuseIfBusy } from './operations.ts';
import { page } from './paging.ts';
import { provisionRole } from './provisioning.ts';
import { refuse } from './refusal.ts';
import { statusList, statusOf } from './status.ts';
import { isLatest, type Operation, type Role, roleKey, rolesOf, type World } from './world.ts';

export const PROVISION_CALLS: Readonly<Record<string, Handler>> = {
  ProvisionPermissionSet: (call) => ({ PermissionSetProvisioningStatus: describe(provision(call)) }),
  DescribePermissionSetProvisioningStatus: (call) => ({
    PermissionSetProvisioningStatus: describe(statusOf(call, 'provision', 'ProvisionPermissionSetRequestId')),
  }),
  ListPermissionSetProvisioningStatus: (call) => statusList(call, 'provision', 'PermissionSetsProvisioningStatus'),
  ListAccountsForProvisionedPermissionSet: (call) => {
    const accounts = rolesOf(call.world, namedSet(call).arn)
      .filter(byStatus(call))
      .map((role) => role.account);
    const { items, ...next } = page(accounts, call.input, pageSize(call.world));
    return { AccountIds: items, ...next };
  },
  ListPermissionSetsProvisionedToAccount: listProvisionedTo,
};

function provision(call: Call): Operation {
  const { world } = call;
  const set = namedSet(call);
  const { accounts, target } = targets(call, set.arn);
  const provisioned = accounts.filter((account) => world.roles.has(roleKey(account, set.arn)));
  for (const account of accounts) refuseUnlessEnding(world, account, set.arn);
  return beginOperation(world, {
    kind: 'provision',
    setArn: set.arn,
    accounts,
    ...(target === undefined ? {} : { target }),
    actor: call.actor,
    fate: call.fate,
    effect: () => {
      // The race between provisioning and the end of the last assignment:
      // https://github.com/hashicorp/terraform-provider-aws/issues/35158
      if (provisioned.some((account) => !world.roles.has(roleKey(account, set.arn)))) {
        throw new Error('Received a 404 status error: Assignment not found.');
      }
      for (const account of accounts) provisionRole(world, account, set.arn);
    },
  });
}

type Targets = { readonly accounts: readonly string[]; readonly target?: string };

// A set can be provisioned to an account where nobody is assigned, and then has a role there:
// https://github.com/hashicorp/terraform-provider-aws/issues/32006
function targets({ world, input }: Call, setArn: string): Targets {
  if (text(input, 'TargetType') === 'ALL_PROVISIONED_ACCOUNTS') {
    return { accounts: rolesOf(world, setArn).map((role) => role.account) };
  }
  const target = text(input, 'TargetId');
  if (!world.accounts.has(target)) refuse('ResourceNotFoundException', `Could not find account ${target}`);
  return { accounts: [target], target };
}

/** An account is updated by one operation at a time; only with the end of its own assignment does provisioning race. */
function refuseUnlessEnding(world: World, account: string, setArn: string): void {
  const ending = inProgress(world).some(
    (operation) =>
      operation.kind === 'delete-assignment' && operation.setArn === setArn && operation.accounts.includes(account),
  );
  if (!ending) refuseIfBusy(world, account);
}

function listProvisionedTo(call: Call): Output {
  checkInstance(call);
  const account = text(call.input, 'AccountId');
  const arns = [...call.world.roles.values()]
    .filter((role) => role.account === account)
    .filter(byStatus(call))
    .map((role) => role.setArn);
  const { items, ...next } = page(arns, call.input, pageSize(call.world));
  return { PermissionSets: items, ...next };
}

function byStatus({ world, input }: Call): (role: Role) => boolean {
  const status = optionalText(input, 'ProvisioningStatus');
  if (status === undefined) return () => true;
  return (role) => isLatest(world, role) === (status === 'LATEST_PERMISSION_SET_PROVISIONED');
}

function describe(operation: Operation): Output {
  return {
    Status: operation.status,
    RequestId: operation.id,
    ...(operation.target === undefined ? {} : { AccountId: operation.target }),
    PermissionSetArn: operation.setArn,
    ...(operation.failure === undefined ? {} : { FailureReason: operation.failure }),
    CreatedDate: seconds(operation.createdAt),
  };
}
