// Virtual time: timers fire in order as fast as they can, and every clock that the app reads shows the time they fire at.
import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';

type Timer = { readonly at: number; readonly sequence: number; readonly run: () => void; cancelled: boolean };

export type Clock = {
  /** Milliseconds since the epoch: the true time, by which AWS and GitHub go. */
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => () => void;
  /** Fires whatever is due until then; `onStep` after each timer and all that follows from it. */
  readonly advance: (ms: number, onStep: () => void) => Promise<void>;
  /** Milliseconds by which this machine's clock differs from the true time. */
  skewMs: number;
  /** What is under way in other processes, for which time stands still: null, or the next that is heard of it. */
  elsewhere: () => Promise<void> | null;
  /** All that waits, of whatever process. */
  readonly uninstall: () => void;
};

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  dateNow: Date.now,
  random: Math.random,
  sleep: promises.setTimeout,
};

/** In the time that the processes of this machine share. */
export const realTime = { after: real.setTimeout, cancel: real.clearTimeout };

/** Between two timers everything that hangs on promises alone runs out: that is what an immediate waits for. */
const drained = () => new Promise<void>((resolve) => real.setImmediate(resolve));

export function installClock(startMs: number, random: () => number): Clock {
  const timers: Timer[] = [];
  let now = startMs;
  let sequence = 0;
  const after = (ms: number, run: () => void): (() => void) => {
    const timer: Timer = { at: now + Math.max(0, ms), sequence: sequence++, run, cancelled: false };
    insert(timers, timer);
    return () => {
      timer.cancelled = true;
    };
  };
  const settled = async () => {
    await drained();
    for (let busy = clock.elsewhere(); busy !== null; busy = clock.elsewhere()) {
      await busy;
      await drained();
    }
  };
  const clock: Clock = {
    now: () => now,
    after,
    skewMs: 0,
    elsewhere: () => null,
    advance: async (ms, onStep) => {
      const until = now + ms;
      await settled();
      onStep();
      for (let next = timers[0]; next !== undefined && next.at <= until; next = timers[0]) {
        timers.shift();
        if (next.cancelled) continue;
        now = Math.max(now, next.at);
        next.run();
        await settled();
        onStep();
      }
      now = until;
    },
    uninstall: () => {
      timers.length = 0;
      restore();
    },
  };
  replace(clock, random, startMs);
  return clock;
}

/** What is due first stands first; of two that are due at once, the older one. */
function insert(timers: Timer[], timer: Timer): void {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timers[middle]?.at ?? 0) <= timer.at) low = middle + 1;
    else high = middle;
  }
  timers.splice(low, 0, timer);
}

function replace(clock: Clock, random: () => number, startMs: number): void {
  const timeout = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const cancel = clock.after(ms, () => run(...args));
    const handle = { cancel, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };
  const clear = (handle: unknown) => {
    if (typeof handle === 'object' && handle !== null && 'cancel' in handle && typeof handle.cancel === 'function')
      handle.cancel();
    else if (handle !== undefined) real.clearTimeout(handle as NodeJS.Timeout);
  };
  Object.assign(globalThis, { setTimeout: timeout, clearTimeout: clear });
  Date.now = () => clock.now() + clock.skewMs;
  Math.random = random;
  // Monotonic: no skew of the machine's clock moves it.
  Object.defineProperty(performance, 'now', { value: () => clock.now() - startMs, configurable: true });
  Object.assign(promises, { setTimeout: sleepOn(clock) });
  syncBuiltinESMExports();
}

function sleepOn(clock: Clock) {
  return <T>(ms = 0, value?: T, options: { readonly signal?: AbortSignal } = {}): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      const stop = () => reject(signal?.reason ?? new Error('aborted'));
      if (signal?.aborted) return stop();
      const cancel = clock.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      });
      const onAbort = () => {
        cancel();
        stop();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
}

function restore(): void {
  Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
  Date.now = real.dateNow;
  Math.random = real.random;
  Reflect.deleteProperty(performance, 'now');
  Object.assign(promises, { setTimeout: real.sleep });
  syncBuiltinESMExports();
}
