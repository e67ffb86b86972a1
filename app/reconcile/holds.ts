// Whom an operator ended in a compromise: whatever began before a hold's end is ended, also what is seen only later.
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import type { Revocations } from './revocations.ts';

/** By what cannot be recycled: GitHub's numeric id, the account's 12 digits. */
export type HoldScope =
  | { readonly kind: 'person'; readonly id: number }
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'all' };

export type Hold = {
  readonly scope: HoldScope;
  /** When it was ordered: what had its deadline before is not concerned. */
  readonly at: Date;
  /**
   * What begins before this is ended, and nothing is merged meanwhile. Null when the file cannot be read: nothing is
   * merged, and nothing is ended, as that could not be taken back.
   */
  readonly until: Date | null;
  /** Who and why, for the record. */
  readonly phrase: string;
};

export type Holds = {
  readonly list: () => readonly Hold[];
  /** Returns when it is on disk. One of the same scope that still holds is made longer, never shorter. */
  readonly set: (hold: Hold & { readonly until: Date }) => void;
  /** From now on nothing new is held; what began before stays ended. Answers whether there was a hold. */
  readonly release: (scope: HoldScope, now: Date) => boolean;
  /** Deletes those whose grants are all past their deadlines: an old file could only do harm. */
  readonly forgetOver: (now: Date) => void;
};

export type Held = { readonly requesterId: number; readonly accountId: string };

export const NO_HOLDS: Holds = {
  list: () => [],
  set: () => {
    throw new Error('this process has no folder for holds');
  },
  release: () => false,
  forgetOver: () => {},
};

/** Each live grant that a hold concerns is remembered as ended, for good: the hold may be replaced or lost. */
export function heedHolds(holds: Holds, ledger: Ledger, revoked: Revocations): void {
  const all = holds.list();
  if (all.length === 0) return;
  for (const entry of ledger.grants.values()) {
    if (entry.removed?.record != null || revoked.has(entry.id)) continue;
    const hold = all.find((one) => concerns(one, entry));
    if (hold !== undefined) revoked.set(entry.id, hold.phrase);
  }
}

/** Why a request cannot be merged now. */
export function heldNow(holds: Holds, of: Held, now: Date): string | null {
  const hold = holds.list().find((one) => covers(one.scope, of) && (one.until === null || now < one.until));
  if (hold === undefined) return null;
  const end = hold.until === null ? 'an operator takes it back' : wholeSeconds(hold.until);
  return `nothing is granted ${scopePhrase(hold.scope)} until ${end}: ${hold.phrase}`;
}

export function covers(scope: HoldScope, { requesterId, accountId }: Held): boolean {
  switch (scope.kind) {
    case 'person':
      return scope.id === requesterId;
    case 'account':
      return scope.id === accountId;
    case 'all':
      return true;
  }
}

function concerns({ scope, at, until }: Hold, { record, resolved, startedAt, deadline }: GrantEntry): boolean {
  if (!covers(scope, { requesterId: record.requester.id, accountId: resolved.accountId })) return false;
  return until !== null && deadline > at && startedAt < until;
}

function scopePhrase(scope: HoldScope): string {
  switch (scope.kind) {
    case 'person':
      return `to the GitHub user ${scope.id}`;
    case 'account':
      return `in account ${scope.id}`;
    case 'all':
      return 'to anybody';
  }
}
