// Whom an operator ended in a compromise: whatever began before a hold's end is ended, also what is seen only later.
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import { type Revocations, writeWhole } from './revocations.ts';

/** By what cannot be recycled: GitHub's numeric id, the account's 12 digits. */
export type HoldScope =
  | { readonly kind: 'person'; readonly id: number }
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'all' };

export type Hold = {
  readonly scope: HoldScope;
  /** When it was ordered: what had its deadline before is not concerned. */
  readonly at: Date;
  /** What begins before this is ended, and nothing is merged meanwhile. Null when the file cannot be read: no end. */
  readonly until: Date | null;
  /** Who and why, for the record. */
  readonly phrase: string;
};

export type Holds = {
  readonly list: () => readonly Hold[];
  /** Returns when it is on disk. A later one of the same scope takes its place. */
  readonly set: (hold: Hold & { readonly until: Date }) => void;
  /** From now on nothing new is held; what began before stays ended. Answers whether there was a hold. */
  readonly release: (scope: HoldScope, now: Date) => boolean;
};

export type Held = { readonly requesterId: number; readonly accountId: string };

export function holdsFolder(dataDir: string): string {
  return join(dataDir, 'held');
}

/** One file for each scope, written by a command beside the running app. */
export function openHolds(folder: string): Holds {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let last: readonly Hold[] = [];
  const list = (): readonly Hold[] => {
    // What was seen goes on holding while the folder cannot be read; neither may it keep anything else from ending.
    last = namesIn(folder)?.flatMap((name) => readHold(folder, name)) ?? last;
    return last;
  };
  const set: Holds['set'] = ({ scope, at, until, phrase }) =>
    writeWhole(
      join(folder, `${nameOf(scope)}.json`),
      JSON.stringify({ at: at.toISOString(), until: until.toISOString(), phrase }),
    );
  const release: Holds['release'] = (scope, now) => {
    const hold = list().find((one) => nameOf(one.scope) === nameOf(scope));
    if (hold === undefined || (hold.until !== null && hold.until <= now)) return false;
    set({ ...hold, until: now });
    return true;
  };
  return { list, set, release };
}

export const NO_HOLDS: Holds = {
  list: () => [],
  set: () => {
    throw new Error('this process has no folder for holds');
  },
  release: () => false,
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
  return deadline > at && (until === null || startedAt < until);
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

function nameOf(scope: HoldScope): string {
  return scope.kind === 'all' ? 'all' : `${scope.kind}-${scope.id}`;
}

function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}

/** The name says whom; so a file that a full disk or a hand has spoiled still holds, and goes on until somebody looks. */
function readHold(folder: string, name: string): readonly Hold[] {
  const scope = scopeOf(name);
  if (scope === null) return [];
  const file = join(folder, name);
  try {
    const { at, until, phrase }: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(file, 'utf8'));
    const [from, to] = [new Date(String(at)), new Date(String(until))];
    if (!Number.isNaN(from.getTime()) && !Number.isNaN(to.getTime()))
      return [{ scope, at: from, until: to, phrase: String(phrase) }];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  }
  const at = statSync(file, { throwIfNoEntry: false })?.mtime ?? new Date(0);
  return [{ scope, at, until: null, phrase: `held by the file ${file}, which cannot be read` }];
}

function scopeOf(name: string): HoldScope | null {
  if (name === 'all.json') return { kind: 'all' };
  const [, kind, id = ''] = /^(person|account)-(\d+)\.json$/.exec(name) ?? [];
  if (kind === 'person') return { kind, id: Number(id) };
  return kind === 'account' ? { kind, id } : null;
}
