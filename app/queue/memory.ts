// The keyed queue in the memory of one process: nothing is lost with it, since a start looks at everything again.
import type { Again, Queue, QueueOptions } from './queue.ts';

/** `due` is null while nothing more than the current run is asked for. Times are of the monotonic clock. */
type Entry = { due: number | null; enqueued: number; running: boolean; failures: number };

type State = {
  readonly options: QueueOptions;
  readonly entries: Map<string, Entry>;
  readonly stop: AbortController;
  readonly waiters: Set<() => void>;
  running: number;
  /** Of those, how many count against the concurrency. */
  placed: number;
  /** Group of `few` → how many of it run. */
  readonly groups: Map<string, number>;
  sequence: number;
  draining: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** When it is next looked for what is due. */
  wakes: number;
};

/** Handlers that obey the abort need a moment to do so; those that ignore it must not hold up the shutdown. */
const ABORTED_MS = 1_000;
/** setTimeout fires at once beyond 2^31-1 ms, so a far deadline is slept towards in steps. */
const LONGEST_SLEEP_MS = 3_600_000;

export const createMemoryQueue = (options: QueueOptions): Queue => {
  const state: State = {
    options,
    entries: new Map(),
    stop: new AbortController(),
    waiters: new Set(),
    running: 0,
    placed: 0,
    groups: new Map(),
    sequence: 0,
    draining: undefined,
    timer: undefined,
    wakes: Number.POSITIVE_INFINITY,
  };
  return {
    enqueue: (key, delayMs = 0) => enqueue(state, key, delayMs),
    size: () => state.entries.size,
    idle: () => until(state, () => state.running === 0 && !anyDue(state)),
    drain: (graceMs) => {
      state.draining ??= drain(state, graceMs);
      return state.draining;
    },
  };
};

const enqueue = (state: State, key: string, delayMs: number): void => {
  if (state.draining !== undefined) return;
  const entry = state.entries.get(key) ?? { due: null, enqueued: state.sequence++, running: false, failures: 0 };
  state.entries.set(key, entry);
  entry.due = Math.min(entry.due ?? Number.POSITIVE_INFINITY, performance.now() + Math.max(0, delayMs));
  // What comes no earlier than the next look needs none of its own: a pass enqueues hundreds.
  if (entry.due < state.wakes) wakeUp(state);
};

/** Sleeps until the earliest due key; a run never starts inside `enqueue`, whose caller may hold half-made state. */
const wakeUp = (state: State): void => {
  clearTimeout(state.timer);
  state.timer = undefined;
  state.wakes = Number.POSITIVE_INFINITY;
  if (state.draining !== undefined) return;
  let earliest = Number.POSITIVE_INFINITY;
  for (const [key, entry] of state.entries) {
    if (!entry.running && entry.due !== null && mayStart(state, key)) earliest = Math.min(earliest, entry.due);
  }
  if (earliest === Number.POSITIVE_INFINITY) return;
  // Rounded up: a timer that fires a fraction of a millisecond early would find nothing due and spin.
  const sleep = Math.ceil(Math.max(0, earliest - performance.now()));
  state.wakes = Math.min(earliest, performance.now() + LONGEST_SLEEP_MS);
  state.timer = setTimeout(() => dispatch(state), Math.min(sleep, LONGEST_SLEEP_MS));
};

const dispatch = (state: State): void => {
  for (const [key, entry] of dueEntries(state)) if (mayStart(state, key)) void run(state, key, entry);
  wakeUp(state);
};

const mayStart = (state: State, key: string): boolean => {
  const few = state.options.few?.(key) ?? null;
  if (few !== null && (state.groups.get(few.group) ?? 0) >= few.most) return false;
  return !takesPlace(state, key) || state.placed < state.options.concurrency;
};

const takesPlace = ({ options }: State, key: string): boolean => options.placeless?.(key) !== true;

const dueEntries = (state: State): readonly (readonly [string, Entry])[] => {
  const now = performance.now();
  const priority = state.options.priority ?? (() => 0);
  return [...state.entries]
    .filter(([, entry]) => !entry.running && entry.due !== null && entry.due <= now)
    .map(([key, entry]) => ({ key, entry, priority: priority(key) }))
    .sort((a, b) => b.priority - a.priority || a.entry.enqueued - b.entry.enqueued)
    .map(({ key, entry }) => [key, entry] as const);
};

const run = async (state: State, key: string, entry: Entry): Promise<void> => {
  entry.running = true;
  entry.due = null;
  state.running += 1;
  const place = takesPlace(state, key) ? 1 : 0;
  state.placed += place;
  const group = state.options.few?.(key)?.group;
  count(state.groups, group, 1);
  let next: number | null;
  try {
    next = laterOf((await state.options.handle(key, state.stop.signal)) ?? undefined);
    entry.failures = 0;
  } catch (error) {
    entry.failures += 1;
    next = performance.now() + backOff(state.options.retry, entry.failures);
    tell(state, key, error, entry.failures);
  }
  state.placed -= place;
  count(state.groups, group, -1);
  finish(state, key, entry, next);
};

const count = (groups: Map<string, number>, group: string | undefined, change: number): void => {
  if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) + change);
};

const finish = (state: State, key: string, entry: Entry, next: number | null): void => {
  entry.running = false;
  state.running -= 1;
  if (next !== null) entry.due = Math.min(entry.due ?? next, next);
  entry.enqueued = state.sequence++;
  if (entry.due === null || state.draining !== undefined) state.entries.delete(key);
  wakeUp(state);
  for (const waiter of [...state.waiters]) waiter();
};

const laterOf = (answer: Again | undefined): number | null =>
  answer === undefined ? null : performance.now() + Math.max(0, answer.again);

/** Half of it is random, so that keys that failed together do not come back together. */
const backOff = (retry: QueueOptions['retry'], failures: number): number =>
  Math.min(retry.maxMs, retry.firstMs * 2 ** Math.min(failures - 1, 40)) * (0.5 + Math.random() / 2);

/** An error in the telling must not stop the queue. */
const tell = (state: State, key: string, error: unknown, attempt: number): void => {
  try {
    state.options.onError(key, error, attempt);
  } catch (second) {
    console.error('the error handler of the queue failed', key, second, error);
  }
};

const anyDue = (state: State): boolean => {
  const now = performance.now();
  return [...state.entries.values()].some((entry) => entry.due !== null && entry.due <= now);
};

/** Looked at again after each run: only the end of one can make it true. */
const until = (state: State, quiet: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!quiet()) return;
      state.waiters.delete(look);
      resolve();
    };
    state.waiters.add(look);
    look();
  });

const drain = async (state: State, graceMs: number): Promise<void> => {
  clearTimeout(state.timer);
  for (const [key, entry] of state.entries) {
    entry.due = null;
    if (!entry.running) state.entries.delete(key);
  }
  for (const waiter of [...state.waiters]) waiter();
  await within(graceMs, stopped(state));
  if (state.running === 0) return;
  state.stop.abort(new Error('the queue is being drained'));
  await within(ABORTED_MS, stopped(state));
};

const stopped = (state: State): Promise<void> => until(state, () => state.running === 0);

const within = async (ms: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
};
