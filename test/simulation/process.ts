// One process of the app on the world: the real queue, worker and reconcilers, on ports that can fail at every call.
import type { Logger } from 'pino';
import type { Engine } from '../../app/engine/engine.ts';
import { createMemoryQueue } from '../../app/queue/memory.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import { type Context, createMemory, type EngineState } from '../../app/reconcile/context.ts';
import { type Holds, heedHolds } from '../../app/reconcile/holds.ts';
import { examinePolicy } from '../../app/reconcile/policy-examination.ts';
import type { Revocations } from '../../app/reconcile/revocations.ts';
import { createSweepMemory } from '../../app/reconcile/sweep-memory.ts';
import { rememberedBy, restoredAlarms, restoreMemory } from '../../app/reconcile/watch-file.ts';
import { places, worker } from '../../app/reconcile/worker.ts';
import type { Files } from './disk.ts';
import { type Armed, type FaultKind, type Life, withFaults } from './faults.ts';
import { githubOf } from './github.ts';
import { identityCenterOf } from './identity-center.ts';
import { ledgerAt, mirrorOf, rootOf } from './mirror.ts';
import { FINGERPRINTS, REPOSITORY_ID, signer } from './policy.ts';
import type { World } from './world.ts';

export type Process = {
  readonly context: Context;
  readonly life: Life;
  /** Keys whose last run failed, with the reason. */
  readonly failing: ReadonlyMap<string, string>;
  readonly enqueue: (key: string) => void;
};

/** The engine that a new process has, as its ports see it. */
export type MakeEngine = (world: World, life: Life) => Engine;

export type Watching = {
  readonly engine: MakeEngine;
  readonly armed: Armed[];
  readonly onFault: (point: string, kind: FaultKind) => void;
  readonly onCall: (point: string) => void;
  readonly onCrash: () => void;
};

const PASS_MS = 60_000;
const nothing = () => {};
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing } as unknown as Logger;

export function startProcess(world: World, watching: Watching): Process {
  const asked = new Set<string>();
  const life = lifeOf(world, watching, (point) => asked.add(portOf(point)));
  const files = withFaults(life, 'disk', world.disk.files);
  const failing = new Map<string, string>();
  const made = watching.engine(world, life);
  const context = contextOf(world, { life, asked, files, made }, (key, delayMs) => queue.enqueue(key, delayMs));
  const handle = worker({ context, passMs: PASS_MS, onPass: () => keepWatch(world, context) });
  const queue = createMemoryQueue({
    ...places(context),
    // What a dead process has still in its hands comes to nothing.
    handle: async (key, signal) => {
      if (life.dead) return await new Promise<undefined>(() => {});
      const again = await handle(key, signal);
      failing.delete(key);
      return again;
    },
    retry: { firstMs: 1_000, maxMs: 60_000 },
    onError: (key, error) => failing.set(key, String(error)),
  });
  queue.enqueue('pass');
  queue.enqueue('ordered-ends');
  world.deliver = (key) => (life.dead ? undefined : queue.enqueue(key));
  return { context, life, failing, enqueue: (key) => queue.enqueue(key) };
}

const portOf = (point: string): string => point.slice(0, point.indexOf('.'));

function lifeOf(world: World, watching: Watching, onCall: (point: string) => void): Life {
  const { chance, clock } = world;
  const life: Life = {
    dead: false,
    crash: () => {
      if (life.dead) return;
      life.dead = true;
      watching.onCrash();
    },
    latency: (point) => {
      const slow = /^(provider|engine|github\.merge|sdk\.(?!describe|list))/.test(point);
      return slow || chance.below(8) === 0 ? 20 + chance.below(slow ? 4000 : 1500) : 0;
    },
    clock,
    armed: watching.armed,
    onFault: watching.onFault,
    onCall: (point) => {
      onCall(point);
      watching.onCall(point);
    },
    answers: new Map(),
  };
  return life;
}

type Parts = {
  readonly life: Life;
  readonly asked: ReadonlySet<string>;
  readonly files: Files;
  readonly made: Engine;
};

