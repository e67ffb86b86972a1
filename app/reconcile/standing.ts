// How all grants stand now: live, failing, stuck, and whose removal is not proved yet; by the ledger, and what failed last.
import { type End, endedAt, endOf, isLongOver } from '../core/ledger/ends.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import type { Context, Memory } from './context.ts';

export type Trouble = {
  readonly grant: string;
  readonly what: 'granting' | 'removal';
  readonly since: Date;
  readonly reason: string;
};

export type Standing = {
  readonly live: number;
  /** Whose last attempt failed; it is being tried again. */
  readonly failing: readonly Trouble[];
  /** Failing for long, or ended long ago and not proved to be gone. */
  readonly stuck: readonly Trouble[];
  /** Ended, and AWS has not proved the absence: the oldest first. */
  readonly unproven: readonly Trouble[];
};

type Remembered = Pick<Memory, 'revoked' | 'proven' | 'settled' | 'failing'>;

/** A retry or two are no news; somebody who waits ten minutes is. */
const STUCK_MS = 600_000;

export async function standing({ ledger, memory, github }: Context): Promise<Standing> {
  return standingOf(await ledger(), memory, github.now());
}

export function standingOf(ledger: Ledger, memory: Remembered, now: Date): Standing {
  const all = [...ledger.grants.values()].map((entry) => ({
    entry,
    end: endOf(entry, ledger.policy.value, now, memory.revoked.get(entry.id)),
  }));
  const live = all.filter(({ end }) => end === null).map(({ entry }) => entry);
  const ended = all.flatMap(({ entry, end }) => (end === null ? [] : [{ entry, end }]));
  const unproven = ended.flatMap(({ entry, end }) => unprovenRemoval(entry, end, memory, now));
  const failing = [...live.flatMap((entry) => failingGrant(entry, memory)), ...unproven.filter(isFailing(memory))];
  const late = ({ since }: Trouble) => now.getTime() - since.getTime() > STUCK_MS;
  const stuck = [...failing.filter(({ what }) => what === 'granting'), ...unproven].filter(late);
  return { live: live.length, failing, stuck, unproven };
}

function failingGrant({ id }: GrantEntry, { failing }: Remembered): readonly Trouble[] {
  const failed = failing.get(id);
  return failed === undefined ? [] : [{ grant: id, what: 'granting', ...failed }];
}

function isFailing({ failing }: Remembered): (trouble: Trouble) => boolean {
  return ({ grant }) => failing.has(grant);
}

function unprovenRemoval(entry: GrantEntry, end: End, memory: Remembered, now: Date): readonly Trouble[] {
  const { id, removed } = entry;
  if (memory.proven.has(id) || memory.settled.has(id) || removed?.record != null) return [];
  if (isLongOver(entry, now)) return [];
  const reason = memory.failing.get(id)?.reason ?? 'the removal is under way';
  return [{ grant: id, what: 'removal', since: endedAt(entry, end), reason }];
}
