// The rows of the attack suite: enough of them, each named once, honest ones beside them. `npm run attacks` plays them.
import { expect, it } from 'vitest';
import { WORLDS } from './all.ts';

it('there are at least 200 of them, in groups that do something honest as well', () => {
  const attacks = WORLDS.flatMap((world) => world.attacks);
  const honest = attacks.filter((attack) => attack.refusedWith === 'granted');
  expect(attacks.length - honest.length).toBeGreaterThanOrEqual(200);
  for (const world of WORLDS)
    expect(world.attacks.some(({ refusedWith }) => refusedWith === 'granted' || refusedWith === 'harmless')).toBe(true);
  for (const world of WORLDS) expect(new Set(world.attacks.map(({ name }) => name)).size).toBe(world.attacks.length);
});
