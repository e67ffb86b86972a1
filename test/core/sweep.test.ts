// What the sweep may take away: a table of its guards, and what holds whatever it is given.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Orphan, planSweep, type SweepInput, unexplained } from '../../app/core/sweep.ts';
import { at, HistoryBuilder } from './ledger/history-builder.ts';

const NOW = at(60);

/** Of yesterday, seen twice, with its own deadline in an hour. */
const orphan = (name: string, more: Partial<Orphan> = {}): Orphan => ({
  arn: `arn:${name}`,
  name,
  createdAt: at(-1440),
  deadline: at(120),
  seen: { times: 2, since: at(0) },
  ...more,
});
const plan = (orphans: readonly Orphan[], more: Partial<SweepInput> = {}) => {
  const planned = planSweep({
    orphans,
    now: NOW,
    minAgeMs: 600_000,
    limits: { maxRemovals: 2, released: [] },
    removed: new Set(),
    doubt: null,
    ...more,
  });
  return {
    remove: planned.remove.map((one) => `${one.name}${one.counted ? '' : ' free'}`),
    frozen: planned.frozen.map((one) => one.name),
    why: planned.why,
  };
};
const [a, b, c] = [orphan('a'), orphan('b'), orphan('c')];
const over = { deadline: at(60) };

type Row = readonly [
  what: string,
  orphans: readonly Orphan[],
  more: Partial<SweepInput>,
  expected: Partial<ReturnType<typeof plan>>,
];

test.each<Row>([
  ['one goes, and counts', [a], {}, { remove: ['a'], why: null }],
  ['as many as max_removals go, the rest freezes', [c, b, a], {}, { remove: ['a', 'b'], frozen: ['c'] }],
  ['the oldest go first', [a, b, orphan('c', { createdAt: at(-2000) })], {}, { remove: ['c', 'a'], frozen: ['b'] }],
  ['those of the last day count', [a, b], { removed: new Set(['x']) }, { remove: ['a'], frozen: ['b'] }],
  ['none goes when they were enough', [a], { removed: new Set(['x', 'y']) }, { remove: [], frozen: ['a'] }],
  ['one that was begun is finished', [a, b], { removed: new Set(['a', 'x']) }, { remove: ['a'], frozen: ['b'] }],
  [
    'a raised max_removals releases',
    [a, b, c],
    { limits: { maxRemovals: 3, released: [] } },
    { remove: ['a', 'b', 'c'], frozen: [] },
  ],
  [
    'a name that the owners release goes without counting, another does not',
    [a, b],
    { removed: new Set(['x', 'y']), limits: { maxRemovals: 2, released: ['b'] } },
    { remove: ['b free'], frozen: ['a'] },
  ],
  [
    'what gives nothing any more goes without counting',
    [orphan('a', over), orphan('b', over), orphan('c', over)],
    { removed: new Set(['x', 'y']) },
    { remove: ['a free', 'b free', 'c free'], frozen: [] },
  ],
  ['a second before its deadline it counts', [orphan('a', { deadline: at(60 + 1 / 60) })], {}, { remove: ['a'] }],
  ['without a deadline it counts', [orphan('a', { deadline: null })], {}, { remove: ['a'] }],
  ['ten minutes old is old enough', [orphan('a', { createdAt: at(50) })], {}, { remove: ['a'] }],
  ['younger waits', [orphan('a', { createdAt: at(50 + 1 / 60) })], {}, { remove: [], frozen: [], why: null }],
  ['seen once waits', [orphan('a', { seen: { times: 1, since: at(0) } })], {}, { remove: [], frozen: [] }],
  [
    'seen once waits, though it is over',
    [orphan('a', { ...over, seen: { times: 1, since: at(0) } })],
    {},
    { remove: [], frozen: [] },
  ],
  ['in doubt none goes', [a, b], { doubt: 'history' }, { remove: [], frozen: ['a', 'b'], why: 'history' }],
  ['in doubt not even one that was begun', [a], { doubt: 'history', removed: new Set(['a']) }, { frozen: ['a'] }],
  ['in doubt what is over goes', [orphan('a', over), b], { doubt: 'x' }, { remove: ['a free'], frozen: ['b'] }],
  [
    'in doubt what was released goes',
    [a],
    { doubt: 'x', limits: { maxRemovals: 2, released: ['a'] } },
    { remove: ['a free'] },
  ],
  ['nothing frozen, nothing said', [], { doubt: 'x' }, { why: null }],
])('%s', (_, orphans, more, expected) => {
  expect(plan(orphans, more)).toMatchObject(expected);
});

