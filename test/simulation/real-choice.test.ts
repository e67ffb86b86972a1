// The twenty that are played on the real engine are still what they were chosen for, whatever became of the generator.
import { expect, test } from 'vitest';
import { CHOSEN, type Kind, kindOf, stream, WANTED } from './real/choose.ts';

test('as many as wanted in which the process dies at a call of the plugin, a call fails, or neither', async () => {
  const all = stream(Math.max(...CHOSEN) + 1);
  const found: Record<Kind, number> = { dies: 0, fails: 0, neither: 0 };
  for (const index of CHOSEN) {
    const [seed, plans] = all[index] ?? [0, []];
    const kind = await kindOf(seed, plans);
    expect(kind, `schedule ${index}; node test/simulation/real/choose.ts names others`).not.toBeNull();
    if (kind !== null) found[kind] += 1;
  }
  expect(found).toEqual(WANTED);
});
