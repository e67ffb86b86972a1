// Assigns people to approval entries so that each stands in one place only: maximum bipartite matching.
import type { ApprovalEntry } from '../policy/policy.ts';

export type Assignment<T> =
  | { readonly kind: 'complete'; readonly chosen: readonly T[] }
  | { readonly kind: 'incomplete'; readonly missing: readonly { readonly entry: ApprovalEntry; readonly have: number }[] };

export function assignApprovers<T>(
  entries: readonly ApprovalEntry[],
  people: readonly T[],
  fits: (entry: ApprovalEntry, person: T) => boolean,
): Assignment<T> {
  const slots = entries.flatMap((entry) => Array.from({ length: entry.count }, () => entry));
  const personOf = new Map<number, number>();
  const slotOf = new Map<number, number>();

  /** Kuhn's augmenting path: a slot may push its person on to another slot that fits. */
  const place = (slot: number, seen: Set<number>): boolean =>
    people.some((person, p) => {
      const entry = slots[slot];
      if (entry === undefined || seen.has(p) || !fits(entry, person)) return false;
      seen.add(p);
      const held = slotOf.get(p);
      if (held !== undefined && !place(held, seen)) return false;
      slotOf.set(p, slot);
      personOf.set(slot, p);
      return true;
    });

  slots.forEach((_, slot) => {
    place(slot, new Set());
  });
  const chosen = people.filter((_, p) => slotOf.has(p));
  if (personOf.size === slots.length) return { kind: 'complete', chosen };
  let first = 0;
  const missing = entries.map((entry) => {
    const have = Array.from({ length: entry.count }, (_, i) => first + i).filter((slot) => personOf.has(slot)).length;
    first += entry.count;
    return { entry, have };
  });
  return { kind: 'incomplete', missing: missing.filter(({ entry, have }) => have < entry.count) };
}
