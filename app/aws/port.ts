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
  /** The permission set of one grant by its deterministic name; null when AWS has none. */
  readonly find: (permissionSetName: string) => Promise<Access | null>;
  /** Does this Identity Center user exist? */
  readonly userExists: (userId: string) => Promise<'yes' | 'no' | 'unknown'>;
  /**
   * Exactly this person in exactly this account, the inline policy and the managed policies as signed, provisioned in the
   * latest form. Never throws: what cannot be read is not proved.
   */
  readonly proveGranted: (grant: ResolvedGrant, arn: string, inlinePolicy: string) => Promise<GrantProof>;
  /** Early end: Deny * at once, tagged, provisioned to the account, polled. Idempotent. */
  readonly deny: (request: {
    readonly arn: string;
    readonly accountId: string;
    readonly reason: string;
    readonly policy: string;
  }) => Promise<void>;
  /** Deletes what the mark names: assignments first, polled, then the set. Refuses what lacks our ledger tag. Idempotent. */
  readonly remove: (arn: string) => Promise<void>;
  readonly proveRemoved: (request: {
    readonly permissionSetName: string;
    readonly arn: string | null;
    readonly accountId: string;
    readonly signal?: AbortSignal;
  }) => Promise<RemovalProof>;
};
