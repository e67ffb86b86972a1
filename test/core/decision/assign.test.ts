// The assignment of people to entries, against a model that tries everything.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignApprovers } from '../../../app/core/decision/assign.ts';
import type { ApprovalEntry } from '../../../app/core/policy/policy.ts';

const entry = (count: number, ...ids: readonly number[]): ApprovalEntry => {
  const [first = 0, ...rest] = ids;
  const who = (id: number) => ({ kind: 'user' as const, login: `u${id}`, id });
  return { count, from: [who(first), ...rest.map(who)] };
};
const fits = (one: ApprovalEntry, person: number) => one.from.some((who) => who.id === person);

/** The largest number of places that can be filled, by trying every person in every place. */
function most(places: readonly ApprovalEntry[], people: readonly number[]): number {
  const [place, ...rest] = places;
  if (place === undefined) return 0;
  const filled = people
    .filter((person) => fits(place, person))
    .map(
      (person) =>
        1 +
        most(
          rest,
          people.filter((one) => one !== person),
        ),
    );
  return Math.max(most(rest, people), ...filled);
}

const person = fc.integer({ min: 1, max: 5 });
const someEntry = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.uniqueArray(person, { minLength: 1, maxLength: 4 }))
  .map(([count, ids]) => entry(count, ...ids));

test('is as good as the best one, and says exactly what is missing', () => {
  fc.assert(
    fc.property(fc.array(someEntry, { maxLength: 3 }), fc.uniqueArray(person, { maxLength: 5 }), (entries, people) => {
      const places = entries.flatMap((one) => Array.from({ length: one.count }, () => one));
      const best = most(places, people);
      const result = assignApprovers(entries, people, fits);
      expect(result.kind).toBe(best === places.length ? 'complete' : 'incomplete');
      if (result.kind === 'complete') {
        expect(result.chosen).toHaveLength(places.length);
        expect(new Set(result.chosen).size).toBe(places.length);
        expect(most(places, result.chosen)).toBe(places.length);
        return;
      }
      const missing = result.missing.reduce((sum, one) => sum + one.entry.count - one.have, 0);
      expect(missing).toBe(places.length - best);
      expect(result.missing.every((one) => one.have < one.entry.count)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('of all complete ones, whoever comes first is in', () => {
  fc.assert(
    fc.property(
      fc.array(someEntry, { minLength: 1, maxLength: 2 }),
      fc.shuffledSubarray([1, 2, 3, 4, 5]),
      (entries, people) => {
        const result = assignApprovers(entries, people, fits);
        const first = people.find((one) => entries.some((each) => fits(each, one)));
        if (result.kind === 'complete' && first !== undefined) expect(result.chosen).toContain(first);
      },
    ),
  );
});

test.each([
  ['nobody is needed', [], [], 'complete'],
  ['one person never stands in two places', [entry(1, 1), entry(1, 1)], [1], 'incomplete'],
  ['somebody steps aside for another', [entry(1, 1, 2), entry(1, 1)], [1, 2], 'complete'],
  ['a chain of three steps', [entry(1, 1, 2), entry(1, 2, 3), entry(1, 1)], [1, 2, 3], 'complete'],
  ['two of the same entry are two people', [entry(2, 1, 2)], [1], 'incomplete'],
])('%s', (_, entries, people, kind) => {
  expect(assignApprovers<number>(entries, people, fits).kind).toBe(kind);
});
