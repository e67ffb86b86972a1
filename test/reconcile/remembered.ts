// An empty memory for tests: nobody ended anything early, nothing was swept, nothing is on disk.
import { createMemory, type Memory } from '../../app/reconcile/context.ts';
import { NO_HOLDS } from '../../app/reconcile/holds.ts';
import type { Revocations } from '../../app/reconcile/revocations.ts';
import { createSweepMemory, type SweepMemory } from '../../app/reconcile/sweep-memory.ts';

/** `ended`: grant id → who ended it early and when. */
export function emptyMemory(
  ended: Readonly<Record<string, string>> = {},
  sweep: SweepMemory = createSweepMemory(),
): Memory {
  return createMemory(revocations(ended), NO_HOLDS, sweep);
}

function revocations(ended: Readonly<Record<string, string>>): Revocations {
  const phrases = new Map(Object.entries(ended));
  return {
    list: () => [...phrases.keys()],
    get: (id) => phrases.get(id),
    has: (id) => phrases.has(id),
    set: (id, phrase) => void phrases.set(id, phrase),
    forget: (id) => void phrases.delete(id),
  };
}
