// Which asynchronous assignment requests of a permission set AWS has not finished, and waiting for them.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccountAssignmentOperationStatusMetadata,
  paginateListAccountAssignmentCreationStatus,
  paginateListAccountAssignmentDeletionStatus,
} from '@aws-sdk/client-sso-admin';
import { collect } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import type { Evidence } from './port.ts';

export type PendingRequest = { readonly kind: 'creation' | 'deletion'; readonly requestId: string };
export type Pending = { readonly requests: readonly PendingRequest[]; readonly evidence: readonly Evidence[] };

/** The lists do not say which set a request is about (the service model): each is described. At most 10 are outstanding. */
export const pendingRequests = async (instance: Instance, arn: string, signal?: AbortSignal): Promise<Pending> => {
  const { sso, instanceArn } = instance;
  const config = { client: sso };
  const filter = { InstanceArn: instanceArn, Filter: { Status: 'IN_PROGRESS' as const } };
  const options = signal === undefined ? {} : { abortSignal: signal };
  const creations = await collect(
    paginateListAccountAssignmentCreationStatus(config, filter, options),
    (page) => page.AccountAssignmentsCreationStatus,
  );
  const deletions = await collect(
    paginateListAccountAssignmentDeletionStatus(config, filter, options),
    (page) => page.AccountAssignmentsDeletionStatus,
  );
  const requests: PendingRequest[] = [];
  for (const { kind, requestId } of [...named('creation', creations.items), ...named('deletion', deletions.items)]) {
    const status = await describe(instance, { kind, requestId });
    if (status?.Status === 'IN_PROGRESS' && status.PermissionSetArn === arn) requests.push({ kind, requestId });
  }
  return { requests, evidence: [...creations.evidence, ...deletions.evidence] };
};

/** Answers whether there was anything to wait for. */
export const waitForPending = async (instance: Instance, arn: string): Promise<boolean> => {
  const until = performance.now() + instance.patienceMs;
  for (let looks = 0; ; looks += 1) {
    const { requests } = await pendingRequests(instance, arn);
    const first = requests[0];
    if (first === undefined) return looks > 0;
    if (performance.now() > until)
      throw new Error(
        `AWS has not finished the assignment ${first.kind} ${first.requestId} of ${arn}; it is tried again.`,
      );
    await sleep(instance.pollMs);
  }
};

const describe = async ({ sso, instanceArn }: Instance, request: PendingRequest) => {
  try {
    if (request.kind === 'creation') {
      const input = { InstanceArn: instanceArn, AccountAssignmentCreationRequestId: request.requestId };
      return (await sso.describeAccountAssignmentCreationStatus(input)).AccountAssignmentCreationStatus;
    }
    const input = { InstanceArn: instanceArn, AccountAssignmentDeletionRequestId: request.requestId };
    return (await sso.describeAccountAssignmentDeletionStatus(input)).AccountAssignmentDeletionStatus;
  } catch (error) {
    // Forgotten between the list and this look: AWS keeps requests in progress, so it is not one any more.
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

const named = (
  kind: PendingRequest['kind'],
  items: readonly AccountAssignmentOperationStatusMetadata[],
): readonly PendingRequest[] =>
  items.flatMap(({ RequestId }) => (RequestId === undefined ? [] : [{ kind, requestId: RequestId }]));
