// A keyed queue: which thing to look at next, never what to do with it; that is read afresh in each run.

/** What a run may ask for: to be run again in so many milliseconds. */
export type Again = { readonly again: number };

/** Looks at one key. It throws when the look failed, and is then run again with back-off. */
export type Handle = (key: string, signal: AbortSignal) => Promise<Again | undefined> | Promise<void>;

/** Keys of one group, and how many of them at most. */
export type Few = { readonly group: string; readonly most: number };

export type QueueOptions = {
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  readonly handle: Handle;
  /**
   * Keys that mostly wait for something with a limit and an order of its own, and so take no place here: with a hundred
   * grants waiting for the engine, an end would not even get to the queue in front of it.
   */
  readonly placeless?: (key: string) => boolean;
  /** Keys of which only so many are worked on at once, whatever places are free; null for all others. */
  readonly few?: (key: string) => Few | null;
  /** Of the keys that are due, the highest goes first; 0 for all by default. */
  readonly priority?: (key: string) => number;
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  /** Told of every failed run; `attempt` counts the failures in a row, from 1. */
  readonly onError: (key: string, error: unknown, attempt: number) => void;
};

export type Queue = {
  /**
   * A run of `key` starts after this call and not before `delayMs` have passed. Calls for one key collapse into one
   * run at the earliest time asked for; a call during a run of the key causes another run after it.
   */
  readonly enqueue: (key: string, delayMs?: number) => void;
  /** Keys that wait or run. */
  readonly size: () => number;
  /** Resolves when nothing runs and nothing is due; what waits for a later time does not count. */
  readonly idle: () => Promise<void>;
  /** Takes no more work, forgets what waits, gives running handlers `graceMs`, then aborts their signal. */
  readonly drain: (graceMs: number) => Promise<void>;
};
