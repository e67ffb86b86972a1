// aws.ssoadmin.AccountAssignment, as hashicorp/terraform-provider-aws internal/service/ssoadmin/account_assignment.go.
import {
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  paginateListAccountAssignments,
} from '@aws-sdk/client-sso-admin';
import { type Connection, isNotFound, retrying } from './client.ts';
import { failed, idParts, type Resource } from './resource.ts';
import { type Properties, text } from './schema.ts';
import { ARN_PROPERTY, matching, oneOf, REGION_PROPERTY } from './validators.ts';
import { ASSIGNMENT_PATIENCE, type Progress, waitUntilDone } from './wait.ts';

const PRINCIPAL_ID = /^([0-9a-f]{10}-|)[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;

// In the order of the id.
const ID_PROPERTIES = ['principalId', 'principalType', 'targetId', 'targetType', 'permissionSetArn', 'instanceArn'];

export const ACCOUNT_ASSIGNMENT: Resource = {
  schema: {
    instanceArn: ARN_PROPERTY,
    permissionSetArn: ARN_PROPERTY,
    principalId: { type: 'string', mode: 'required', replaces: true, refuse: matching(PRINCIPAL_ID, 47) },
    principalType: { type: 'string', mode: 'required', replaces: true, refuse: oneOf('USER', 'GROUP') },
    targetId: { type: 'string', mode: 'required', replaces: true, refuse: matching(/^\d{12}$/, 12) },
    targetType: { type: 'string', mode: 'required', replaces: true, refuse: oneOf('AWS_ACCOUNT') },
    region: REGION_PROPERTY,
  },
  create,
  read: async (aws, id) => ((await exists(aws, id)) ? stateOf(id) : undefined),
  remove,
};

// AWS makes no objection to a duplicate, so the resource looks first.
async function create(aws: Connection, inputs: Properties) {
  const id = ID_PROPERTIES.map((property) => text(inputs, property)).join(',');
  const { key, whom } = named(id);
  const found = await exists(aws, id).catch((error: unknown) => {
    const set = `Account ID (${key.TargetId}) Permission Set (${key.PermissionSetArn})`;
    throw failed(`listing SSO Account Assignments for ${set}`, error);
  });
  if (found) throw new Error(`creating SSO Account Assignment for ${whom}: already exists`);
  const output = await retrying(aws, () => aws.client.send(new CreateAccountAssignmentCommand(key))).catch(
    (error: unknown) => {
      throw failed(`creating SSO Account Assignment for ${whom}`, error);
    },
  );
  const request = output.AccountAssignmentCreationStatus?.RequestId;
  await waitUntilDone(aws, ASSIGNMENT_PATIENCE, () => creation(aws, key.InstanceArn, request)).catch(
    (error: unknown) => {
      throw failed(`waiting for SSO Account Assignment for ${whom} create`, error);
    },
  );
  return { id, state: stateOf(id) };
}

async function remove(aws: Connection, id: string): Promise<void> {
  const { key } = named(id);
  const whom = `Principal (${key.PrincipalId})`;
  const output = await retrying(aws, () => aws.client.send(new DeleteAccountAssignmentCommand(key))).catch(
    (error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw failed(`deleting SSO Account Assignment for ${whom}`, error);
    },
  );
  if (output === undefined) return;
  const request = output.AccountAssignmentDeletionStatus?.RequestId;
  await waitUntilDone(aws, ASSIGNMENT_PATIENCE, () => deletion(aws, key.InstanceArn, request)).catch(
    (error: unknown) => {
      throw failed(`waiting for SSO Account Assignment for ${whom} delete`, error);
    },
  );
}

async function exists(aws: Connection, id: string): Promise<boolean> {
  const { key } = named(id);
  const question = { InstanceArn: key.InstanceArn, AccountId: key.TargetId, PermissionSetArn: key.PermissionSetArn };
  try {
    return await retrying(aws, async () => {
      for await (const page of paginateListAccountAssignments({ client: aws.client }, question)) {
        const found = page.AccountAssignments?.some(
          (one) => one.PrincipalId === key.PrincipalId && one.PrincipalType === key.PrincipalType,
        );
        if (found === true) return true;
      }
      return false;
    });
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function creation(aws: Connection, InstanceArn: string, id: string | undefined): Promise<Progress | undefined> {
  const command = new DescribeAccountAssignmentCreationStatusCommand({
    InstanceArn,
    AccountAssignmentCreationRequestId: id,
  });
  return orUndefined(async () => {
    const { AccountAssignmentCreationStatus: status } = await retrying(aws, () => aws.client.send(command));
    return { status: status?.Status, failure: status?.FailureReason };
  });
}

async function deletion(aws: Connection, InstanceArn: string, id: string | undefined): Promise<Progress | undefined> {
  const command = new DescribeAccountAssignmentDeletionStatusCommand({
    InstanceArn,
    AccountAssignmentDeletionRequestId: id,
  });
  return orUndefined(async () => {
    const { AccountAssignmentDeletionStatus: status } = await retrying(aws, () => aws.client.send(command));
    return { status: status?.Status, failure: status?.FailureReason };
  });
}

async function orUndefined<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function stateOf(id: string): Properties {
  const parts = idParts(id, ID_PROPERTIES.length);
  return Object.fromEntries(ID_PROPERTIES.map((property, index) => [property, parts[index] ?? '']));
}

function named(id: string) {
  const state = stateOf(id);
  const type = text(state, 'principalType');
  return {
    whom: `${type} (${text(state, 'principalId')})`,
    key: {
      InstanceArn: text(state, 'instanceArn'),
      PermissionSetArn: text(state, 'permissionSetArn'),
      PrincipalId: text(state, 'principalId'),
      PrincipalType: type === 'GROUP' ? ('GROUP' as const) : ('USER' as const),
      TargetId: text(state, 'targetId'),
      TargetType: 'AWS_ACCOUNT' as const,
    },
  };
}
