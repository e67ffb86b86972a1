// Twenty of the random schedules once more, with the real engine in the place of the simulated one: a process that is really
// killed, Pulumi with its state on disk, and AWS behind its wire protocol. The same seeds, the same faults, the same judge.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comeToRest } from './ending.ts';
import { startRun } from './life.ts';
import { CHOSEN, STREAM } from './real/choose.ts';
import { type Machinery, startMachinery } from './real/machinery.ts';
import { type Planned, playSchedule, schedule } from './schedule.ts';

/** A run takes seconds here: a failure is shrunk for so long, and then told as it is. */
const SHRINKS_MS = Number(process.env.BREAKGLASS_SHRINK_SECONDS ?? 120) * 1000;

let machinery: Machinery;
let played = 0;
let failedCalls = 0;
/** On machinery that is gone since. */
const seen = { operations: 0, killedInTheMiddle: 0 };
const start = async () => {
  machinery = await startMachinery();
};
const close = async () => {
  seen.operations += machinery.seen.operations;
  seen.killedInTheMiddle += machinery.seen.killedInTheMiddle;
  await machinery.close();
};
beforeAll(start);
afterAll(() => machinery.close());

async function violationsOf(seed: number, plans: readonly Planned[]): Promise<readonly string[]> {
  const run = startRun(seed, machinery.parts);
  try {
    await playSchedule(run, plans);
    await comeToRest(run);
  } finally {
    run.stop();
  }
  played += 1;
  failedCalls += run.faults.filter((one) => one.startsWith('provider.') && !one.endsWith('stale')).length;
  const said = run.model.violations.map(({ kind, sentence }) => `${kind}: ${sentence}`);
  const all = [...said, ...(await machinery.left())];
  return all.length === 0 ? [] : [...all, `after ${run.faults.join(', ')}`];
}

test.each(CHOSEN)(
  'schedule %i of the stream',
  async (index) => {
    let shrinksUntil: number | null = null;
    const property = fc.asyncProperty(fc.nat(), schedule, async (seed, plans) => {
      // Told by passing, as an interruption would leave a run playing on the machinery of the next test.
      if (shrinksUntil !== null && performance.now() > shrinksUntil) return;
      const violations = await violationsOf(seed, plans).catch((error: unknown) => [String(error)]);
      if (violations.length === 0) return;
      shrinksUntil ??= performance.now() + SHRINKS_MS;
      // What this one leaves is not to be found by the next.
      await close();
      await start();
      expect(violations).toEqual([]);
    });
    await fc.assert(property, {
      seed: STREAM,
      path: String(index),
      numRuns: 1,
      verbose: 0,
    });
  },
  600_000,
);

test('they were at least twenty, with operations that were killed in the middle and calls that failed', () => {
  expect(played).toBeGreaterThanOrEqual(20);
  expect(seen.operations + machinery.seen.operations).toBeGreaterThanOrEqual(2 * played);
  expect(seen.killedInTheMiddle + machinery.seen.killedInTheMiddle).toBeGreaterThanOrEqual(5);
  expect(failedCalls).toBeGreaterThanOrEqual(10);
});
