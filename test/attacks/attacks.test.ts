// Every attack is refused with what its row says, by the real app, and what is honest beside it is granted.
import { describe, expect, it } from 'vitest';
import { accountOf, WORLDS } from './all.ts';
import { playWorld } from './world.ts';

const PATIENCE_MS = 600_000;

describe.concurrent('attacks', () => {
  for (const world of WORLDS)
    it(world.name, { timeout: PATIENCE_MS }, async ({ expect }) => {
      const { cases, refused, leaked, problems } = accountOf([await playWorld(world)]);
      expect(problems).toEqual([]);
      expect({ refused, leaked }).toEqual({ refused: cases, leaked: 0 });
    });
});

it('there are at least 200 of them, in groups that do something honest as well', () => {
  const attacks = WORLDS.flatMap((world) => world.attacks);
  const honest = attacks.filter((attack) => attack.refusedWith === 'granted');
  expect(attacks.length - honest.length).toBeGreaterThanOrEqual(200);
  for (const world of WORLDS)
    expect(world.attacks.some(({ refusedWith }) => refusedWith === 'granted' || refusedWith === 'harmless')).toBe(true);
  for (const world of WORLDS) expect(new Set(world.attacks.map(({ name }) => name)).size).toBe(world.attacks.length);
});
