// Holds our own calls to AWS below the rates that leave Identity Center's 20 a second to the engine's plugins.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the right to make one call. */
export type Lane = () => Promise<void>;

/** All lanes draw on one bucket: `urgent` is served first, `sweep` has a slower bucket of its own in front. */
export type Limiter = { readonly urgent: Lane; readonly ordinary: Lane; readonly sweep: Lane };

export type Rates = { readonly ownPerSecond: number; readonly sweepPerSecond: number };

export const createLimiter = (rates: Rates = { ownPerSecond: 5, sweepPerSecond: 2 }): Limiter => {
  const own = createBucket(rates.ownPerSecond);
  const sweep = createBucket(rates.sweepPerSecond);
  return {
    // An early end must not queue behind a minute of proofs: the person it stops may be an attacker.
    urgent: () => own.take(true),
    ordinary: () => own.take(false),
    sweep: async () => {
      await sweep.take(false);
      await own.take(false);
    },
  };
};

type Bucket = { readonly take: (first: boolean) => Promise<void> };

// A burst of one second's worth, then one token every 1/perSecond; waiters are served in order, urgent ones before the rest.
const createBucket = (perSecond: number): Bucket => {
  const urgent: (() => void)[] = [];
  const ordinary: (() => void)[] = [];
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let refilledAt = performance.now();
  let serving = false;

  const serve = async (): Promise<void> => {
    serving = true;
    while (urgent.length + ordinary.length > 0) {
      const now = performance.now();
      tokens = Math.min(capacity, tokens + ((now - refilledAt) * perSecond) / 1000);
      refilledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        (urgent.shift() ?? ordinary.shift())?.();
      } else {
        await sleep(Math.ceil(((1 - tokens) * 1000) / perSecond));
      }
    }
    serving = false;
  };

  return {
    take: (first) =>
      new Promise((resolve) => {
        (first ? urgent : ordinary).push(resolve);
        if (!serving) void serve();
      }),
  };
};
