// Which asynchronous assignment requests of a permission set AWS has not finished, and waiting for them.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AccountAssignmentOperationStatusMetadata,
  paginateListAccountAssignmentCreationStatus,
  paginateListAccountAssignmentDeletionStatus,
} from '@aws-sdk/client-sso-admin';
import { sharedReading } from '../core/shared-reading.ts';
import { collect } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import { inShare } from './limiter.ts';
import { perInstance } from './per-instance.ts';
import type { Evidence } from './port.ts';

export type PendingRequest = { readonly kind: 'creation' | 'deletion'; readonly requestId: string };
export type Pending = { readonly requests: readonly PendingRequest[]; readonly evidence: readonly Evidence[] };

/**
 * The lists do not say which set a request is about (the service model): each is described, once, as a request never
 * changes its set. A hundred proofs at once share the lists that begin after they asked, and do not read ten requests of
 * others each time: that was most of what ends waited for.
 */
export const pendingRequests = async (instance: Instance, arn: string): Promise<Pending> => {
  const { requests: listed, evidence } = await memoryOf(instance).list();
  const requests: PendingRequest[] = [];
  for (const request of listed) if (await isPendingFor(instance, arn, request)) requests.push(request);
  return { requests, evidence };
};

const isPendingFor = async (instance: Instance, arn: string, request: PendingRequest): Promise<boolean> => {
  const { setOf } = memoryOf(instance);
  const known = setOf.get(request.requestId);
  if (known !== undefined && known !== arn) return false;
  const status = await describe(instance, request);
  if (status?.PermissionSetArn !== undefined) {
    setOf.delete(request.requestId);
    setOf.set(request.requestId, status.PermissionSetArn);
    const oldest = setOf.keys().next();
    if (setOf.size > MOST_REMEMBERED && oldest.done !== true) setOf.delete(oldest.value);
  }
  return status?.Status === 'IN_PROGRESS' && status.PermissionSetArn === arn;
};

const MOST_REMEMBERED = 1_000;

type Shared = {
  /** Request id → permission set. */
  readonly setOf: Map<string, string>;
  /** A listing that begins after the call. */
  readonly list: () => Promise<Pending>;
};

const memoryOf = perInstance(
  (instance): Shared => ({
    setOf: new Map(),
    list: sharedReading(() => inShare('pending', () => listInProgress(instance))),
  }),
);

const listInProgress = async ({ sso, instanceArn }: Instance): Promise<Pending> => {
  const config = { client: sso };
  const filter = { InstanceArn: instanceArn, Filter: { Status: 'IN_PROGRESS' as const } };
  const creations = await collect(
    paginateListAccountAssignmentCreationStatus(config, filter),
    (page) => page.AccountAssignmentsCreationStatus,
  );
  const deletions = await collect(
    paginateListAccountAssignmentDeletionStatus(config, filter),
    (page) => page.AccountAssignmentsDeletionStatus,
  );
  return {
    requests: [...named('creation', creations.items), ...named('deletion', deletions.items)],
    evidence: [...creations.evidence, ...deletions.evidence],
  };
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
