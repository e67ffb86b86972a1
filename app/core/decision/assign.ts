// Assigns people to approval entries so that each stands in one place only: maximum bipartite matching.
import type { ApprovalEntry } from '../policy/policy.ts';

export type Assignment<T> =
  | { readonly kind: 'complete'; readonly chosen: readonly T[] }
  | {
      readonly kind: 'incomplete';
      readonly missing: readonly { readonly entry: ApprovalEntry; readonly have: number }[];
    };

/** Among all ways to fill most places, people who come earlier in `people` are preferred. */
export function assignApprovers<T>(
  entries: readonly ApprovalEntry[],
  people: readonly T[],
  fits: (entry: ApprovalEntry, person: T) => boolean,
): Assignment<T> {
  const slots = entries.flatMap((entry) => Array.from({ length: entry.count }, () => entry));
  const personOf = new Map<number, T>();

  /** Kuhn's augmenting path: a person may push another on to another slot that fits; nobody placed is ever dropped. */
  const place = (person: T, seen: Set<number>): boolean =>
    slots.some((entry, slot) => {
      if (seen.has(slot) || !fits(entry, person)) return false;
      seen.add(slot);
      const holder = personOf.get(slot);
      if (holder !== undefined && !place(holder, seen)) return false;
      personOf.set(slot, person);
      return true;
    });

  const chosen = people.filter((person) => place(person, new Set()));
  if (personOf.size === slots.length) return { kind: 'complete', chosen };
  let first = 0;
  const missing = entries.map((entry) => {
    const have = Array.from({ length: entry.count }, (_, i) => first + i).filter((slot) => personOf.has(slot)).length;
    first += entry.count;
    return { entry, have };
  });
  return { kind: 'incomplete', missing: missing.filter(({ entry, have }) => have < entry.count) };
}
