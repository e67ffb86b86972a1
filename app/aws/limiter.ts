// Holds our own calls to AWS below the rates that leave Identity Center's 20 a second to the engine's plugins.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the right to make one call. */
export type Lane = () => Promise<void>;

/**
 * `urgent` has a bucket of its own: an early end must not queue behind a minute of proofs, since the person whom it stops
 * may be an attacker. `sweep` has a slower one in front of the ordinary.
 */
export type Limiter = { readonly urgent: Lane; readonly ordinary: Lane; readonly sweep: Lane };

export type Rates = {
  readonly urgentPerSecond: number;
  readonly ownPerSecond: number;
  readonly sweepPerSecond: number;
};

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

// A burst of one second's worth, then one token every 1/perSecond; waiters are served in order.
const createBucket = (perSecond: number): Bucket => {
  const waiting: (() => void)[] = [];
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let refilledAt = performance.now();
  let serving = false;

  const serve = async (): Promise<void> => {
    serving = true;
    while (waiting.length > 0) {
      const now = performance.now();
      tokens = Math.min(capacity, tokens + ((now - refilledAt) * perSecond) / 1000);
      refilledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        waiting.shift()?.();
      } else {
        await sleep(Math.ceil(((1 - tokens) * 1000) / perSecond));
      }
    }
    serving = false;
  };

  return {
    take: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (!serving) void serve();
      }),
  };
};
