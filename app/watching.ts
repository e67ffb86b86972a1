// Being watched: health, /metrics, what the home page says, and what is kept on disk after each pass.
import { timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { createMetrics } from './metrics.ts';
import type { Queue } from './queue/queue.ts';
import type { Context } from './reconcile/context.ts';
import type { Passed } from './reconcile/pass.ts';
import { type Watch, watch } from './reconcile/watch.ts';
import { rememberedBy, writeWatch } from './reconcile/watch-file.ts';

export type Watched = {
  readonly config: Pick<Config, 'dataDir' | 'passMs' | 'metricsToken'>;
  readonly context: Context;
  readonly connected: () => boolean;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly queued: Queue['size'];
  /** The last pass that found no problem, of the process before this one. */
  readonly lastPass: Date | null;
  readonly log: Pick<Logger, 'warn'>;
};

export type Page = {
  readonly status: number;
  readonly type: string;
  readonly body: string;
};

export type Watching = ReturnType<typeof createWatching>;

export function createWatching(watched: Watched) {
  const { context, connected, config, metrics, queued } = watched;
  const health = {
    lastPass: watched.lastPass,
    problems: ['starting'] as readonly string[],
    engine: 'starting',
    /** Any pass of this process, with or without problems. */
    passedAt: null as Date | null,
  };
  let looking: Promise<Watch> | null = null;
  // One at a time: each asks git, and the page is open to whoever reaches the port.
  const look = (): Promise<Watch> => {
    const { lastPass, problems, engine } = health;
    looking ??= watch(context, { lastPass, problems, engine, connected: connected() }).finally(() => {
      looking = null;
    });
    return looking;
  };
  const keep = async (): Promise<void> => {
    // The process that does the work says what there is to see.
    if (context.engine().kind === 'standby') return;
    const [seen, ledger] = await Promise.all([look(), context.ledger().catch(() => null)]);
    const passSeconds = config.passMs / 1000;
    writeWatch(config.dataDir, { ...seen, ...rememberedBy(context, ledger, seen.at), passSeconds });
  };
  const kept = (): void =>
    void keep().catch((error: unknown) => watched.log.warn({ error: String(error) }, 'not kept'));
  return {
    onPass: ({ problems }: Passed): void => {
      health.passedAt = context.github.now();
      health.problems = problems;
      if (problems.length === 0) health.lastPass = health.passedAt;
      kept();
    },
    passFailed: (message: string): void => {
      health.problems = [message];
      kept();
    },
    setEngine: (state: string): void => {
      health.engine = state;
    },
    healthz: () => ({ ok: true, body: { lastPass: health.passedAt?.getTime() ?? null } }),
    readyz: () => {
      const { engine, problems, passedAt } = health;
      const ok = connected() && passedAt !== null && problems.length === 0;
      return { ok, body: { engine, connected: connected(), problems } };
    },
    look,
    metrics: async (authorization: string | undefined): Promise<Page> => {
      if (!mayRead(config.metricsToken, authorization))
        return { status: 401, type: 'text/plain; charset=utf-8', body: 'A bearer token is needed.\n' };
      const seen = { watch: await look(), opened: context.alarms.opened(), queued: queued() };
      return { status: 200, type: metrics.contentType, body: await metrics.scrape(seen) };
    },
  };
}

/** Compared in constant time; a token of another length is no secret to give away. */
function mayRead(token: string | null, authorization: string | undefined): boolean {
  if (token === null) return true;
  const [wanted, given] = [Buffer.from(`Bearer ${token}`), Buffer.from(authorization ?? '')];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