function contextOf(world: World, { life, asked, files, made }: Parts, enqueue: Context['enqueue']): Context {
  const github = withFaults(
    life,
    'github',
    githubOf(world, () => asked.has('github')),
  );
  const mirror = withFaults(life, 'mirror', mirrorOf(world));
  const sdk = withFaults(life, 'sdk', world.aws.calls);
  const center = withFaults(
    life,
    'aws',
    identityCenterOf(world, sdk, () => asked.has('sdk')),
  );
  const engine = withFaults(life, 'engine', made);
  const alarms = createAlarms({ log: silent, now: github.now, restored: restoredAlarms(world.disk.watch) });
  const ended = revocationsOn(files, (error) =>
    alarms.happened('end-not-on-disk', 'disk', 'an early end is remembered by this process alone', { error }),
  );
  const memory = createMemory(ended, holdsOn(files), createSweepMemory(600_000, removalsOn(files)));
  const state = engineState(world, life, engine, enqueue);
  const context: Context = {
    configured: {
      repositoryId: REPOSITORY_ID,
      branch: 'main',
      genesis: rootOf(world).genesis,
      fingerprints: FINGERPRINTS,
    },
    github,
    mirror,
    identityCenter: () => center,
    engine: state,
    signer: () => signer,
    enqueue,
    ledger: async () => {
      const tip = await mirror.tip();
      const ledger = ledgerAt(world, tip);
      world.disk.refs.trusted = tip;
      heedHolds(memory.holds, ledger, memory.revoked);
      return ledger;
    },
    frozen: () => null,
    // In this thread: another one knows nothing of virtual time.
    examine: async (ask) => {
      const asked = await ask();
      return asked.kind === 'too-large' ? asked : examinePolicy(asked);
    },
    exclusively: oneAtATime(),
    memory,
    alarms,
    measure: nothing,
    log: silent,
  };
  restoreMemory(context, world.disk.watch);
  return context;
}

/** Another process may hold the state for a moment yet. */
function engineState(world: World, life: Life, engine: Engine, enqueue: Context['enqueue']) {
  let state: EngineState = { kind: 'standby' };
  world.clock.after(world.chance.below(4000), () => {
    if (life.dead) return;
    state = { kind: 'ready', engine };
    enqueue('pass');
  });
  return () => state;
}

function oneAtATime(): Context['exclusively'] {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const next = last.then(run, run);
    last = next.catch(nothing);
    return next;
  };
}

/** As the server keeps it after each pass. */
function keepWatch(world: World, context: Context): void {
  const now = context.github.now();
  world.disk.watch = {
    at: now,
    lastPass: now,
    problems: [],
    engine: 'ready',
    alarms: context.alarms.open(),
    standing: null,
    clocks: { aws: null, github: null },
    ...rememberedBy(context, null, now),
    passSeconds: PASS_MS / 1000,
  };
}

/** As the app's own, on the simulated disk. */
function revocationsOn(files: Files, onUnwritten: (error: string) => void): Revocations {
  const unwritten = new Map<string, string>();
  const get = (id: string) => files.read(`ended/${id}`) ?? unwritten.get(id);
  const write = (id: string, phrase: string): void => {
    try {
      files.write(`ended/${id}`, phrase);
      unwritten.delete(id);
    } catch (error) {
      if (!unwritten.has(id)) onUnwritten(String(error));
      unwritten.set(id, phrase);
    }
  };
  return {
    list: () => {
      for (const [id, phrase] of unwritten) write(id, phrase);
      return [...new Set([...files.list('ended/'), ...unwritten.keys()])];
    },
    get,
    has: (id) => get(id) !== undefined,
    set: (id, phrase) => {
      const first = get(id);
      if (first === undefined || unwritten.has(id)) write(id, first ?? phrase);
    },
    forget: (id) => {
      unwritten.delete(id);
      if (files.read(`ended/${id}`) !== undefined) files.remove(`ended/${id}`);
    },
  };
}

function holdsOn(files: Files): Holds {
  return {
    list: () =>
      files.list('held/').map((name) => {
        const [at = '', until = ''] = (files.read(`held/${name}`) ?? '').split(' ');
        const scope = name === 'all' ? ({ kind: 'all' } as const) : ({ kind: 'person', id: Number(name) } as const);
        return { scope, at: new Date(at), until: new Date(until), phrase: `ordered by an operator ${at}` };
      }),
    set: () => {},
    release: () => false,
    // Nothing in the simulation writes a hold yet.
    forgetOver: () => {},
  };
}

function removalsOn(files: Files) {
  return {
    recent: () => new Set(files.list('removed/')),
    add: (name: string, now: Date) => files.write(`removed/${name}`, now.toISOString()),
  };
}
