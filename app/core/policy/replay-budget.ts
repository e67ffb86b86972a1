// What each person already had when they asked, for the budgets of a replay: only grants that can still count are kept.
import type { GrantEntry } from '../ledger/ledger.ts';

export type Recent = {
  /** Called in order of time; `rule` is the one that it counts under. */
  readonly add: (entry: GrantEntry, rule: string) => void;
  /** As it stood at the start of `entry`. */
  readonly before: (entry: GrantEntry) => readonly GrantEntry[];
};

const DAY_MS = 86_400_000;

export function createRecent(): Recent {
  const byPerson = new Map<number, GrantEntry[]>();
  return {
    add: (entry, rule) => {
      const { id } = entry.record.requester;
      const kept = (byPerson.get(id) ?? []).filter((one) => counts(one, entry.startedAt));
      byPerson.set(id, [...kept, { ...entry, record: { ...entry.record, rule } }]);
    },
    before: ({ record, startedAt }) =>
      (byPerson.get(record.requester.id) ?? []).map((one) => ({
        ...one,
        // What the ledger knows today had not happened yet.
        removed: one.removed !== null && one.removed.at <= startedAt ? one.removed : null,
        gone: one.gone !== null && one.gone.at <= startedAt ? one.gone : null,
      })),
  };
}

function counts(entry: GrantEntry, at: Date): boolean {
  return entry.deadline > at || at.getTime() - entry.startedAt.getTime() < DAY_MS;
}
