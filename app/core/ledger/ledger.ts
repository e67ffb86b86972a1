// The ledger: which grants were authorized, until when, and what in the history was not ours.
import type { Grant } from '../grant/grant.ts';
import type { ResolvedGrant } from '../grant/resolved.ts';
import type { Policy } from '../policy/policy.ts';
import type { GrantRecord, RemovalRecord } from '../record/record.ts';

export type PolicyInForce = {
  readonly tree: string;
  /** The commit that put it in force. */
  readonly commit: string;
  readonly value: Policy;
};

export type GrantEntry = {
  readonly id: string;
  /** The file as authorized last; later unauthorized edits do not count. */
  readonly grant: Grant;
  readonly blob: string;
  /** With the deadline of the newest authorization. */
  readonly resolved: ResolvedGrant;
  /** The first authorization: person, role and account are those of this merge. */
  readonly record: GrantRecord;
  /** Pull requests in order: the request, then its extensions. */
  readonly pulls: readonly [number, ...number[]];
  readonly commit: string;
  readonly startedAt: Date;
  readonly deadline: Date;
  /** The file was deleted: by whom does not matter, it ends the access. */
  readonly removed: { readonly commit: string; readonly at: Date; readonly record: RemovalRecord | null } | null;
  /** A policy came into force that lacked what the grant stands on; it stays ended, whatever comes back later. */
  readonly gone: { readonly commit: string; readonly at: Date; readonly what: string } | null;
};

/** A grant file on the branch that no valid authorization explains. It grants nothing and is taken out again. */
export type Stray = {
  readonly id: string;
  readonly path: string;
  readonly commit: string;
  readonly at: Date;
  readonly blob: string;
  readonly reason: string;
};

export type LedgerAlarm = {
  readonly code:
    | 'grant-unauthorized'
    | 'grant-edited'
    | 'policy-unauthorized'
    | 'policy-unreadable'
    | 'authorization-invalid'
    | 'authorization-replayed';
  readonly commit: string;
  readonly at: Date;
  readonly message: string;
  /** Whose file it was. */
  readonly grant?: string;
};

export type Ledger = {
  readonly tip: string;
  /** Distance of the tip from genesis. */
  readonly position: number;
  readonly policy: PolicyInForce;
  /** True while the branch's `policies/` is not the one in force. */
  readonly policyDiverged: boolean;
  readonly grants: ReadonlyMap<string, GrantEntry>;
  /** Still on the branch. */
  readonly strays: readonly Stray[];
  /** Every id whose file was ever on the branch: none can be granted again. */
  readonly usedIds: ReadonlySet<string>;
  readonly alarms: readonly LedgerAlarm[];
};
