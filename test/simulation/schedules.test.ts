// At least a thousand random schedules: nobody ever has what was not granted, and everything comes to rest.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comeToRest } from './ending.ts';
import { startRun } from './life.ts';
import { type Planned, playSchedule, schedule } from './schedule.ts';

const SEED = Number(process.env.BREAKGLASS_SIM_SEED ?? 20261122);
const RUNS = Number(process.env.BREAKGLASS_SIM_RUNS ?? 1000);

async function violationsOf(seed: number, plans: readonly Planned[]): Promise<readonly string[]> {
  const run = startRun(seed);
  try {
    await playSchedule(run, plans);
    await comeToRest(run);
    return run.model.violations.map(({ kind, sentence }) => `${kind}: ${sentence}`);
  } finally {
    run.stop();
  }
}

test(`${RUNS} random schedules`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), schedule, async (seed, plans) => {
      expect(await violationsOf(seed, plans)).toEqual([]);
    }),
    { seed: SEED, numRuns: RUNS, verbose: 0 },
  );
}, 600_000);
