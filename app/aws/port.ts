// What the app asks of IAM Identity Center, in plain data.
import type { ResolvedGrant } from '../core/grant/resolved.ts';

/** A permission set that carries our name prefix, with the tags that are the mark. */
export type Access = {
  readonly arn: string;
  readonly name: string;
  /** Tag `breakglass:ledger`: the repository id of the installation that made it. */
  readonly ledger: string | null;
  /** Tag `breakglass:grant`. */
  readonly grantId: string | null;
  /** Tag `breakglass:expires-at`. */
  readonly expiresAt: string | null;
  /** Tag `breakglass:ended`: why and when somebody ended it early; never undone. */
  readonly ended: string | null;
};

/** One answer of AWS that a proof rests on. */
export type Evidence = { readonly operation: string; readonly requestId: string; readonly at: string };

export type GrantProof =
  | { readonly kind: 'proven'; readonly at: string; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'not-proven'; readonly reason: string };

export type Comparison =
  | { readonly kind: 'gone' }
  /** A sentence for each difference from what was signed; none when all is as it should be. */
  | { readonly kind: 'compared'; readonly differences: readonly string[] };

export type Corrected = {
  /** A sentence for each thing that was found beside what was signed: only a hand adds any. */
  readonly added: readonly string[];
  /** Nothing is missing that the engine would have to make. */
  readonly complete: boolean;
};

/** Of a permission set that no grant explains. */
export type Examination = {
  readonly createdAt: Date;
  readonly inlinePolicy: string | null;
};

/** Proves Identity Center's state, not IAM's propagation. */
export type RemovalProof =
  | {
      readonly kind: 'proven';
      readonly permissionSetArn: string | null;
      /** Both rounds, the second at least the gap after the first. */
      readonly firstAt: string;
      readonly at: string;
      readonly evidence: readonly Evidence[];
    }
  | { readonly kind: 'not-proven'; readonly reason: string };

export type IdentityCenter = {
  /** AWS's clock by the `Date` of the last answer, minus this machine's, in milliseconds; null before the first. */
  readonly clockDifferenceMs: () => number | null;
  /** Every permission set with our name prefix: ours, those of other ledgers, and unmarked ones (`ledger` null), which are only reported. */
  readonly list: () => Promise<readonly Access[]>;
  /**
   * The permission set of one grant by its deterministic name; null when AWS has none. `endingIn`, here and below: the
   * account where a grant ends; that goes before all else, and no account's ends before another's.
   */
  readonly find: (permissionSetName: string, endingIn?: string) => Promise<Access | null>;
  /** Does this Identity Center user exist? */
  readonly userExists: (userId: string) => Promise<'yes' | 'no' | 'unknown'>;
  /**
   * Exactly this person in exactly this account, the inline policy and the managed policies as signed, provisioned in the
   * latest form. Never throws: what cannot be read is not proved.
   */
  readonly proveGranted: (grant: ResolvedGrant, arn: string, inlinePolicy: string) => Promise<GrantProof>;
  /** What `proveGranted` asks, at the pace of the sweep and with all that differs. */
  readonly compare: (grant: ResolvedGrant, arn: string, inlinePolicy: string) => Promise<Comparison>;
  /**
   * Takes back what somebody changed: policies as signed, provisioned, assignments to others deleted. What is missing is
   * left to the engine, what was ended early to its end. Refuses what lacks our ledger tag; writes nothing once aborted.
   */
  readonly correct: (
    grant: ResolvedGrant,
    arn: string,
    inlinePolicy: string,
    signal: AbortSignal,
  ) => Promise<Corrected>;
  /** Null when AWS has no such set. */
  readonly examine: (arn: string) => Promise<Examination | null>;
  /** Early end: Deny * at once, tagged, provisioned to the account, polled. Idempotent. */
  readonly deny: (request: {
    readonly arn: string;
    /** Where a grant ends, denied there first; null for what no grant explains, which has no hurry. */
    readonly accountId: string | null;
    readonly reason: string;
    readonly policy: string;
  }) => Promise<void>;
  /** Deletes what the mark names: assignments first, polled, then the set. Refuses what lacks our ledger tag. Idempotent. */
  readonly remove: (arn: string, endingIn?: string) => Promise<void>;
  readonly proveRemoved: (request: {
    readonly permissionSetName: string;
    readonly arn: string | null;
    /** Null where no grant says which; it is then read from AWS alone. */
    readonly accountId: string | null;
    readonly signal?: AbortSignal;
  }) => Promise<RemovalProof>;
};
