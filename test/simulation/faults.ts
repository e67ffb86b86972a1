// Every call of every port is a fault point, found by calling it: one registry of what was declared, and what was hit.
import type { Clock } from './clock.ts';

export const FAULTS = ['error', 'error-after', 'time-out', 'stale', 'crash-before', 'crash-after'] as const;
export type FaultKind = (typeof FAULTS)[number];

export type Armed = {
  /** Null: whatever is called. */
  readonly point: string | null;
  /** Calls of it still to come before this one, counted down. */
  after: number;
  readonly kind: FaultKind;
};

/** Over all worlds: a verb that a port gains is declared by its port, and missed if no life calls it. */
export const registry = { declared: new Set<string>(), hit: new Set<string>() };

/** Read from what the process itself holds: nothing outside is asked, so nothing can fail. */
const OWN_MEMORY = ['github.now', 'github.budget', 'aws.clockDifferenceMs', 'mirror.fetchedAgoMs'];
/** What changes something; an answer of these is never an old one. */
const WRITES =
  /^(github\.(set|create|update|delete|react|merge|close|open(Pull)$)|aws\.(deny|remove|correct)|engine\.(grant|end|close)|(sdk|provider)\.(?!describe|listSets)|disk\.)/;
const WITHOUT_WAITING = /^disk\./;

const reads = new Map<string, boolean>();

/** Asked at every call, so each point is matched once. */
export function isRead(point: string): boolean {
  const known = reads.get(point) ?? !WRITES.test(point);
  reads.set(point, known);
  return known;
}

/** How long a call that is never answered takes until its caller gives up: the engine's operations have a hard limit. */
export function patienceMs(point: string): number {
  if (/^(provider\.|engine\.(grant|end)$)/.test(point)) return 600_000;
  return point.startsWith('engine.') ? 60_000 : 30_000;
}

/** A copy of the data that lags behind does not lag for longer. */
const STALEST_MS = 60_000;

/** What a port answers where its contract says that it never throws. */
const ANSWERS: Readonly<Record<string, (reason: string) => unknown>> = {
  'github.merge': (message) => ({ kind: 'uncertain', message }),
  'github.membership': () => 'unknown',
  'aws.proveGranted': (reason) => ({ kind: 'not-proven', reason }),
  'aws.proveRemoved': (reason) => ({ kind: 'not-proven', reason }),
  'aws.userExists': () => 'unknown',
  'engine.grant': (reason) => ({ kind: 'failed', reason, interrupted: true }),
  'engine.end': (reason) => ({ kind: 'failed', reason, interrupted: true }),
};

/** One process as its ports see it. */
export type Life = {
  dead: boolean;
  readonly crash: () => void;
  /** Before each call, in milliseconds: mostly none. */
  readonly latency: (point: string) => number;
  readonly clock: Clock;
  readonly armed: Armed[];
  readonly onFault: (point: string, kind: FaultKind) => void;
  readonly onCall: (point: string) => void;
  readonly answers: Map<string, { readonly at: number; readonly value: unknown }>;
};

export class Crashed extends Error {}

/** A dead process gets no answer any more: whatever it was about to do next, it does not do. */
const never = () => new Promise<never>(() => {});

export function withFaults<T extends object>(life: Life, name: string, port: T): T {
  const wrapped = new Map<string, unknown>();
  for (const [verb, value] of Object.entries(port)) {
    const point = `${name}.${verb}`;
    if (typeof value !== 'function' || OWN_MEMORY.includes(point)) continue;
    registry.declared.add(point);
    const run = (args: readonly unknown[]): unknown => Reflect.apply(value, port, args);
    const withoutWaiting = WITHOUT_WAITING.test(point);
    wrapped.set(verb, (...args: unknown[]) =>
      withoutWaiting ? callNow(life, point, () => run(args)) : call(life, point, args, async () => await run(args)),
    );
  }
  return new Proxy(port, {
    get: (target, key) => (typeof key === 'string' ? (wrapped.get(key) ?? Reflect.get(target, key)) : undefined),
  });
}

function next({ armed, onCall, onFault }: Life, point: string): FaultKind | null {
  registry.hit.add(point);
  onCall(point);
  let kind: FaultKind | null = null;
  for (const one of [...armed]) {
    if (one.point !== null && one.point !== point) continue;
    if (one.after > 0) one.after -= 1;
    else if (kind === null) {
      kind = one.kind;
      armed.splice(armed.indexOf(one), 1);
    }
  }
  if (kind !== null) onFault(point, kind);
  return kind;
}

function callNow(life: Life, point: string, run: () => unknown): unknown {
  if (life.dead) throw new Crashed('the process is gone');
  const kind = next(life, point);
  const crash = (): never => {
    life.crash();
    throw new Crashed('the process is gone');
  };
  if (kind === 'crash-before') crash();
  if (kind === 'error') throw new Error(`EIO: ${point}`);
  const value = run();
  if (kind === 'crash-after') crash();
  if (kind === 'error-after') throw new Error(`EIO: ${point}`);
  return value;
}

async function call(life: Life, point: string, args: readonly unknown[], run: () => Promise<unknown>) {
  if (life.dead) return await never();
  const kind = next(life, point);
  const wait = life.latency(point);
  if (wait > 0) await sleep(life, wait);
  if (kind === 'crash-before') life.crash();
  if (life.dead) return await never();
  if (kind === 'error') return failed(point, 'an error before anything was done');
  if (kind === 'time-out') {
    await sleep(life, patienceMs(point));
    return failed(point, 'no answer in time');
  }
  // Of a read only: nothing else is ever answered from what was so before.
  const key = isRead(point) ? `${point} ${args.map(nameOf).join(' ')}` : null;
  const before = key === null ? undefined : life.answers.get(key);
  if (kind === 'stale' && before !== undefined && life.clock.now() - before.at < STALEST_MS) return before.value;
  const value = await run();
  if (kind === 'crash-after') life.crash();
  if (life.dead) return await never();
  if (kind === 'error-after') return failed(point, 'an error after all was done');
  if (key !== null) life.answers.set(key, { at: life.clock.now(), value });
  return value;
}

function nameOf(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null) return arg;
  return 'id' in arg ? arg.id : JSON.stringify(arg);
}

async function sleep(life: Life, ms: number): Promise<void> {
  await new Promise<void>((resolve) => life.clock.after(ms, resolve));
  if (life.dead) await never();
}

function failed(point: string, reason: string): unknown {
  const answer = ANSWERS[point];
  if (answer !== undefined) return answer(reason);
  throw new Error(`${point}: ${reason}`);
}
