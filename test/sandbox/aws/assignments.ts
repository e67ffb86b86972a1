// Account assignments: created and deleted asynchronously, listed three ways.
import { type Call, checkInstance, type Handler, namedSet, pageSize, seconds } from './call.ts';
import { type Output, optionalText, structure, text } from './input.ts';
import { beginOperation, inProgress, refuseIfBusy } from './operations.ts';
import { page } from './paging.ts';
import { addAssignment, dropAssignment } from './provisioning.ts';
import { refuse } from './refusal.ts';
import { statusList, statusOf } from './status.ts';
import { type Assignment, type Operation, sameAssignment, type World } from './world.ts';

export const ASSIGNMENTS: Readonly<Record<string, Handler>> = {
  CreateAccountAssignment: (call) => ({ AccountAssignmentCreationStatus: describe(create(call)) }),
  DeleteAccountAssignment: (call) => ({ AccountAssignmentDeletionStatus: describe(remove(call)) }),
  DescribeAccountAssignmentCreationStatus: (call) => ({
    AccountAssignmentCreationStatus: describe(
      statusOf(call, 'create-assignment', 'AccountAssignmentCreationRequestId'),
    ),
  }),
  DescribeAccountAssignmentDeletionStatus: (call) => ({
    AccountAssignmentDeletionStatus: describe(
      statusOf(call, 'delete-assignment', 'AccountAssignmentDeletionRequestId'),
    ),
  }),
  ListAccountAssignmentCreationStatus: (call) =>
    statusList(call, 'create-assignment', 'AccountAssignmentsCreationStatus'),
  ListAccountAssignmentDeletionStatus: (call) =>
    statusList(call, 'delete-assignment', 'AccountAssignmentsDeletionStatus'),
  ListAccountAssignments: (call) => {
    const set = namedSet(call);
    const account = text(call.input, 'AccountId');
    return listed(call, (one) => one.setArn === set.arn && one.account === account);
  },
  ListAccountAssignmentsForPrincipal: listForPrincipal,
};

function create(call: Call): Operation {
  const { world } = call;
  const assignment = named(call);
  if (world.organisation.delegatedAdministrator === true && assignment.account === world.managementAccount) {
    refuse('AccessDeniedException', 'A delegated administrator cannot assign access to the management account.');
  }
  checkOutstanding(world, 'ServiceQuotaExceededException');
  refuseIfBusy(world, assignment.account);
  return beginOperation(world, {
    kind: 'create-assignment',
    ...begin(call, assignment),
    effect: () => {
      checkPrincipal(world, assignment);
      if (!world.accounts.has(assignment.account)) {
        throw new Error(`Received a 404 status error: account ${assignment.account} is not in the organization`);
      }
      addAssignment(world, assignment);
    },
  });
}

// The model of DeleteAccountAssignment has no quota error, so the limit shows as throttling.
function remove(call: Call): Operation {
  const { world } = call;
  const assignment = named(call);
  checkOutstanding(world, 'ThrottlingException');
  refuseIfBusy(world, assignment.account);
  return beginOperation(world, {
    kind: 'delete-assignment',
    ...begin(call, assignment),
    effect: () => {
      if (!world.assignments.some((other) => sameAssignment(other, assignment))) {
        throw new Error('Received a 404 status error: Assignment not found.');
      }
      // A person deleted by the directory's own sync leaves assignments that cannot be deleted:
      // https://github.com/hashicorp/terraform-provider-aws/issues/19341
      checkPrincipal(world, assignment);
      dropAssignment(world, assignment);
    },
  });
}

function begin(call: Call, assignment: Assignment) {
  const { setArn, account } = assignment;
  return { setArn, accounts: [account], assignment, actor: call.actor, fate: call.fate };
}

function named(call: Call): Assignment {
  const set = namedSet(call);
  const targetType = text(call.input, 'TargetType');
  if (targetType !== 'AWS_ACCOUNT') refuse('ValidationException', `TargetType ${targetType} is not AWS_ACCOUNT`);
  return {
    setArn: set.arn,
    account: text(call.input, 'TargetId'),
    principalType: text(call.input, 'PrincipalType') === 'GROUP' ? 'GROUP' : 'USER',
    principalId: text(call.input, 'PrincipalId'),
  };
}

function checkOutstanding(world: World, code: 'ServiceQuotaExceededException' | 'ThrottlingException'): void {
  const outstanding = inProgress(world).filter((operation) => operation.kind !== 'provision').length;
  if (outstanding < world.quotas.outstandingAssignments) return;
  refuse(code, `Cannot exceed ${world.quotas.outstandingAssignments} outstanding account assignment operations.`);
}

function checkPrincipal(world: World, { principalType, principalId }: Assignment): void {
  if ((principalType === 'USER' ? world.users : world.groups).has(principalId)) return;
  throw new Error(
    `Received a 404 status error: the ${principalType} assignee ${principalId} ` +
      `was not found in directory ${world.organisation.identityStoreId}`,
  );
}

function listForPrincipal(call: Call): Output {
  checkInstance(call);
  const principal = text(call.input, 'PrincipalId');
  const type = text(call.input, 'PrincipalType');
  const filter = structure(call.input, 'Filter');
  const account = filter === undefined ? undefined : optionalText(filter, 'AccountId');
  return listed(
    call,
    (one) =>
      one.principalId === principal && one.principalType === type && (account === undefined || one.account === account),
  );
}

function listed({ world, input }: Call, wanted: (assignment: Assignment) => boolean): Output {
  const { items, ...next } = page(world.assignments.filter(wanted), input, pageSize(world));
  return {
    AccountAssignments: items.map((one) => ({
      AccountId: one.account,
      PermissionSetArn: one.setArn,
      PrincipalType: one.principalType,
      PrincipalId: one.principalId,
    })),
    ...next,
  };
}

function describe(operation: Operation): Output {
  return {
    Status: operation.status,
    RequestId: operation.id,
    ...(operation.failure === undefined ? {} : { FailureReason: operation.failure }),
    TargetId: operation.assignment?.account,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: operation.setArn,
    PrincipalType: operation.assignment?.principalType,
    PrincipalId: operation.assignment?.principalId,
    CreatedDate: seconds(operation.createdAt),
  };
}
