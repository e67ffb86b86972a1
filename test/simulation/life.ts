// One run: a world, a process on it that is started again whenever it crashes, and the judge beside them.
import process from 'node:process';
import type { Aws } from './aws.ts';
import { chanceOf } from './chance.ts';
import { type Clock, installClock } from './clock.ts';
import { engineOf } from './engine.ts';
import { type Armed, type FaultKind, patienceMs, withFaults } from './faults.ts';
import { createModel, judgeMissing, judgeNow, type Model, violate } from './model.ts';
import { type MakeEngine, type Process, startProcess } from './process.ts';
import { createWorld, type World } from './world.ts';

export type Run = {
  readonly world: World;
  readonly model: Model;
  readonly clock: Clock;
  readonly armed: Armed[];
  /** Points in the order of their first call, with how often each was called. */
  readonly calls: Map<string, number>;
  /** Every call of every port, with its time. */
  readonly trace: string[];
  /** What failed so far, for whoever reads a failure. */
  readonly faults: string[];
  process: Process;
  readonly crash: (restartMs: number) => void;
  readonly advance: (ms: number) => Promise<void>;
  readonly stop: () => void;
};

const START = Date.parse('2026-11-22T03:00:00Z');
const JUDGE_EVERY_MS = 20_000;

/** What the simulation has of its own, and what real parts may take the place of. */
export type Parts = { readonly aws?: Aws; readonly engine: MakeEngine; readonly onCrash: () => void };

const SIMULATED: Parts = {
  engine: (world, life) => engineOf(world, withFaults(life, 'provider', world.aws.calls)),
  onCrash: () => {},
};

export function startRun(seed: number, parts: Parts = SIMULATED): Run {
  const chance = chanceOf(seed);
  // A day of its own for each: what the app keeps in mind by the time must not come from another run.
  const clock = installClock(START + (seed % 10_000) * 86_400_000, chance.next);
  const world = createWorld(clock, chance, parts.aws);
  const model = createModel(world);
  const armed: Armed[] = [];
  const calls = new Map<string, number>();
  const faults: string[] = [];
  const trace: string[] = [];
  const disturb = (until: number, engineOnly = false) => {
    model.quietFrom = Math.max(model.quietFrom, until);
    if (!engineOnly) model.deniesFrom = Math.max(model.deniesFrom, until);
  };
  const begin = (): Process =>
    startProcess(world, {
      engine: parts.engine,
      armed,
      onCall: (point) => {
        calls.set(point, (calls.get(point) ?? 0) + 1);
        trace.push(`${clock.now()} ${point}`);
      },
      onFault: (point, kind) => {
        faults.push(`${point} ${kind}`);
        disturb(clock.now() + lasts(point, kind), /^(engine|provider)\./.test(point) && !kind.startsWith('crash'));
      },
      onCrash: () => restart(1000 + chance.below(29_000)),
    });
  const restart = (ms: number): void => {
    parts.onCrash();
    disturb(clock.now() + ms);
    clock.after(ms, () => {
      run.process = begin();
    });
  };
  const run: Run = {
    world,
    model,
    clock,
    armed,
    calls,
    faults,
    trace,
    process: begin(),
    crash: (restartMs) => {
      if (run.process.life.dead) return;
      run.process.life.dead = true;
      restart(restartMs);
    },
    advance: (ms) => advance(run, ms),
    stop: () => {
      process.off('unhandledRejection', onUnhandled);
      clock.uninstall();
    },
  };
  // Node ends a process for it.
  const onUnhandled = (error: unknown) => violate(model, 'not-converged', `nobody handles: ${error}`);
  process.on('unhandledRejection', onUnhandled);
  return run;
}

function lasts(point: string, kind: FaultKind): number {
  if (kind === 'stale') return 60_000;
  // What waited for it waits for a retry as well.
  return kind === 'time-out' ? patienceMs(point) + 60_000 : 0;
}

/** Judged after each change in AWS, and every so often. */
async function advance({ clock, world, model }: Run, ms: number): Promise<void> {
  const until = clock.now() + ms;
  let version = -1;
  const look = () => {
    if (world.aws.version === version) return;
    version = world.aws.version;
    judgeNow(model);
  };
  while (clock.now() < until) {
    await clock.advance(Math.min(JUDGE_EVERY_MS, until - clock.now()), look);
    judgeNow(model);
    judgeMissing(model);
  }
}
