// What an authorization says, as data. Its written form is the trailers of a merge commit.
export type Identity = { readonly login: string; readonly id: number };

export type Approver = Identity & {
  /** Node id of the comment or review, so that an auditor can look it up. */
  readonly nodeId: string;
  /** Whole seconds, UTC. */
  readonly at: string;
};

type Common = { readonly repositoryId: number; readonly pullRequest: number };

export type GrantRecord = Common & {
  readonly kind: 'grant' | 'extension';
  readonly grantId: string;
  readonly grantBlob: string;
  readonly requester: Identity;
  readonly reason: string;
  readonly incident?: string;
  /** `sha256:…` of the resolved grant without its deadline. */
  readonly access: string;
  readonly approvedBy: readonly Approver[];
  readonly approvedHead: string;
  /** Tree id of `policies/` under which it was judged. */
  readonly policies: string;
  readonly rule: string;
  readonly expiresAt: string;
};

export type Removed = {
  readonly grantId: string;
  /** Why it ended, e.g. `deadline 2026-11-22T05:04:00Z` or `revoked by octocat (583231) …`. */
  readonly ended: string;
  /** `proven <first> <second> <request ids>` or `never granted …`. */
  readonly proof: string;
};

export type RemovalRecord = Common & {
  readonly kind: 'removal';
  readonly head: string;
  readonly removed: readonly [Removed, ...Removed[]];
};

export type ChangeRecord = Common & {
  readonly kind: 'change';
  readonly author: Identity;
  readonly approvedBy: readonly Approver[];
  readonly approvedHead: string;
  /** Tree id of `policies/` in the merge result. */
  readonly policies: string;
};

export type AuthorizationRecord = GrantRecord | RemovalRecord | ChangeRecord;
