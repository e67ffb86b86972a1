// What the simulation found in the app, each kept as the life and the one fault that showed it.
import { expect, test } from 'vitest';
import { playLife } from './chaos.ts';
import type { FaultKind } from './faults.ts';
import { LIVES } from './lives.ts';

type Found = readonly [what: string, life: string, kind: FaultKind, point: string, after: number];

const FOUND: readonly Found[] = [
  [
    'a question to GitHub that failed while Git was asked was a rejection that nobody handled, which ends the process',
    'granting',
    'error',
    'github.reviews',
    0,
  ],
  [
    'an early end waited for the list of stacks, a minute where the store of the state hangs',
    'ending early',
    'time-out',
    'engine.stacks',
    0,
  ],
  [
    'and so did a pass, and with it the end of whom a change of policy took out',
    'policy changed',
    'time-out',
    'engine.stacks',
    0,
  ],
];

test.each(FOUND)('%s (%s, %s at %s)', async (_, name, kind, point, after) => {
  const life = LIVES.find((one) => one.name === name);
  if (life === undefined) throw new Error(`no life "${name}"`);
  // Several seeds, as the moment of the fault differs with them; days of their own, after those of the single faults.
  for (let seed = 9_000; seed < 9_020; seed++)
    expect((await playLife(life, { point, after, kind }, seed)).violations).toEqual([]);
});
