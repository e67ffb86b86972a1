// Holds our own calls to AWS below the rates that leave Identity Center's 20 a second to the engine's plugins.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the right to make one call. */
export type Lane = () => Promise<void>;

/**
 * `urgent` is for ends of grants alone, and has a bucket of its own: an end must not queue behind a minute of proofs, since
 * the person whom it stops may be an attacker. `sweep` has a slower one in front of the ordinary.
 */
export type Limiter = { readonly urgent: Lane; readonly ordinary: Lane; readonly sweep: Lane };

export type Rates = {
  readonly urgentPerSecond: number;
  readonly ownPerSecond: number;
  readonly sweepPerSecond: number;
};

const shares = new AsyncLocalStorage<string>();

/**
 * Of the calls that wait in one lane, each share has its turn: a hundred ends in one account must not hold up the one in
 * another.
 */
export const inShare = <T>(share: string, run: () => Promise<T>): Promise<T> => shares.run(share, run);

/** In a compromise the plugins have 7 of the 20 left, which is what eight removals at once need. */
const RATES: Rates = { urgentPerSecond: 8, ownPerSecond: 5, sweepPerSecond: 2 };

export const createLimiter = (rates: Partial<Rates> = {}): Limiter => {
  const { urgentPerSecond, ownPerSecond, sweepPerSecond } = { ...RATES, ...rates };
  const urgent = createBucket(urgentPerSecond);
  const own = createBucket(ownPerSecond);
  const sweep = createBucket(sweepPerSecond);
  return {
    urgent: urgent.take,
    ordinary: own.take,
    sweep: async () => {
      await sweep.take();
      await own.take();
    },
  };
};

type Bucket = { readonly take: Lane };

// A burst of one second's worth, then one token every 1/perSecond; the shares in turn, the waiters of each in order.
const createBucket = (perSecond: number): Bucket => {
  const waiting = new Map<string, (() => void)[]>();
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let refilledAt = performance.now();
  let serving = false;

  const token = async (): Promise<void> => {
    for (;;) {
      const now = performance.now();
      tokens = Math.min(capacity, tokens + ((now - refilledAt) * perSecond) / 1000);
      refilledAt = now;
      if (tokens >= 1) break;
      await sleep(Math.ceil(((1 - tokens) * 1000) / perSecond));
    }
    tokens -= 1;
  };

  const serve = async (): Promise<void> => {
    serving = true;
    // What is put back comes round again: a map's order is that of its insertions.
    for (const [share, waiters] of waiting) {
      await token();
      waiting.delete(share);
      waiters.shift()?.();
      if (waiters.length > 0) waiting.set(share, waiters);
    }
    serving = false;
  };

  return {
    take: () =>
      new Promise((resolve) => {
        const share = shares.getStore() ?? '';
        const waiters = waiting.get(share);
        if (waiters === undefined) waiting.set(share, [resolve]);
        else waiters.push(resolve);
        if (!serving) void serve();
      }),
  };
};
