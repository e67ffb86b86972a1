// Twenty of the random schedules once more, with the real engine in the place of the simulated one: a process that is really
// killed, Pulumi with its state on disk, and AWS behind its wire protocol. The same seeds, the same faults, the same judge.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { comeToRest } from './ending.ts';
import { startRun } from './life.ts';
import { chosen } from './real/choose.ts';
import { type Machinery, startMachinery } from './real/machinery.ts';
import { playSchedule } from './schedule.ts';

let machinery: Machinery;
let played = 0;
let failedCalls = 0;
beforeAll(async () => {
  machinery = await startMachinery();
});
afterAll(() => machinery.close());
// What one of them leaves is not to be found by the next.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await machinery.close();
  machinery = await startMachinery();
});

test.each(chosen())('schedule $index of the stream, seed $seed', async ({ seed, plans }) => {
  const run = startRun(seed, machinery.parts);
  try {
    await playSchedule(run, plans);
    await comeToRest(run);
  } finally {
    run.stop();
  }
  const said = run.model.violations.map(({ kind, sentence }) => `${kind}: ${sentence}`);
  expect([...said, ...(await machinery.left())], JSON.stringify({ faults: run.faults, plans })).toEqual([]);
  played += 1;
  failedCalls += run.faults.filter((one) => one.startsWith('provider.') && !one.endsWith('stale')).length;
});

test('they were at least twenty, with operations that were killed in the middle and calls that failed', () => {
  expect(played).toBeGreaterThanOrEqual(20);
  expect(machinery.seen.operations).toBeGreaterThanOrEqual(2 * played);
  expect(machinery.seen.killedInTheMiddle).toBeGreaterThanOrEqual(5);
  expect(failedCalls).toBeGreaterThanOrEqual(10);
});
