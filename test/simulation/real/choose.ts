// Which schedules are played on the real engine; `node test/simulation/real/choose.ts` names them anew for another generator.
import { argv } from 'node:process';
import fc from 'fast-check';
import { comeToRest } from '../ending.ts';
import { startRun } from '../life.ts';
import { type Planned, playSchedule, schedule } from '../schedule.ts';

/** That of the thousand, so that these are among them. */
export const STREAM = 20261122;

/**
 * An operation of the real engine takes about two seconds of a processor. So of the stream those in which the simulated
 * engine is asked for two or three operations: the first eight in which the process dies at a call of the engine's plugin,
 * the first eight in which such a call fails, and the first four without either.
 */
export const CHOSEN: readonly number[] = [
  0, 15, 16, 22, 97, 129, 275, 306, 308, 336, 339, 363, 377, 390, 461, 490, 609, 644, 685, 713,
];

export const WANTED = { dies: 8, fails: 8, neither: 4 } as const;
export type Kind = keyof typeof WANTED;

/** Null for one that asks too much of the engine, or nothing. */
export async function kindOf(seed: number, plans: readonly Planned[]): Promise<Kind | null> {
  const run = startRun(seed);
  try {
    await playSchedule(run, plans);
    await comeToRest(run);
  } finally {
    run.stop();
  }
  const asked = ['engine.grant', 'engine.end'].reduce((sum, point) => sum + (run.calls.get(point) ?? 0), 0);
  if (asked < 2 || asked > 3 || !run.calls.has('provider.assign')) return null;
  const faults = run.faults.filter((one) => one.startsWith('provider.') && !one.endsWith('stale'));
  if (faults.length === 0) return 'neither';
  return faults.some((one) => one.includes('crash')) ? 'dies' : 'fails';
}

export function stream(count: number): readonly (readonly [seed: number, plans: readonly Planned[]])[] {
  return fc.sample(fc.tuple(fc.nat(), schedule), { seed: STREAM, numRuns: count });
}

async function choose(): Promise<readonly number[]> {
  const found: Record<Kind, number[]> = { dies: [], fails: [], neither: [] };
  for (const [index, [seed, plans]] of stream(1000).entries()) {
    const kind = await kindOf(seed, plans);
    if (kind !== null && found[kind].length < WANTED[kind]) found[kind].push(index);
  }
  return Object.values(found)
    .flat()
    .sort((a, b) => a - b);
}

if (argv[1] === import.meta.filename) console.log((await choose()).join(', '));
