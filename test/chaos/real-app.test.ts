// The real app, its child and the plugin: at each call that any of them makes somebody dies, or the call fails.
import { expect, test } from 'vitest';
import { playLives } from './lives.ts';
import { KINDS } from './tape.ts';

/** One fault for each call, of a kind that differs from call to call; `npm run chaos` plays every kind in every part. */
test('comes to the right access and nothing else, though each of its calls fails or kills somebody once', async () => {
  const told: string[] = [];
  const played = await playLives({ kinds: KINDS, each: 'one', anew: false, say: (line) => told.push(line) });
  expect(played.violations, told.join('\n')).toEqual([]);
  const makers = (pattern: RegExp) => [...played.points].filter((point) => pattern.test(point)).length;
  // What each maker calls is found by watching it; if the watching broke, these would be few.
  expect(makers(/^app github /)).toBeGreaterThanOrEqual(25);
  expect(makers(/^app git /)).toBeGreaterThanOrEqual(8);
  expect(makers(/^app file /)).toBeGreaterThanOrEqual(20);
  expect(makers(/^app aws /)).toBeGreaterThanOrEqual(12);
  expect(makers(/^child (git|file|pulumi) /)).toBeGreaterThanOrEqual(18);
  expect(makers(/^plugin aws /)).toBeGreaterThanOrEqual(12);
  expect(played.faults.length).toBeGreaterThanOrEqual(100);
  const kills = played.faults.filter((fault) => / kill-/.test(fault)).length;
  expect(kills).toBeGreaterThanOrEqual(40);
  for (const part of ['starting', 'granting', 'ending early', 'expiring'])
    expect(played.parts.get(part), part).toBeGreaterThan(0);
}, 900_000);
