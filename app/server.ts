// The process: port, timers, health, standing by while another process holds the state, and a drain on SIGTERM.
import type { Logger } from 'pino';
import { assemble } from './assemble.ts';
import { type Config, stateFolder } from './config.ts';
import { claimState } from './engine/state-claim.ts';
import { homePage } from './home.ts';
import { removeLeftovers } from './leftovers.ts';
import { createMetrics } from './metrics.ts';
import { createMemoryQueue } from './queue/memory.ts';
import type { Queue } from './queue/queue.ts';
import type { Context } from './reconcile/context.ts';
import { readWatch } from './reconcile/watch-file.ts';
import { places, worker } from './reconcile/worker.ts';
import { createWatching } from './watching.ts';
import { startWeb } from './web.ts';

export type Running = {
  readonly port: number;
  /** Takes no more work, lets what runs finish, and releases the state. */
  readonly stop: () => Promise<void>;
};

/** How often a process that stands by looks whether the state has become free. */
const CLAIM_MS = 2_000;
/** How long after a failed start of the engine, doubled each time: it may have been a moment's, or a long download. */
const RESTART_MS = { first: 1_000, most: 30_000 };

export async function startServer(config: Config, log: Logger): Promise<Running> {
  const left = await removeLeftovers(config.dataDir);
  if (left.length > 0) log.info({ left }, 'removed what a killed process left half written');
  let queue: Queue | null = null;
  const enqueue = (key: string, delayMs?: number) => queue?.enqueue(key, delayMs);
  const metrics = createMetrics();
  const assembled = await assemble(config, log, enqueue, metrics.measure);
  const { context, connected, startEngine, engineUnavailable } = assembled;
  const lastPass = readWatch(config.dataDir)?.lastPass ?? null;
  const queued = () => queue?.size() ?? 0;
  const watching = createWatching({ config, context, connected, metrics, queued, lastPass, log });
  queue = createMemoryQueue({
    ...places(context),
    handle: worker({ context, passMs: config.passMs, onPass: watching.onPass }),
    retry: { firstMs: 1_000, maxMs: 60_000 },
    onError: (key, error, attempt) => {
      const message = error instanceof Error ? error.message : String(error);
      if (key === 'pass') watching.passFailed(message);
      log.warn({ key, attempt, error: message }, 'will be tried again');
    },
  });
  const server = await startWeb(config, {
    log,
    pages: {
      enqueue: (key) => queue.enqueue(key),
      healthz: watching.healthz,
      readyz: watching.readyz,
      metrics: watching.metrics,
      home: async () => homePage(context, await watching.look()),
    },
  });
  queue.enqueue('pass');
  queue.enqueue('ordered-ends');
  const releaseEngine = holdEngine(config, startEngine, (state) => {
    watching.setEngine(state.kind === 'ready' ? 'ready' : state.reason);
    if (state.kind === 'unavailable') engineUnavailable(state.reason);
    sayEngine(context, state);
    if (state.kind !== 'standby') queue.enqueue('pass');
  });
  const stop = async (): Promise<void> => {
    log.info('draining');
    await server.close();
    await Promise.all([queue.drain(config.drainMs), closeEngine(context, config.drainMs)]);
    await releaseEngine();
    log.info('stopped');
  };
  return { port: server.port, stop };
}

type Hold = { readonly kind: 'ready' } | { readonly kind: 'standby' | 'unavailable'; readonly reason: string };

function sayEngine({ alarms }: Context, state: Hold): void {
  if (state.kind === 'ready') alarms.clear('engine-unavailable');
  if (state.kind !== 'unavailable') return;
  const facts = { error: state.reason };
  alarms.raise('engine-unavailable', 'engine', 'the engine cannot start; it is tried again', facts);
}

async function closeEngine({ engine }: Context, graceMs: number): Promise<void> {
  const state = engine();
  if (state.kind === 'ready') await state.engine.close(graceMs);
}

function claimEngineState(config: Config): ReturnType<typeof claimState> {
  const folder = stateFolder(config);
  return claimState(folder).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `the engine's state folder ${folder} cannot be used: ${why}. Correct BREAKGLASS_STATE_URL or BREAKGLASS_DATA_DIR, or make it writable.`,
    );
  });
}

/** Claims the state and starts the engine, or stands by and tries again until it can. */
function holdEngine(config: Config, start: () => Promise<unknown>, say: (state: Hold) => void): () => Promise<void> {
  let release: (() => Promise<void> | void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let failures = 0;
  const attempt = async (): Promise<void> => {
    try {
      if (release === null) {
        const claim = await claimEngineState(config);
        if (claim.kind === 'held') {
          say({ kind: 'standby', reason: `standing by: ${claim.by.hostname} process ${claim.by.pid} holds the state` });
          return again(CLAIM_MS);
        }
        release = claim.release;
        // Asked to stop meanwhile: nobody would give it back.
        if (stopped) return void (await release());
      }
      await start();
      if (!stopped) say({ kind: 'ready' });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      say({ kind: 'unavailable', reason: message });
      again(Math.min(RESTART_MS.first * 2 ** failures++, RESTART_MS.most));
    }
  };
  const again = (ms: number): void => {
    if (!stopped) timer = setTimeout(attempt, ms);
  };
  void attempt();
  return async () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
    await release?.();
  };
}
