// Ends access at once, live sessions included: a `Deny *` in the set's own policy, provisioned to where the set is.
import { type ProvisioningStatus, paginateListAccountsForProvisionedPermissionSet } from '@aws-sdk/client-sso-admin';
import { readOwnTags } from './access-list.ts';
import { collect } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import { settle, whenFree } from './patience.ts';
import { waitForPending } from './pending.ts';
import { samePolicy } from './policy-equality.ts';

export type Denial = {
  readonly arn: string;
  readonly accountId: string;
  readonly reason: string;
  readonly policy: string;
};

const endedTag = 'breakglass:ended';
const notLatest: ProvisioningStatus = 'LATEST_PERMISSION_SET_NOT_PROVISIONED';

export const denyEarly = async (
  instance: Instance,
  repositoryId: number,
  { arn, accountId, reason, policy }: Denial,
): Promise<'denied' | 'already-denied' | 'absent'> => {
  const tags = await readOwnTags(instance, arn, repositoryId);
  if (tags === null) return 'absent';
  // A tag that cannot be written (a quota, a missing permission) must not keep the policy from being written.
  const tagged = await Promise.allSettled(tags.has(endedTag) ? [] : [tag(instance, arn, reason)]);
  try {
    const written = await putPolicy(instance, arn, policy);
    const places = await provisionAll(instance, { arn, accountId }, written ? undefined : notLatest);
    // An assignment that AWS is still making may carry the policy of before. Only now: a request that hangs elsewhere must
    // not hold up the deny where somebody works.
    if (await waitForPending(instance, arn)) await provisionAll(instance, { arn, accountId }, undefined);
    for (const outcome of tagged) if (outcome.status === 'rejected') throw outcome.reason;
    return written || places > 0 || tagged.length > 0 ? 'denied' : 'already-denied';
  } catch (error) {
    // Somebody deleted the set meanwhile: there is nothing left to deny.
    if (isNotFound(error)) return 'absent';
    throw error;
  }
};

/** AWS allows letters, digits, spaces and `_.:/=+-@` in a tag's value, at most 256 characters of them. */
export const tagValue = (text: string): string => {
  const clean = text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]+/gu, ' ').replace(/ {2,}/g, ' ');
  // By code points: half a surrogate pair would make the request invalid.
  let value = '';
  for (const character of clean.trim()) {
    if (value.length + character.length > 256) break;
    value += character;
  }
  return value.trim() || 'ended';
};

const tag = (instance: Instance, arn: string, reason: string): Promise<unknown> =>
  whenFree(instance, () =>
    instance.sso.tagResource({
      InstanceArn: instance.instanceArn,
      ResourceArn: arn,
      Tags: [{ Key: endedTag, Value: tagValue(reason) }],
    }),
  );

const putPolicy = async (instance: Instance, arn: string, policy: string): Promise<boolean> => {
  const { sso, instanceArn } = instance;
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  const { InlinePolicy } = await sso.getInlinePolicyForPermissionSet(set);
  if (samePolicy(InlinePolicy, policy)) return false;
  await whenFree(instance, () => sso.putInlinePolicyToPermissionSet({ ...set, InlinePolicy: policy }));
  return true;
};

// The grant's own account first; others only if an administrator has assigned the set there too.
const provisionAll = async (
  instance: Instance,
  { arn, accountId }: Pick<Denial, 'arn' | 'accountId'>,
  status: ProvisioningStatus | undefined,
): Promise<number> => {
  const accounts = await accountsOf(instance, arn, status);
  const ordered = [...accounts].sort((a, b) => Number(b === accountId) - Number(a === accountId));
  for (const account of ordered) await provision(instance, arn, account);
  return ordered.length;
};

const accountsOf = async (
  { sso, instanceArn }: Instance,
  arn: string,
  status: ProvisioningStatus | undefined,
): Promise<readonly string[]> => {
  const input = {
    InstanceArn: instanceArn,
    PermissionSetArn: arn,
    ...(status === undefined ? {} : { ProvisioningStatus: status }),
  };
  return (
    await collect(paginateListAccountsForProvisionedPermissionSet({ client: sso }, input), (page) => page.AccountIds)
  ).items;
};

const provision = async (instance: Instance, arn: string, accountId: string): Promise<void> => {
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
  if (failure === null || !(await accountsOf(instance, arn, undefined)).includes(accountId)) return;
  throw new Error(`AWS could not bring the deny of ${arn} to account ${accountId}: ${failure}. It is tried again.`);
};
