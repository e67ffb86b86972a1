// The same seed is the same run, call by call: whatever fails can be played again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comeToRest } from './ending.ts';
import { startRun } from './life.ts';
import { playSchedule, schedule } from './schedule.ts';

async function traceOf(seed: number, plans: Parameters<typeof playSchedule>[1]): Promise<readonly string[]> {
  const run = startRun(seed);
  try {
    await playSchedule(run, plans);
    await comeToRest(run);
    const { repository } = run.world;
    return [...run.faults, ...run.trace, ...repository.history(repository.tip()).map((one) => one.sha)];
  } finally {
    run.stop();
  }
}

test('the same seed is the same run', async () => {
  const schedules = fc.sample(fc.tuple(fc.nat(), schedule), { numRuns: 15, seed: 1 });
  const [first] = schedules;
  for (const [seed, plans] of schedules) {
    const trace = await traceOf(seed, plans);
    expect(trace.length).toBeGreaterThan(300);
    expect(await traceOf(seed, plans)).toEqual(trace);
  }
  // And another seed is another one.
  if (first === undefined) throw new Error('no schedule');
  expect(await traceOf(first[0] + 1, first[1])).not.toEqual(await traceOf(first[0], first[1]));
});
