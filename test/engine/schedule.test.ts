// The order in which operations run: ends first, one per account, one slot never taken by grants.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule, type Turn } from '../../app/engine/schedule.ts';

type Step = { readonly name: string; readonly turn: Turn };

/** Starts all, and ends what runs one by one; answers which ran together after each step. */
async function play(operations: number, steps: readonly Step[]): Promise<readonly (readonly string[])[]> {
  const schedule = createSchedule(operations);
  const running = new Map<string, () => void>();
  const results = steps.map(({ name, turn }) =>
    schedule.run(turn, () => new Promise<void>((resolve) => running.set(name, resolve))),
  );
  const seen: string[][] = [];
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (running.size === 0) break;
    seen.push([...running.keys()]);
    const [first] = running;
    if (first) {
      running.delete(first[0]);
      first[1]();
    }
  }
  await Promise.all(results);
  return seen;
}

const grant = (name: string, accountId = name): Step => ({ name, turn: { action: 'grant', accountId } });
const of = (userId: string, name: string): Step => ({ name, turn: { action: 'grant', accountId: name, userId } });
const end = (name: string, accountId = name): Step => ({ name, turn: { action: 'end', accountId } });

describe('the schedule', () => {
  it.each<[string, number, Step[], string[][]]>([
    ['runs different accounts together', 3, [grant('a'), grant('b')], [['a', 'b'], ['b']]],
    ['runs one account one by one', 3, [grant('a', '1'), grant('b', '1')], [['a'], ['b']]],
    ['keeps one slot free of grants', 2, [grant('a'), grant('b'), end('c')], [['a', 'c'], ['c', 'b'], ['b']]],
    [
      'lets ends go before grants that came first',
      2,
      [grant('a'), grant('b', 'x'), end('c', 'x')],
      [['a', 'c'], ['c'], ['b']],
    ],
    [
      "does not let one person's many grants hold up another's first",
      3,
      [of('mona', 'a'), of('mona', 'b'), of('mona', 'c'), of('mona', 'd'), of('hubot', 'e')],
      [['a', 'b'], ['b', 'e'], ['e', 'c'], ['c', 'd'], ['d']],
    ],
    ['runs ends in every slot', 2, [end('a'), end('b'), end('c')], [['a', 'b'], ['b', 'c'], ['c']]],
    ['still grants when there is one slot only', 1, [grant('a'), grant('b'), end('c')], [['a'], ['c'], ['b']]],
  ])('%s', async (_, operations, steps, expected) => {
    expect(await play(operations, steps)).toEqual(expected);
  });

  it('never runs two operations of an account, nor more than its slots, and runs them all', async () => {
    const steps = fc.array(
      fc.record({
        action: fc.constantFrom('grant' as const, 'end' as const),
        accountId: fc.constantFrom('1', '2', '3', '4'),
      }),
      { maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (operations, turns) => {
        const named = turns.map((turn, index) => ({ name: `${index}-${turn.action}-${turn.accountId}`, turn }));
        const seen = await play(operations, named);
        for (const together of seen) {
          expect(together.length).toBeLessThanOrEqual(operations);
          expect(new Set(together.map((name) => name.at(-1))).size).toBe(together.length);
          const grants = together.filter((name) => name.includes('grant')).length;
          expect(grants).toBeLessThanOrEqual(Math.max(1, operations - 1));
        }
        expect(new Set(seen.flat()).size).toBe(turns.length);
      }),
      { numRuns: 50 },
    );
  });

  it('lets a waiting operation go when its signal says so, and the rest go on', async () => {
    const schedule = createSchedule(2);
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const first = schedule.run({ action: 'grant', accountId: '1' }, () => promise);
    const second = schedule.run({ action: 'grant', accountId: '1', signal: stop.signal }, async () => 'never');
    const third = schedule.run({ action: 'grant', accountId: '1' }, async () => 'third');
    stop.abort();
    expect(await second).toBe('cancelled');
    resolve('first');
    expect(await Promise.all([first, third])).toEqual(['first', 'third']);
    await schedule.idle();
  });

  it('frees the slot of an operation that throws', async () => {
    const schedule = createSchedule(1);
    const bad = schedule.run({ action: 'end', accountId: '1' }, () => Promise.reject(new Error('boom')));
    await expect(bad).rejects.toThrow('boom');
    expect(await schedule.run({ action: 'grant', accountId: '1' }, async () => 'next')).toBe('next');
  });
});
