// One change of ours at a time in an account: AWS refuses the others, and each refusal costs a call that another end needs.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from './client.ts';
import { inShare } from './limiter.ts';
import { perInstance } from './per-instance.ts';

/** By lane: an end does not wait for what has no hurry, AWS decides between them. */
const accountsOf = perInstance(() => new Map<string, Promise<unknown>>());

/**
 * Waits without a call, first come, first served; the waiting is not counted as patience. What does not come to its end
 * lets the next one try after a fifth of the patience.
 */
export const inTurn = <T>(instance: Instance, accountId: string, change: () => Promise<T>): Promise<T> => {
  const last = accountsOf(instance);
  const before = last.get(accountId) ?? Promise.resolve();
  // A share of its own in the lane: what is being changed now goes before what is only being prepared.
  const made = before.then(() => inShare(`changes in ${accountId}`, change));
  const free = before.then(() => endedWithin(instance.patienceMs / 5, made));
  last.set(accountId, free);
  void free.then(() => {
    if (last.get(accountId) === free) last.delete(accountId);
  });
  return made;
};

const endedWithin = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const stop = new AbortController();
  const late = sleep(ms, undefined, { signal: stop.signal });
  await Promise.race([work, late]).catch(() => {});
  stop.abort();
  await late.catch(() => {});
};
