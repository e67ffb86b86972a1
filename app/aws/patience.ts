// Waiting for AWS's asynchronous work: polling a request of ours, and trying again while an account is busy.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from './client.ts';
import { nameOf } from './failure.ts';

export type Status = {
  readonly Status?: string | undefined;
  readonly RequestId?: string | undefined;
  readonly FailureReason?: string | undefined;
};

/** Polls one asynchronous request of ours until AWS has finished it; answers the failure's reason, or null for success. */
export const settle = async (
  instance: Instance,
  what: string,
  started: Status | undefined,
  look: (requestId: string) => Promise<Status | undefined>,
): Promise<string | null> => {
  const until = performance.now() + instance.patienceMs;
  let status = started;
  while (status?.Status === 'IN_PROGRESS' && status.RequestId !== undefined) {
    if (performance.now() > until)
      throw new Error(`AWS has not finished ${what} (${status.RequestId}); it is tried again.`);
    await sleep(instance.pollMs);
    status = { RequestId: status.RequestId, ...(await look(status.RequestId)) };
  }
  if (status?.Status === 'SUCCEEDED') return null;
  return status?.FailureReason ?? `AWS gave no reason (status ${status?.Status ?? 'missing'})`;
};

/**
 * AWS makes one change at a time per account and answers ConflictException to the others; another grant's may take a minute.
 * The jitter keeps several operations on one account from meeting again and again.
 */
export const whenFree = async <T>(instance: Instance, change: () => Promise<T>): Promise<T> => {
  const until = performance.now() + instance.patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (nameOf(error) !== 'ConflictException' || performance.now() > until) throw error;
      await sleep(instance.pollMs * Math.min(2 ** attempt, 8) * (0.5 + Math.random()));
    }
  }
};
