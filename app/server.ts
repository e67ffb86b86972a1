// The process: port, timers, health, standing by while another process holds the state, and a drain on SIGTERM.
import type { Logger } from 'pino';
import { assemble } from './assemble.ts';
import { type Config, stateFolder } from './config.ts';
import { claimState } from './engine/state-claim.ts';
import { homePage } from './home.ts';
import { createMemoryQueue } from './queue/memory.ts';
import type { Queue } from './queue/queue.ts';
import type { Context } from './reconcile/context.ts';
import type { Passed } from './reconcile/pass.ts';
import { priority, worker } from './reconcile/worker.ts';
import { startWeb } from './web.ts';

export type Running = {
  readonly port: number;
  /** Takes no more work, lets what runs finish, and releases the state. */
  readonly stop: () => Promise<void>;
};

/** How often a process that stands by looks whether the state has become free. */
const CLAIM_MS = 2_000;
/** How long after a failed start of the engine: it may have been a long download or build. */
const RESTART_MS = 30_000;

export async function startServer(config: Config, log: Logger): Promise<Running> {
  let queue: Queue | null = null;
  const enqueue = (key: string, delayMs?: number) => queue?.enqueue(key, delayMs);
  const { context, connected, startEngine, engineUnavailable } = await assemble(config, log, enqueue);
  const health = { lastPass: null as number | null, problems: ['starting'] as readonly string[], engine: 'starting' };
  const onPass = (passed: Passed) => {
    health.lastPass = Date.now();
    health.problems = passed.problems;
  };
  queue = createMemoryQueue({
    concurrency: 64,
    handle: worker({ context, passMs: config.passMs, onPass }),
    priority,
    retry: { firstMs: 1_000, maxMs: 60_000 },
    onError: (key, error, attempt) => {
      const message = error instanceof Error ? error.message : String(error);
      if (key === 'pass') health.problems = [message];
      log.warn({ key, attempt, error: message }, 'will be tried again');
    },
  });
  const server = await startWeb(config, {
    log,
    pages: {
      enqueue: (key) => queue.enqueue(key),
      healthz: () => ({ ok: true, body: { lastPass: health.lastPass } }),
      readyz: () => {
        const ok = connected() && health.lastPass !== null && health.problems.length === 0;
        return { ok, body: { engine: health.engine, connected: connected(), problems: health.problems } };
      },
      home: () => homePage(context),
    },
  });
  queue.enqueue('pass');
  const releaseEngine = holdEngine(config, log, startEngine, (state) => {
    health.engine = state.kind === 'ready' ? 'ready' : state.reason;
    if (state.kind === 'unavailable') engineUnavailable(state.reason);
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
function holdEngine(
  config: Config,
  log: Logger,
  start: () => Promise<unknown>,
  say: (state: Hold) => void,
): () => Promise<void> {
  let release: (() => Promise<void> | void) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const attempt = async (): Promise<void> => {
    try {
      if (release === null) {
        const claim = await claimEngineState(config);
        if (claim.kind === 'held') {
          say({ kind: 'standby', reason: `standing by: ${claim.by.hostname} process ${claim.by.pid} holds the state` });
          return again(CLAIM_MS);
        }
        release = claim.release;
      }
      await start();
      say({ kind: 'ready' });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.error({ alarm: 'engine-unavailable', error: message }, 'the engine cannot start; it is tried again');
      say({ kind: 'unavailable', reason: message });
      again(RESTART_MS);
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
