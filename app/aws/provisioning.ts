// Brings a permission set as it is now to the role of an account, and says in which accounts it is.
import { type ProvisioningStatus, paginateListAccountsForProvisionedPermissionSet } from '@aws-sdk/client-sso-admin';
import { type Answered, collect } from './answer.ts';
import type { Instance } from './client.ts';
import { settle, whenFree } from './patience.ts';

export const notLatest: ProvisioningStatus = 'LATEST_PERMISSION_SET_NOT_PROVISIONED';
export const isLatest: ProvisioningStatus = 'LATEST_PERMISSION_SET_PROVISIONED';

export const accountsOf = (
  { sso, instanceArn }: Instance,
  arn: string,
  status?: ProvisioningStatus,
): Promise<Answered<string>> => {
  const input = {
    InstanceArn: instanceArn,
    PermissionSetArn: arn,
    ...(status === undefined ? {} : { ProvisioningStatus: status }),
  };
  return collect(paginateListAccountsForProvisionedPermissionSet({ client: sso }, input), (page) => page.AccountIds);
};

/** `what` is to reach the account, for the sentence when it does not. */
export const provision = async (instance: Instance, arn: string, accountId: string, what: string): Promise<void> => {
  const { sso, instanceArn } = instance;
  const input = {
    InstanceArn: instanceArn,
    PermissionSetArn: arn,
    TargetType: 'AWS_ACCOUNT' as const,
    TargetId: accountId,
  };
  const started = await whenFree(instance, () => sso.provisionPermissionSet(input));
  const failure = await settle(
    instance,
    `the provisioning of ${arn} to account ${accountId}`,
    started.PermissionSetProvisioningStatus,
    async (requestId) => {
      const look = { InstanceArn: instanceArn, ProvisionPermissionSetRequestId: requestId };
      return (await sso.describePermissionSetProvisioningStatus(look)).PermissionSetProvisioningStatus;
    },
  );
  // FAILED with "404 … Assignment not found" is what AWS says when the last assignment went away meanwhile, the role with it:
  // https://github.com/hashicorp/terraform-provider-aws/issues/35158
  if (failure === null || !(await accountsOf(instance, arn)).items.includes(accountId)) return;
  throw new Error(`AWS could not bring ${what} of ${arn} to account ${accountId}: ${failure}. It is tried again.`);
};
