// Provisioning a set to all its accounts after a change of its policies, as permission_set.go provisionPermissionSet.
import {
  DescribePermissionSetProvisioningStatusCommand,
  ProvisionPermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { type Connection, isNotFound, retrying } from './client.ts';
import { failed } from './resource.ts';
import { PROVISIONING_PATIENCE, type Progress, waitUntilDone } from './wait.ts';

/** Waits its five seconds even where no account is provisioned, as the real one does. */
export async function provisionEverywhere(aws: Connection, setArn: string, instanceArn: string): Promise<void> {
  const begun = await retrying(aws, () =>
    aws.client.send(
      new ProvisionPermissionSetCommand({
        InstanceArn: instanceArn,
        PermissionSetArn: setArn,
        TargetType: 'ALL_PROVISIONED_ACCOUNTS',
      }),
    ),
  ).catch((error: unknown) => {
    throw failed(`provisioning SSO Permission Set (${setArn})`, error);
  });
  const id = begun.PermissionSetProvisioningStatus?.RequestId;
  await waitUntilDone(aws, PROVISIONING_PATIENCE, () => progressOf(aws, instanceArn, id)).catch((error: unknown) => {
    throw failed(`waiting for SSO Permission Set (${setArn}) provision`, error);
  });
}

async function progressOf(aws: Connection, instanceArn: string, id: string | undefined): Promise<Progress | undefined> {
  const command = new DescribePermissionSetProvisioningStatusCommand({
    InstanceArn: instanceArn,
    ProvisionPermissionSetRequestId: id,
  });
  try {
    const { PermissionSetProvisioningStatus: status } = await retrying(aws, () => aws.client.send(command));
    return { status: status?.Status, failure: status?.FailureReason };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