test('says how many went', () => {
  expect(plan([a], { removed: new Set(['x', 'y']) }).why).toBe('max_removals is 2, and 2 went in the last 24 hours');
});

describe('whatever there is', () => {
  const orphans = fc
    .uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-e]{1,2}$/),
        age: fc.integer({ min: 0, max: 30 }),
        left: fc.option(fc.integer({ min: -30, max: 30 })),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      { selector: (one) => one.name },
    )
    .map((all) =>
      all.map(({ name, age, left, times }) =>
        orphan(name, {
          createdAt: at(60 - age),
          deadline: left === null ? null : at(60 + left),
          seen: { times, since: at(0) },
        }),
      ),
    );
  const inputs = fc.record({
    orphans,
    removed: fc.uniqueArray(fc.stringMatching(/^[a-e]{1,2}$/)).map((names) => new Set(names)),
    limits: fc.record({
      maxRemovals: fc.integer({ min: 1, max: 4 }),
      released: fc.uniqueArray(fc.stringMatching(/^[a-e]$/)),
    }),
    doubt: fc.constantFrom(null, 'doubt'),
  });

  test('each that is ripe is in one list, the guards hold, and what is over is never held back', () => {
    fc.assert(
      fc.property(inputs, (more) => {
        const input = { now: NOW, minAgeMs: 600_000, ...more };
        const { remove, frozen, why } = planSweep(input);
        const names = [...remove, ...frozen].map((one) => one.name);
        const ripe = more.orphans.filter(({ seen, createdAt }) => seen.times >= 2 && createdAt <= at(50));
        expect(names.toSorted()).toEqual(ripe.map((one) => one.name).toSorted());
        const fresh = remove.filter((one) => one.counted && !more.removed.has(one.name));
        expect(fresh.length + more.removed.size).toBeLessThanOrEqual(
          Math.max(more.limits.maxRemovals, more.removed.size),
        );
        if (more.doubt !== null) expect(remove.filter((one) => one.counted)).toEqual([]);
        const alive = (one: Orphan) => one.deadline === null || one.deadline > NOW;
        expect(frozen.every((one) => alive(one) && !more.limits.released.includes(one.name))).toBe(true);
        expect(remove.every((one) => one.seen.times >= 2 && +NOW - +one.createdAt >= 600_000)).toBe(true);
        expect(why === null).toBe(frozen.length === 0);
      }),
    );
  });
});

describe('what no grant explains', () => {
  const history = new HistoryBuilder();
  history.grant('first', 0);
  const ledger = history.ledger();
  const name = ledger.grants.get('first')?.resolved.permissionSetName ?? '';

  test('the set and the stack of a grant are explained, ended or not', () => {
    const set = { arn: 'arn', name };
    expect(unexplained(ledger, [set], ['first'])).toEqual({ sets: [], stacks: [] });
    history.push({ at: 5, changes: [history.remove('first')] });
    expect(unexplained(history.ledger(), [set], ['first'])).toEqual({ sets: [], stacks: [] });
  });

  test('a set of another name is not, whatever grant its tags claim', () => {
    const copy = { arn: 'arn', name: 'bg-admin-aaaaaaaaaaaaaaaa', grantId: 'first' };
    expect(unexplained(ledger, [copy], [])).toEqual({ sets: [copy], stacks: [] });
  });

  test('nor is the stack of an id that was never granted', () => {
    expect(unexplained(ledger, [], ['first', 'second'])).toEqual({ sets: [], stacks: ['second'] });
  });
});
