// Ends access at once, live sessions included: a `Deny *` in the set's own policy, provisioned to where the set is.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProvisioningStatus } from '@aws-sdk/client-sso-admin';
import { readOwnTags } from './access-list.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import { whenFree } from './patience.ts';
import { waitForPending } from './pending.ts';
import { samePolicy } from './policy-equality.ts';
import { accountsOf, notLatest, provision } from './provisioning.ts';

export type Denial = {
  readonly arn: string;
  readonly accountId: string | null;
  readonly reason: string;
  readonly policy: string;
};

export const endedTag = 'breakglass:ended';

const HEAD_START_POLLS = 2;

export const denyEarly = async (
  instance: Instance,
  repositoryId: number,
  { arn, accountId, reason, policy }: Denial,
): Promise<'denied' | 'already-denied' | 'absent'> => {
  const tags = await readOwnTags(instance, arn, repositoryId);
  if (tags === null) return 'absent';
  // A tag that cannot be written (a quota, a missing permission) must not keep the policy from being written, nor may one
  // that AWS is too busy for hold it up. First it is where it can be: a `Deny` without it looks like a hand's work.
  const tagged = Promise.allSettled(tags.has(endedTag) ? [] : [tag(instance, arn, reason)]);
  await Promise.race([tagged, sleep(HEAD_START_POLLS * instance.pollMs, undefined, { ref: false })]);
  try {
    const written = await putPolicy(instance, arn, policy);
    const places = await provisionAll(instance, { arn, accountId }, written ? undefined : notLatest);
    // An assignment that AWS is still making may carry the policy of before. Only now: a request that hangs elsewhere must
    // not hold up the deny where somebody works.
    if (await waitForPending(instance, arn)) await provisionAll(instance, { arn, accountId }, undefined);
    const outcomes = await tagged;
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return written || places > 0 || outcomes.length > 0 ? 'denied' : 'already-denied';
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
  const { items } = await accountsOf(instance, arn, status);
  const ordered = [...items].sort((a, b) => Number(b === accountId) - Number(a === accountId));
  for (const account of ordered) await provision(instance, arn, account, 'the deny');
  return ordered.length;
};
