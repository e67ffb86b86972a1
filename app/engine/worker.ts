// One forked child and its one operation: started, watched, and if need be killed with all that it started.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineProgress } from './engine.ts';
import type { ChildOutcome, ChildSettings, FromChild, OperationRequest, ToChild } from './messages.ts';
import { OPERATION_MARK, SUPERVISOR_MARK } from './messages.ts';
import { eradicate, killOperation, memoryOf, processesOf, remain, startOf } from './process-tree.ts';

export type WorkerLimits = {
  readonly hardLimitMs: number;
  readonly maxMemoryMb: number;
  /** How long each step of the kill ladder waits: after the abort, after SIGTERM. */
  readonly abortMs: number;
  readonly terminateMs: number;
};

export type Worker = {
  readonly operation: string;
  readonly run: (request: OperationRequest, watch: Watch) => Promise<ChildOutcome>;
  readonly isUsable: () => boolean;
  /** Ends a worker that was never used. */
  readonly discard: () => void;
};

export type Watch = {
  readonly limits: WorkerLimits;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EngineProgress) => void;
  readonly proof: Promise<string | null>;
};

export type WorkerFork = {
  readonly childModule: string;
  readonly settings: ChildSettings;
  readonly env: Readonly<Record<string, string>>;
};

const MEMORY_POLL_MS = 2_000;
const STDERR_KEPT = 2_000;

/** Forks a child that loads the engine and waits for its operation. */
export function forkWorker({ childModule, settings, env }: WorkerFork): Worker {
  const operation = randomUUID();
  const supervisor = `${process.pid}-${startOf(process.pid) ?? ''}`;
  const child = fork(childModule, [], {
    env: { ...env, [OPERATION_MARK]: operation, [SUPERVISOR_MARK]: supervisor },
    // Its own session: Ctrl-C on the app's terminal must not reach an engine that the app is still draining.
    detached: true,
    execArgv: ['--max-old-space-size=512', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const errors = tail(child);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  send(child, { kind: 'prepare', settings });
  unref(child);
  return {
    operation,
    isUsable: () => child.connected && child.exitCode === null && child.signalCode === null,
    discard: () => {
      // It waits and holds nothing: it need not be asked.
      child.kill('SIGKILL');
    },
    run: (request, watch) => {
      ref(child);
      return runOn({ child, operation, exited, errors }, request, watch);
    },
  };
}

type Running = {
  readonly child: ChildProcess;
  readonly operation: string;
  readonly exited: Promise<void>;
  readonly errors: () => string;
};

type Stop = 'time' | 'memory' | 'signal';

async function runOn(running: Running, request: OperationRequest, watch: Watch): Promise<ChildOutcome> {
  let outcome: ChildOutcome | undefined;
  running.child.on('message', (message: FromChild) => {
    if (message.kind === 'progress') watch.onProgress(message.progress);
    else outcome = message.outcome;
  });
  send(running.child, { kind: 'start', request });
  void watch.proof.then(
    (proof) => send(running.child, { kind: 'proof', proof }),
    () => send(running.child, { kind: 'proof', proof: null }),
  );
  const over = new AbortController();
  const stopped = await Promise.race([
    running.exited.then(() => null),
    stopReason(running.operation, watch, over.signal),
  ]);
  over.abort();
  const gone =
    stopped === null ? await leftNothing(running.operation) : await killLadder(running, stopped, watch.limits);
  if (outcome?.kind === 'done' || outcome?.kind === 'refused') return outcome;
  return failure({ outcome, stopped, gone, errors: running.errors() }, watch.limits);
}

/** Resolves when the operation has to be stopped. */
async function stopReason(operation: string, watch: Watch, over: AbortSignal): Promise<Stop> {
  const { hardLimitMs, maxMemoryMb } = watch.limits;
  const never = new Promise<never>(() => undefined);
  const time = sleep(hardLimitMs, 'time' as const, { signal: over }).catch(() => never);
  const asked = new Promise<Stop>((resolve) => {
    if (watch.signal.aborted) resolve('signal');
    watch.signal.addEventListener('abort', () => resolve('signal'), { once: true, signal: over });
  });
  const memory = (async (): Promise<Stop> => {
    for (;;) {
      await sleep(MEMORY_POLL_MS, undefined, { signal: over }).catch(() => never);
      if ((memoryOf(operation) ?? 0) > maxMemoryMb) return 'memory';
    }
  })();
  return Promise.race([time, asked, memory]);
}

/** abort → SIGTERM → SIGKILL, each to every process that carries the operation's mark, until none is left. */
async function killLadder(running: Running, stopped: Stop, limits: WorkerLimits): Promise<boolean> {
  const { child, operation } = running;
  // A process that eats the machine's memory gets no time to be polite.
  if (stopped !== 'memory') {
    send(child, { kind: 'abort' });
    if (await vanished(operation, limits.abortMs)) return true;
    killOperation(operation, 'SIGTERM');
    if (await vanished(operation, limits.terminateMs)) return true;
  }
  return eradicate(operation);
}

async function leftNothing(operation: string): Promise<boolean> {
  // Plugins end a moment after the engine that started them.
  return (await vanished(operation, 2_000)) || eradicate(operation);
}

async function vanished(operation: string, withinMs: number): Promise<boolean> {
  const limit = Date.now() + withinMs;
  for (;;) {
    const left = processesOf(operation);
    if (left.length === 0) return true;
    do {
      if (Date.now() >= limit) return processesOf(operation).length === 0;
      await sleep(20);
    } while (remain(operation, left));
  }
}

type Ending = {
  readonly outcome: ChildOutcome | undefined;
  readonly stopped: Stop | null;
  readonly gone: boolean;
  readonly errors: string;
};

function failure({ outcome, stopped, gone, errors }: Ending, limits: WorkerLimits): ChildOutcome {
  const rest = gone ? '' : '; some of its processes could not be killed';
  const failed = (reason: string): ChildOutcome => ({ kind: 'failed', reason: reason + rest, interrupted: true });
  switch (stopped) {
    case 'time':
      return failed(`the operation took longer than ${Math.round(limits.hardLimitMs / 1000)} s and was stopped`);
    case 'memory':
      return failed(`the operation used more than ${limits.maxMemoryMb} MiB of memory and was stopped`);
    case 'signal':
      return failed('the operation was stopped');
    case null:
      return outcome ?? failed(`the engine's process ended without an answer${errors === '' ? '' : `: ${errors}`}`);
  }
}

/** The last line that a dying child wrote: a crash is explained there or nowhere. */
function tail(child: ChildProcess): () => string {
  let kept = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT);
  });
  return () => kept.match(/^\w*Error: .*$/m)?.[0].slice(0, 300) ?? '';
}

function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => undefined);
}

/** A child that waits must not keep the app alive. */
function unref(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  if (child.stderr && 'unref' in child.stderr && typeof child.stderr.unref === 'function') child.stderr.unref();
}

function ref(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}
