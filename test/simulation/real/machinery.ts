// The real parts of a run in place of the simulated ones: the engine with its state on disk, and AWS behind the wire.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Engine, EngineOperation, EngineOutcome } from '../../../app/engine/engine.ts';
import { markedProcesses } from '../../../app/engine/process-tree.ts';
import { stateReader } from '../../../app/engine/state-reader.ts';
import { startKeyService } from '../../sandbox/aws/key-service.ts';
import { type Clock, realTime } from '../clock.ts';
import { authorized, KILL_MS } from '../engine.ts';
import type { Life } from '../faults.ts';
import type { Parts } from '../life.ts';
import { awsNow, type World } from '../world.ts';
import { startRealAws } from './aws.ts';
import type { Judged } from './engine-child.ts';
import { type EngineProcess, startEngineProcess } from './engine-process.ts';
import { createProviderCalls } from './provider-calls.ts';

export type Machinery = {
  readonly parts: Parts;
  /** What the operations so far have left behind on disk and among the processes, as sentences. */
  readonly left: () => Promise<readonly string[]>;
  /** Since the beginning. */
  readonly seen: { operations: number; killedInTheMiddle: number };
  readonly close: () => Promise<void>;
};

/** Longer than an operation of the engine takes on a machine that has much else to do. */
const STUCK_MS = 120_000;
/** How long the children of a killed process go on before there is another one, at most. */
const ORPHANED_MS = 400;

export async function startMachinery(): Promise<Machinery> {
  const dataDir = mkdtempSync(join(tmpdir(), 'breakglass-simulated-'));
  const state = join(dataDir, 'state');
  const seen = { operations: 0, killedInTheMiddle: 0 };
  const problems: string[] = [];
  const operations = new Set<string>();
  const dead: number[] = [];
  let world: World | null = null;
  let engine: EngineProcess | null = null;
  let others = 0;
  const { changed, next } = signal();

  const requests = createProviderCalls(changed);
  const aws = await startRealAws(() => new Date(world === null ? 0 : awsNow(world)), requests.faults, requests.hook);
  const keys = await startKeyService();
  const authorizations = await startAuthorizations((id) => judged(world, id));
  const meanwhile = async <T>(work: Promise<T>): Promise<T> => {
    others += 1;
    try {
      return await work;
    } finally {
      others -= 1;
      changed();
    }
  };
  const running = (): EngineProcess => {
    engine ??= startEngineProcess(
      {
        dataDir,
        aws: { ...aws.environment, ...keys.environment },
        secretsProvider: keys.secretsProvider,
        authorizations: authorizations.url,
        dead,
      },
      {
        onChange: changed,
        onOperation: (operation) => {
          operations.add(operation);
          seen.operations += 1;
        },
        onUnreaped: (count) => problems.push(`${count} processes of a dead engine go on`),
      },
    );
    return engine;
  };
  const begin = (now: World, life: Life): Engine => {
    world = now;
    now.clock.elsewhere = () => (others > 0 || engine?.isBusy(requests.waiting()) ? next() : null);
    requests.serve({ life, chance: now.chance, onLimit: (input) => engine?.stop(aws.grantOf(input)) });
    // A process that comes after one that was killed ends what that one left, also when it has nothing else to do.
    if (dead.length > 0) running();
    return engineOn(now.clock, state, running, meanwhile);
  };
  const crash = (): void => {
    requests.orphan();
    if (engine === null) return;
    const middle = engine.running() > 0;
    dead.push(engine.pid);
    engine.kill();
    engine = null;
    if (!middle) return;
    seen.killedInTheMiddle += 1;
    const ms = 1 + (world?.chance.below(ORPHANED_MS) ?? 0);
    void meanwhile(new Promise((resolve) => realTime.after(resolve, ms)));
  };
  return {
    parts: { aws: aws.aws, engine: begin, onCrash: crash },
    seen,
    left: async () => {
      const processes = await outlived((one) => operations.has(one.operation) || isOf(dead, one.supervisor));
      return [
        ...problems.splice(0),
        ...jsonFiles(join(state, '.pulumi', 'stacks')).map((name) => `the stack ${name} is left in the state`),
        ...jsonFiles(join(state, '.pulumi', 'locks')).map((name) => `the lock ${name} is left in the state`),
        ...processes.map((pid) => `process ${pid} of an operation is left`),
      ];
    },
    close: async () => {
      await engine?.close();
      authorizations.close();
      aws.close();
      keys.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The state is read as the engine itself reads it; whoever stops an operation has an answer when the kill ladder is done. */
function engineOn(
  clock: Clock,
  state: string,
  running: () => EngineProcess,
  meanwhile: <T>(work: Promise<T>) => Promise<T>,
): Engine {
  const reader = stateReader({ stateUrl: pathToFileURL(state).href, command: '', env: {}, folder: state });
  const run = async (action: 'grant' | 'end', operation: EngineOperation): Promise<EngineOutcome> => {
    let stoppedAt = Number.NEGATIVE_INFINITY;
    operation.signal?.addEventListener('abort', () => {
      stoppedAt = clock.now();
    });
    const outcome = await running().run(action, operation);
    const wait = stoppedAt + KILL_MS - clock.now();
    if (outcome.kind === 'failed' && outcome.interrupted && wait > 0)
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    return outcome;
  };
  return {
    grant: (operation) => run('grant', operation),
    end: (operation) => run('end', operation),
    preview: async () => ({ kind: 'failed', reason: 'nobody asks the simulation for it', interrupted: false }),
    stacks: () => meanwhile(reader.stacks()),
    permissionSetArn: (id) => meanwhile(reader.permissionSetArn(id)),
    close: async () => {},
    versions: async () => ({ cli: '3', sdk: '3', aws: '7' }),
  };
}

/** By the ledger of the simulated world, at the moment when the child asks. */
function judged(world: World | null, id: string): Judged {
  const entry = world === null ? 'there is no world' : authorized(world, id);
  const answer =
    typeof entry === 'string'
      ? ({ kind: 'refused', reason: entry } as const)
      : ({ kind: 'authorized', grant: entry.resolved } as const);
  return { answer, now: Date.now() };
}

async function startAuthorizations(answer: (id: string) => Judged) {
  const server = createServer((request, response) => {
    response.end(JSON.stringify(answer(request.url?.slice(1) ?? '')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
}

/** A promise of the next change; one that never comes is a failure, not a test without an end. */
function signal() {
  let waiting: PromiseWithResolvers<void> | null = null;
  let watch: NodeJS.Timeout | undefined;
  return {
    changed: () => {
      realTime.cancel(watch);
      waiting?.resolve();
      waiting = null;
    },
    next: (): Promise<void> => {
      if (waiting !== null) return waiting.promise;
      const made = Promise.withResolvers<void>();
      waiting = made;
      watch = realTime.after(() => made.reject(new Error('nothing is heard of the real engine')), STUCK_MS);
      return made.promise;
    },
  };
}

function isOf(pids: readonly number[], supervisor: string | null): boolean {
  return pids.some((pid) => supervisor?.startsWith(`${pid}-`));
}

/** Plugins end a moment after the engine that started them. */
async function outlived(wanted: (one: ReturnType<typeof markedProcesses>[number]) => boolean) {
  const left = () => markedProcesses().filter(wanted);
  for (let waited = 0; waited < 3_000 && left().length > 0; waited += 20)
    await new Promise((resolve) => realTime.after(resolve, 20));
  return left().map((one) => one.pid);
}

function jsonFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // nothing was ever there
  }
}
