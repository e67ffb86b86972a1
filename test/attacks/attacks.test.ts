// The attack suite: every row is played against the real app, and the honest rows beside them show that anything passes.
import { describe, expect, it } from 'vitest';
import { accountOf, playApart, WORLDS } from './all.ts';

/** Of a machine that does much else as well. */
const PATIENCE_MS = 600_000;

describe('the rows', () => {
  it('are at least 200, each named once, in groups that do something honest as well', () => {
    const attacks = WORLDS.flatMap((world) => world.attacks);
    const honest = attacks.filter((attack) => attack.refusedWith === 'granted');
    expect(attacks.length - honest.length).toBeGreaterThanOrEqual(200);
    for (const world of WORLDS) {
      const isHonest = ({ refusedWith }: (typeof attacks)[number]) =>
        refusedWith === 'granted' || refusedWith === 'harmless';
      expect(world.attacks.some(isHonest)).toBe(true);
      expect(new Set(world.attacks.map(({ name }) => name)).size).toBe(world.attacks.length);
    }
  });
});

// An app waits most of its time for its own pace on GitHub, so several worlds share two cores.
describe.concurrent('played against the real app', () => {
  it.each(WORLDS)(
    '$name: all is refused with the words it must be refused with',
    async ({ name }) => {
      const result = accountOf([await playApart(name)]);
      expect(result.problems).toEqual([]);
      expect(result).toMatchObject({ refused: result.cases, leaked: 0 });
    },
    PATIENCE_MS,
  );
});
