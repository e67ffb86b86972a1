// Brings a permission set as it is now to the role of an account, and says in which accounts it is.
import {
  type ProvisioningStatus,
  paginateListAccountsForProvisionedPermissionSet,
  paginateListPermissionSetProvisioningStatus,
} from '@aws-sdk/client-sso-admin';
import { sharedReading } from '../core/shared-reading.ts';
import { type Answered, collect } from './answer.ts';
import type { Instance } from './client.ts';
import { inShare } from './limiter.ts';
import { type Status, settle, whenFree } from './patience.ts';
import { perInstance } from './per-instance.ts';
import { inTurn } from './turns.ts';

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
  const failure = await inTurn(instance, accountId, () => provisionNow(instance, arn, accountId));
  // FAILED with "404 … Assignment not found" is what AWS says when the last assignment went away meanwhile, the role with it:
  // https://github.com/hashicorp/terraform-provider-aws/issues/35158
  if (failure === null || !(await accountsOf(instance, arn)).items.includes(accountId)) return;
  throw new Error(`AWS could not bring ${what} of ${arn} to account ${accountId}: ${failure}. It is tried again.`);
};

const provisionNow = async (instance: Instance, arn: string, accountId: string): Promise<string | null> => {
  const { sso, instanceArn } = instance;
  const input = {
    InstanceArn: instanceArn,
    PermissionSetArn: arn,
    TargetType: 'AWS_ACCOUNT' as const,
    TargetId: accountId,
  };
  const started = await whenFree(instance, () => sso.provisionPermissionSet(input));
  const polls = pollsOf(instance);
  polls.under += 1;
  try {
    const what = `the provisioning of ${arn} to account ${accountId}`;
    return await settle(instance, what, started.PermissionSetProvisioningStatus, (id) => look(instance, polls, id));
  } finally {
    polls.under -= 1;
  }
};

/** `under`: how many provisionings are waited for. `listed`: the ids of those that AWS has under way. */
type Polls = { under: number; readonly listed: () => Promise<ReadonlySet<string>> };

const pollsOf = perInstance(
  (instance): Polls => ({
    under: 0,
    listed: sharedReading(() => inShare('provisioning', () => listProvisionings(instance))),
  }),
);

/** One list tells of all that are under way; the list says of none how it ended, nor may it be forbidden or behind. */
const look = async (
  { sso, instanceArn }: Instance,
  { under, listed }: Polls,
  id: string,
): Promise<Status | undefined> => {
  if (under > 1 && (await listed().catch(() => NONE)).has(id)) return { Status: 'IN_PROGRESS' };
  const question = { InstanceArn: instanceArn, ProvisionPermissionSetRequestId: id };
  return (await sso.describePermissionSetProvisioningStatus(question)).PermissionSetProvisioningStatus;
};

const NONE: ReadonlySet<string> = new Set();

const listProvisionings = async ({ sso, instanceArn }: Instance): Promise<ReadonlySet<string>> => {
  const filter = { InstanceArn: instanceArn, Filter: { Status: 'IN_PROGRESS' as const } };
  const pages = paginateListPermissionSetProvisioningStatus({ client: sso }, filter);
  const { items } = await collect(pages, (page) => page.PermissionSetsProvisioningStatus);
  return new Set(items.flatMap(({ RequestId }) => RequestId ?? []));
};
