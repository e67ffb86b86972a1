// What carries our mark and no grant explains, and how much of it may be taken away now: the guards of the sweep.
import type { Ledger } from './ledger/ledger.ts';
import type { Sighting } from './sightings.ts';

/** A permission set with our ledger tag. */
export type MarkedSet = { readonly arn: string; readonly name: string };

export type Unexplained<S extends MarkedSet> = {
  readonly sets: readonly S[];
  /** Ids of stacks. */
  readonly stacks: readonly string[];
};

/**
 * By the name, which follows from repository and grant: a second set that copies the tags of a live grant is explained by
 * nobody. What belongs to a grant that has ended is explained: its end takes it away, and no guard holds an end back.
 */
export function unexplained<S extends MarkedSet>(
  ledger: Pick<Ledger, 'grants'>,
  sets: readonly S[],
  stacks: readonly string[],
): Unexplained<S> {
  const names = new Set([...ledger.grants.values()].map((entry) => entry.resolved.permissionSetName));
  return {
    sets: sets.filter((set) => !names.has(set.name)),
    stacks: stacks.filter((id) => !ledger.grants.has(id)),
  };
}

export type Orphan = MarkedSet & {
  readonly createdAt: Date;
  /** By what AWS holds of it; null where that cannot be read, which counts as still to come. */
  readonly deadline: Date | null;
  readonly seen: Sighting;
};

export type SweepInput = {
  readonly orphans: readonly Orphan[];
  /** The earliest of the clocks that could be asked: nothing is old or over by one clock alone. */
  readonly now: Date;
  readonly minAgeMs: number;
  readonly limits: { readonly maxRemovals: number; readonly released: readonly string[] };
  /** Names of what was taken away without an end within the last day. */
  readonly removed: ReadonlySet<string>;
  /** Why nothing may go that still gives access; null when all is well. */
  readonly doubt: string | null;
};

export type SweepPlan = {
  /** `counted`: its own deadline lies ahead, so it is one of `max_removals`. */
  readonly remove: readonly (Orphan & { readonly counted: boolean })[];
  readonly frozen: readonly Orphan[];
  readonly why: string | null;
};

/** A ledger that was lost or misread would make every access an orphan: only so many may go before a person looks. */
export function planSweep(input: SweepInput): SweepPlan {
  const { now, limits, removed, doubt } = input;
  const orphans = input.orphans.toSorted((a, b) => +a.createdAt - +b.createdAt || (a.name < b.name ? -1 : 1));
  const ripe = orphans.filter((one) => isRipe(one, input));
  const remove: (Orphan & { readonly counted: boolean })[] = [];
  const frozen: Orphan[] = [];
  let left = Math.max(0, limits.maxRemovals - removed.size);
  for (const orphan of ripe) {
    const free = isOver(orphan, now) || limits.released.includes(orphan.name);
    // One that was begun before a restart is finished, and counted once.
    const begun = removed.has(orphan.name);
    if (free || (doubt === null && (begun || left > 0))) {
      remove.push({ ...orphan, counted: !free });
      if (!free && !begun) left -= 1;
    } else frozen.push(orphan);
  }
  const limit = `max_removals is ${limits.maxRemovals}, and ${removed.size} went in the last 24 hours`;
  return { remove, frozen, why: frozen.length === 0 ? null : (doubt ?? limit) };
}

function isRipe({ createdAt, seen }: Orphan, { now, minAgeMs }: SweepInput): boolean {
  return seen.times >= 2 && now.getTime() - createdAt.getTime() >= minAgeMs;
}

function isOver({ deadline }: Orphan, now: Date): boolean {
  return deadline !== null && deadline <= now;
}
