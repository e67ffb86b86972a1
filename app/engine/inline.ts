// The engine of one process: it schedules operations and runs each of them, with Pulumi, in a child of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import type { LedgerSource } from '../git/authorized.ts';
import { awsPluginVersion, ensureAwsPlugin, sdkVersion } from './aws-plugin.ts';
import type { Engine, EngineOperation, EngineOutcome } from './engine.ts';
import { operationEnvironment } from './environment.ts';
import type { ChildSettings, OperationRequest } from './messages.ts';
import { reapOrphans } from './orphans.ts';
import type { FoundPulumi } from './pulumi-cli.ts';
import { createSchedule } from './schedule.ts';
import { breakAllStaleLocks } from './stack-lock.ts';
import { stateReader } from './state-reader.ts';
import type { Worker, WorkerLimits } from './worker.ts';
import { forkWorker } from './worker.ts';

export type EngineOptions = {
  readonly source: LedgerSource;
  /** Persistent folder: state (unless it lies elsewhere), one work folder per stack, Pulumi's home. */
  readonly dataDir: string;
  readonly pulumi: FoundPulumi;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly stateUrl?: string;
  readonly secretsProvider?: string;
  readonly awsPlugin?: string;
  readonly hardLimitMs?: number;
  readonly maxMemoryMb?: number;
  readonly concurrency?: { readonly operations: number };
  /** How long the kill ladder waits after the abort and after SIGTERM. */
  readonly patience?: { readonly abortMs: number; readonly terminateMs: number };
  /** The module that a child runs; another one only in tests of the engine alone. */
  readonly childModule?: string;
};

/** Engine operations at once: IAM Identity Center takes 10 outstanding assignments, not raisable. */
const DEFAULT_OPERATIONS = 8;

export function createEngine(options: EngineOptions): Engine {
  const stateUrl = options.stateUrl ?? pathToFileURL(join(options.dataDir, 'state')).href;
  const settings = childSettings(options, stateUrl);
  const env = engineEnvironment(options, stateUrl);
  const limits: WorkerLimits = {
    hardLimitMs: settings.hardLimitMs,
    maxMemoryMb: options.maxMemoryMb ?? 2_048,
    ...(options.patience ?? { abortMs: 30_000, terminateMs: 15_000 }),
  };
  const workers = workerPool({ childModule: options.childModule ?? defaultChild(), settings, env });
  const schedule = createSchedule(options.concurrency?.operations ?? DEFAULT_OPERATIONS);
  const closing = new AbortController();
  const unlock = () =>
    breakAllStaleLocks(settings).catch((error: unknown) =>
      options.log.warn({ error: String(error) }, 'the locks of the state could not be looked through'),
    );
  const orphans = reapOrphans(options.log).then(unlock);
  // One of another host may be held as long as an operation may take, and is stale after that.
  const unlocking = setInterval(() => void unlock(), settings.hardLimitMs).unref();
  const plugin = ensureAwsPlugin({ pulumi: options.pulumi, env, standIn: options.awsPlugin !== undefined });

  const perform = async (request: OperationRequest, operation: EngineOperation): Promise<EngineOutcome> => {
    const signal = operation.signal ? AbortSignal.any([operation.signal, closing.signal]) : closing.signal;
    const { accountId, userId } = operation;
    const turn = { action: request.action, accountId, ...(userId === undefined ? {} : { userId }), signal };
    const outcome = await schedule.run(turn, async (): Promise<EngineOutcome> => {
      await orphans;
      const missing = await plugin();
      if (missing !== null) return { kind: 'failed', reason: missing, interrupted: false };
      return run(request, operation, signal);
    });
    return outcome === 'cancelled' ? { kind: 'failed', reason: 'stopped while waiting', interrupted: false } : outcome;
  };

  const run = async (request: OperationRequest, operation: EngineOperation, signal: AbortSignal) => {
    const started = performance.now();
    const worker = workers.take();
    const log = options.log.child({ ...request, operation: worker.operation });
    log.info('engine operation starts');
    const { onProgress = () => {}, proof = Promise.resolve(null) } = operation;
    const outcome = await worker.run(request, { limits, signal, onProgress, proof });
    if (outcome.kind === 'failed') await unlock();
    workers.refillSoon();
    const milliseconds = Math.round(performance.now() - started);
    log.info({ outcome: outcome.kind, milliseconds, ...('reason' in outcome && { reason: outcome.reason }) }, 'ended');
    return outcome.kind === 'done' ? { ...outcome, milliseconds } : outcome;
  };

  workers.refillSoon();
  return {
    grant: (operation) => perform({ action: 'grant', grantId: operation.grantId }, operation),
    preview: (operation) => perform({ action: 'preview', grantId: operation.grantId }, operation),
    end: (operation) => perform({ action: 'end', grantId: operation.grantId }, operation),
    ...stateReader({ stateUrl, command: options.pulumi.command.command, env, folder: settings.workRoot }),
    close: async (graceMs) => {
      workers.close();
      clearInterval(unlocking);
      const timer = setTimeout(() => closing.abort(), graceMs);
      await schedule.idle();
      clearTimeout(timer);
      closing.abort();
    },
    versions: async () => ({ cli: options.pulumi.version, sdk: sdkVersion(), aws: awsPluginVersion() }),
  };
}

function childSettings(options: EngineOptions, stateUrl: string): ChildSettings {
  const workRoot = join(options.dataDir, 'work');
  mkdirSync(workRoot, { recursive: true });
  if (options.stateUrl === undefined) mkdirSync(join(options.dataDir, 'state'), { recursive: true });
  return {
    source: options.source,
    stateUrl,
    secretsProvider: options.secretsProvider ?? 'passphrase',
    workRoot,
    pulumi: { file: options.pulumi.command.command, version: options.pulumi.version },
    awsPlugin: options.awsPlugin ?? null,
    hardLimitMs: options.hardLimitMs ?? 10 * 60_000,
  };
}

function engineEnvironment(options: EngineOptions, stateUrl: string): Record<string, string> {
  const pulumiHome = join(options.dataDir, 'pulumi-home');
  mkdirSync(pulumiHome, { recursive: true });
  return operationEnvironment({
    env: options.env,
    stateUrl,
    pulumiHome,
    acquirePlugins: options.awsPlugin === undefined,
  });
}

const REFILL_MS = 1_000;

/** One child waits ready with the engine loaded (0.7 s); it is still one child per operation. */
function workerPool(spec: Parameters<typeof forkWorker>[0]) {
  let ready: Worker | undefined;
  let closed = false;
  let soon: NodeJS.Timeout | undefined;
  const refill = (): void => {
    if (!closed && !ready?.isUsable()) ready = forkWorker(spec);
  };
  return {
    take: (): Worker => {
      clearTimeout(soon);
      const worker = ready?.isUsable() ? ready : forkWorker(spec);
      ready = undefined;
      return worker;
    },
    /** What has just started or ended has others waiting for the processor that loading an engine would take. */
    refillSoon: (): void => {
      clearTimeout(soon);
      soon = setTimeout(refill, REFILL_MS).unref();
    },
    close: (): void => {
      closed = true;
      clearTimeout(soon);
      ready?.discard();
      ready = undefined;
    },
  };
}

function defaultChild(): string {
  const name = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js';
  return fileURLToPath(new URL(name, import.meta.url));
}
