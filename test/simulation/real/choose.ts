// Which schedules are played on the real engine; `node test/simulation/real/choose.ts` names them anew for another generator.
import { argv } from 'node:process';
import fc from 'fast-check';
import { comeToRest } from '../ending.ts';
import { startRun } from '../life.ts';
import { type Planned, playSchedule, schedule } from '../schedule.ts';

/** That of the thousand, so that these are among them. */
const STREAM = 20261122;

export type Chosen = { readonly index: number; readonly seed: number; readonly plans: readonly Planned[] };

/**
 * An operation of the real engine takes about two seconds of a processor. So of the stream those in which the simulated
 * engine is asked for two or three operations: the first eight in which the process dies at a call of the engine's plugin,
 * the first eight in which such a call fails, and the first four without either.
 */
const CHOSEN: readonly number[] = [
  0, 15, 16, 22, 97, 129, 275, 306, 308, 336, 339, 363, 377, 390, 461, 490, 609, 644, 685, 713,
];

export function chosen(): readonly Chosen[] {
  const all = stream(Math.max(...CHOSEN) + 1);
  return CHOSEN.flatMap((index) => all[index] ?? []);
}

function stream(count: number): readonly Chosen[] {
  const sampled = fc.sample(fc.tuple(fc.nat(), schedule), { seed: STREAM, numRuns: count });
  return sampled.map(([seed, plans], index) => ({ index, seed, plans }));
}

const KINDS = { dies: 8, fails: 8, neither: 4 } as const;

async function choose(): Promise<readonly number[]> {
  const found: Record<keyof typeof KINDS, number[]> = { dies: [], fails: [], neither: [] };
  for (const { index, seed, plans } of stream(1000)) {
    const run = startRun(seed);
    await playSchedule(run, plans);
    await comeToRest(run);
    run.stop();
    const operations = ['engine.grant', 'engine.end'].map((point) => run.calls.get(point) ?? 0);
    const faults = run.faults.filter((one) => one.startsWith('provider.') && !one.endsWith('stale'));
    const kind = faults.length === 0 ? 'neither' : faults.some((one) => one.includes('crash')) ? 'dies' : 'fails';
    const asked = operations.reduce((sum, one) => sum + one, 0);
    if (asked >= 2 && asked <= 3 && run.calls.has('provider.assign') && found[kind].length < KINDS[kind])
      found[kind].push(index);
  }
  return Object.values(found)
    .flat()
    .sort((a, b) => a - b);
}

if (argv[1] === import.meta.filename) console.log((await choose()).join(', '));
