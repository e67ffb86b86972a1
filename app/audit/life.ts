// What became of one grant, as the ledger alone can tell: whether it lives, since when it does not, and who says so.
import { endOf } from '../core/ledger/ends.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Policy } from '../core/policy/policy.ts';

export type Life = {
  /**
   * `active` by what was signed, `ending` when something took it away and no record says that it is gone, `removed` by a
   * record with AWS's proof, `unproven` when somebody else deleted its file.
   */
  readonly state: 'active' | 'ending' | 'removed' | 'unproven';
  /** The deadline while it lives. Never too early: where nobody proved an earlier end, the deadline stands. */
  readonly endedAt: Date;
  /** Why it ended, as the record or the ledger says; null while it lives. */
  readonly end: string | null;
  /** AWS's own answers, from the record. */
  readonly proof: string | null;
};

export function lifeOf(entry: GrantEntry, policy: Policy, now: Date): Life {
  const { removed, deadline } = entry;
  const recorded = removed?.record?.removed.find((one) => one.grantId === entry.id);
  if (removed !== null && recorded !== undefined) {
    const said = timeIn(recorded.ended) ?? entry.gone?.at ?? removed.at;
    return { state: 'removed', endedAt: within(entry, said), end: recorded.ended, proof: recorded.proof };
  }
  if (removed !== null) {
    const end = `file deleted by commit ${removed.commit.slice(0, 12)} without a record of the app`;
    return { state: 'unproven', endedAt: deadline, end, proof: null };
  }
  const end = endOf(entry, policy, now);
  if (end === null) return { state: 'active', endedAt: deadline, end: null, proof: null };
  const at = end.kind === 'policy' ? (entry.gone?.at ?? now) : deadline;
  return { state: 'ending', endedAt: within(entry, at), end: end.sentence, proof: null };
}

/** Exactly at the end counts as past. */
export function hadAccess(entry: GrantEntry, life: Life, at: Date): boolean {
  return entry.startedAt <= at && at < life.endedAt;
}

/** The first one: a phrase names its time before any text that a person wrote. */
function timeIn(text: string): Date | null {
  const found = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/.exec(text)?.[0];
  return found === undefined || Number.isNaN(Date.parse(found)) ? null : new Date(found);
}

/** The date of a commit is its author's word: no date can lie outside of the grant's own span. */
function within({ startedAt, deadline }: GrantEntry, at: Date): Date {
  return new Date(Math.max(startedAt.getTime(), Math.min(deadline.getTime(), at.getTime())));
}
