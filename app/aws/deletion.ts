// Deletes a permission set of ours and every assignment of it, whoever made them: assignments first, then the set.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AccountAssignment, paginateListAccountAssignments } from '@aws-sdk/client-sso-admin';
import { readOwnTags } from './access-list.ts';
import { collect } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound, nameOf } from './failure.ts';
import { settle, whenFree } from './patience.ts';
import { waitForPending } from './pending.ts';
import { accountsOf } from './provisioning.ts';
import { inTurn } from './turns.ts';

export const deleteAccess = async (
  instance: Instance,
  arn: string,
  repositoryId: number,
): Promise<'deleted' | 'absent'> => {
  const until = performance.now() + instance.patienceMs;
  if ((await readOwnTags(instance, arn, repositoryId)) === null) return 'absent';
  for (;;) {
    try {
      // A creation that a killed engine left behind would bring the assignment back after we deleted it.
      await waitForPending(instance, arn);
      await deleteAssignments(instance, arn);
      await instance.sso.deletePermissionSet({ InstanceArn: instance.instanceArn, PermissionSetArn: arn });
      return 'deleted';
    } catch (error) {
      // Gone already, or deleted by our own request whose answer was lost.
      if (isNotFound(error)) return 'deleted';
      // An account is busy, or somebody assigned the set anew: both are seen by going through it again.
      if (nameOf(error) !== 'ConflictException' || performance.now() > until) throw error;
      await sleep(instance.pollMs * (0.5 + Math.random()));
    }
  }
};

const deleteAssignments = async (instance: Instance, arn: string): Promise<void> => {
  const accounts = await accountsOf(instance, arn);
  for (const accountId of accounts.items) {
    // One after the other: AWS makes one change at a time in an account.
    for (const assignment of await assignmentsIn(instance, arn, accountId))
      await deleteAssignment(instance, assignment);
  }
};

export const deleteAssignment = async (
  instance: Instance,
  { AccountId, PermissionSetArn, PrincipalId, PrincipalType }: AccountAssignment,
) => {
  if (AccountId === undefined || PermissionSetArn === undefined)
    throw new Error('AWS listed an assignment without account or set.');
  const { sso, instanceArn } = instance;
  const input = {
    InstanceArn: instanceArn,
    PermissionSetArn,
    PrincipalId,
    PrincipalType,
    TargetId: AccountId,
    TargetType: 'AWS_ACCOUNT' as const,
  };
  const what = `the deletion of the assignment of ${PrincipalType} ${PrincipalId} in account ${AccountId}`;
  try {
    const failure = await inTurn(instance, AccountId, async () => {
      const started = await whenFree(instance, () => sso.deleteAccountAssignment(input));
      return await settle(instance, what, started.AccountAssignmentDeletionStatus, async (requestId) => {
        const look = { InstanceArn: instanceArn, AccountAssignmentDeletionRequestId: requestId };
        return (await sso.describeAccountAssignmentDeletionStatus(look)).AccountAssignmentDeletionStatus;
      });
    });
    if (failure === null) return;
    // AWS also reports FAILED for what is no longer there ("404 … Assignment not found", terraform-provider-aws#23585).
    const left = await assignmentsIn(instance, PermissionSetArn, AccountId);
    if (left.some((other) => other.PrincipalId === PrincipalId))
      throw new Error(`AWS could not finish ${what}: ${failure}. The access is still there; it is tried again.`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
};

const assignmentsIn = async (
  { sso, instanceArn }: Instance,
  arn: string,
  accountId: string,
): Promise<readonly AccountAssignment[]> => {
  const input = { InstanceArn: instanceArn, PermissionSetArn: arn, AccountId: accountId };
  return (await collect(paginateListAccountAssignments({ client: sso }, input), (page) => page.AccountAssignments))
    .items;
};
