// Takes back by SDK what somebody added to a grant's access in AWS: the engine's state does not know it.
import type { PutInlinePolicyToPermissionSetCommandInput } from '@aws-sdk/client-sso-admin';
import type { ResolvedGrant } from '../core/grant/resolved.ts';
import { readOwnTags } from './access-list.ts';
import type { Instance } from './client.ts';
import { readContent } from './content.ts';
import { deleteAssignment } from './deletion.ts';
import { type Difference, differencesOf } from './difference.ts';
import { endedTag } from './early-deny.ts';
import { isNotFound } from './failure.ts';
import { whenFree } from './patience.ts';
import type { Corrected } from './port.ts';
import { provision } from './provisioning.ts';

export type Correction = {
  readonly grant: ResolvedGrant;
  readonly arn: string;
  readonly inlinePolicy: string;
  readonly signal: AbortSignal;
};

/**
 * First the policies, which bind whoever works with the role now; then the people. What is missing is the engine's to
 * make, as it made all the rest.
 */
export const correctAccess = async (instance: Instance, correction: Correction): Promise<Corrected> => {
  const { grant, arn, inlinePolicy } = correction;
  try {
    const found = await readContent(instance, arn, grant.accountId);
    const differences = differencesOf(found, grant, inlinePolicy);
    // Last of the readings: a `Deny` that somebody put there to end it must not be taken for a change.
    const tags = await readOwnTags(instance, arn, grant.repositoryId);
    if (tags === null || tags.has(endedTag)) return UNTOUCHED;
    // Without its person it may be half made: its policies are then the engine's business.
    if (!differences.some((one) => one.kind === 'unassigned')) await correctPolicies(instance, correction, differences);
    for (const one of differences)
      if (one.kind === 'foreign-holder') await removeHolder(instance, correction, one.holder);
    const added = differences.filter((one) => ADDED.includes(one.kind)).map(({ sentence }) => sentence);
    return { added: [...new Set(added)], complete: !differences.some((one) => MISSING.includes(one.kind)) };
  } catch (error) {
    // Deleted meanwhile: there is nothing left to correct.
    if (isNotFound(error)) return UNTOUCHED;
    throw error;
  }
};

const UNTOUCHED: Corrected = { added: [], complete: false };
const ADDED: readonly Difference['kind'][] = ['foreign-holder', 'foreign-managed-policy', 'foreign-customer-policy'];
/** Also the length of sessions: to change it alone, AWS has to be sent all else that the set was made with. */
const MISSING: readonly Difference['kind'][] = ['unassigned', 'missing-managed-policy', 'session'];

const correctPolicies = async (
  instance: Instance,
  correction: Correction,
  differences: readonly Difference[],
): Promise<void> => {
  let stale = differences.some((one) => one.kind === 'not-provisioned');
  for (const one of differences) if (await correctOne(instance, correction, one)) stale = true;
  if (!stale) return;
  correction.signal.throwIfAborted();
  await provision(instance, correction.arn, correction.grant.accountId, 'what was signed');
};

const correctOne = async (
  instance: Instance,
  { arn, inlinePolicy, signal }: Correction,
  difference: Difference,
): Promise<boolean> => {
  signal.throwIfAborted();
  const { sso, instanceArn } = instance;
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  switch (difference.kind) {
    case 'inline-policy':
      await whenFree(instance, () => putUnlessAborted(instance, { ...set, InlinePolicy: inlinePolicy }, signal));
      return true;
    case 'foreign-managed-policy':
      await unlessGone(() => sso.detachManagedPolicyFromPermissionSet({ ...set, ManagedPolicyArn: difference.arn }));
      return true;
    case 'foreign-customer-policy':
      await unlessGone(() =>
        sso.detachCustomerManagedPolicyReferenceFromPermissionSet({
          ...set,
          CustomerManagedPolicyReference: difference.policy,
        }),
      );
      return true;
    default:
      return false;
  }
};

/** An end that comes while AWS is busy has put its `Deny` there: the policy of before must not follow it. */
const putUnlessAborted = async (
  { sso }: Instance,
  input: PutInlinePolicyToPermissionSetCommandInput,
  signal: AbortSignal,
): Promise<void> => {
  signal.throwIfAborted();
  await sso.putInlinePolicyToPermissionSet(input, { abortSignal: signal });
};

const removeHolder = async (
  instance: Instance,
  { arn, signal }: Correction,
  { accountId, type, id }: Extract<Difference, { kind: 'foreign-holder' }>['holder'],
): Promise<void> => {
  signal.throwIfAborted();
  await deleteAssignment(instance, {
    AccountId: accountId,
    PermissionSetArn: arn,
    PrincipalType: type,
    PrincipalId: id,
  });
};

const unlessGone = async (change: () => Promise<unknown>): Promise<void> => {
  try {
    await change();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
};
