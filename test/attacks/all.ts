// Every world of attacks, each in a process of its own, and the one account of what was refused and what leaked.
import { spawn } from 'node:child_process';
import { started } from '../sandbox/bundle.ts';
import { approvals, commands } from './commands.ts';
import { contents, files } from './files.ts';
import { identity } from './identity.ts';
import { liveWorld } from './live-grant.ts';
import { mainBranch } from './main-branch.ts';
import { mergeWorld } from './merge.ts';
import { recordWorld } from './record.ts';
import { time } from './time.ts';
import { trailers } from './trailers.ts';
import { volume } from './volume.ts';
import type { Outcome, Played, World } from './world.ts';

/** The longest first. */
export const WORLDS: readonly World[] = [
  identity,
  mergeWorld,
  files,
  commands,
  approvals,
  contents,
  volume,
  liveWorld,
  time,
  trailers,
  recordWorld,
  mainBranch,
];

export type Result = {
  readonly cases: number;
  readonly refused: number;
  readonly leaked: number;
  /** Honest cases that were granted. */
  readonly honest: number;
  /** Each with what was seen instead. */
  readonly problems: readonly string[];
};

/** An app waits most of its time for its own pace on GitHub, so several share two cores. */
const AT_ONCE = 6;

export async function playAttacks(
  names: readonly string[] = [],
  say: (line: string) => void = () => {},
): Promise<Result> {
  const worlds = WORLDS.filter((world) => names.length === 0 || names.includes(world.name));
  const queue = [...worlds];
  const played: Played[] = [];
  const play = async (): Promise<void> => {
    for (let world = queue.shift(); world !== undefined; world = queue.shift()) {
      const one = await playApart(world.name);
      say(`${one.name}: ${one.outcomes.length} cases in ${one.seconds.toFixed(1)} s`);
      played.push(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  return accountOf(played);
}

const isHonest = ({ refusedWith }: Outcome): boolean => refusedWith === 'granted';

/**
 * In a process of its own: a double starts git a thousand times, and starting a process costs the more the more memory the
 * one has that starts it.
 */
export function playApart(name: string): Promise<Played> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [started('test/attacks/run.ts'), '--apart', name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(parts).toString()));
      else reject(new Error(`${name} ended with ${code} before it had played`));
    });
  });
}

export function accountOf(played: readonly Played[]): Result {
  const all = played.flatMap((one) => one.outcomes);
  const attacks = all.filter((one) => !isHonest(one));
  const wrong = all.filter((one) => one.kind !== (isHonest(one) ? 'granted' : 'refused'));
  const broken = played.flatMap((one) => one.broken.map((what) => `${one.name}: at the end: ${what}`));
  return {
    cases: attacks.length,
    refused: attacks.filter((one) => one.kind === 'refused').length,
    // What is found at the end and belongs to no case is a leak as well.
    leaked: Math.max(attacks.filter((one) => one.kind === 'leaked').length, broken.length > 0 ? 1 : 0),
    honest: all.filter((one) => one.kind === 'granted').length,
    problems: [
      ...wrong.map((one) => `${one.world}: ${one.name} (${one.refusedWith}): ${one.kind}: ${one.detail}`),
      ...broken,
    ],
  };
}
