// The real app, its child and the plugin: at each call that any of them makes somebody dies, or the call fails.
import { describe, expect, it } from 'vitest';
import { type Played, playLives } from './lives.ts';
import { KINDS, type Maker } from './tape.ts';

/** One fault for each call, of a kind that differs from call to call; `npm run chaos` plays every kind in every part. */
async function play(...makers: readonly Maker[]): Promise<Played> {
  const told: string[] = [];
  const say = (line: string) => told.push(line);
  const played = await playLives({ kinds: KINDS, each: 'one', makers, anew: false, say });
  expect(played.violations, told.join('\n')).toEqual([]);
  for (const part of ['granting', 'ending early']) expect(played.parts.get(part), part).toBeGreaterThan(0);
  return played;
}

/** What each maker calls is found by watching it; if the watching broke, these would be few. */
function found({ points }: Played, pattern: RegExp): number {
  return [...points].filter((point) => pattern.test(point)).length;
}

function struck({ faults }: Played, kind: string): number {
  return faults.filter((fault) => fault.split(' ').includes(kind)).length;
}

function kills({ faults }: Played): number {
  return faults.filter((fault) => / kill-/.test(fault)).length;
}

describe.concurrent('the right access and nothing else comes of it', () => {
  it('though each call of the app fails or kills it once', async () => {
    const played = await play('app');
    expect(found(played, /^app github /)).toBeGreaterThanOrEqual(25);
    expect(found(played, /^app git /)).toBeGreaterThanOrEqual(7);
    expect(found(played, /^app file /)).toBeGreaterThanOrEqual(20);
    expect(found(played, /^app aws /)).toBeGreaterThanOrEqual(5);
    expect(played.faults.length).toBeGreaterThanOrEqual(60);
    expect(kills(played)).toBeGreaterThanOrEqual(20);
    for (const point of ['app github POST git', 'app github POST git where'])
      expect(
        played.faults.some((fault) => fault.endsWith(` ${point}`)),
        point,
      ).toBe(true);
    for (const kind of ['kill-tool', 'time-out', 'stale']) expect(struck(played, kind), kind).toBeGreaterThan(0);
  }, 900_000);

  it('though each call of the engine’s child and of the plugin fails, or kills it or the app, once', async () => {
    const played = await play('child', 'plugin');
    expect(found(played, /^child (git|file|pulumi) /)).toBeGreaterThanOrEqual(18);
    expect(found(played, /^plugin aws /)).toBeGreaterThanOrEqual(10);
    expect(played.faults.length).toBeGreaterThanOrEqual(25);
    expect(kills(played)).toBeGreaterThanOrEqual(12);
  }, 900_000);
});
