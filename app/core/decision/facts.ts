// All that the decision on one pull request is made of, gathered before it and plain enough to write down.
import type { Grant } from '../grant/grant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Policy, Selector } from '../policy/policy.ts';
import type { PolicyReport } from '../policy/policy-test-report.ts';
import type { Parsed } from '../result.ts';
import type { Change } from './change.ts';
import type { Comment, Edits, Membership, Push, Review, User } from './people.ts';

export type PullState = {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly draft: boolean;
  readonly author: User | null;
  readonly head: { readonly sha: string; readonly ref: string; readonly repositoryId: number | null };
  readonly base: { readonly sha: string; readonly ref: string; readonly repositoryId: number };
  readonly createdAt: Date;
};

/** Proof that a grant's access is gone, as text for the record; or why there is none yet. */
export type RemovalState =
  | { readonly kind: 'proven'; readonly ended: string; readonly proof: string }
  /** `revoked`: this removal is itself the end, asked for by somebody who may. */
  | { readonly kind: 'waiting'; readonly sentence: string; readonly revoked?: string }
  /** The grant lives and nobody who may end it has asked. */
  | { readonly kind: 'live' };

export type PullFacts = {
  readonly pull: PullState;
  readonly configured: { readonly repositoryId: number; readonly branch: string };
  readonly self: { readonly appId: number; readonly userId: number };
  readonly change: Change;
  /** The grant file at the head, for a request or an extension. */
  readonly grantFile: Parsed<Grant> | null;
  readonly comments: readonly Comment[];
  readonly reviews: readonly Review[];
  /** By node id, asked live of the words that would count as approval; `unknown` for whatever was not asked. */
  readonly edits: ReadonlyMap<string, Edits>;
  readonly pushes: readonly Push[];
  readonly reopenedAt: Date | null;
  readonly ledger: Ledger;
  /** Non-white-space characters of the inline policy that the grant would need, and AWS's limit. */
  readonly inlinePolicy: { readonly characters: number; readonly limit: number } | null;
  /** Whether Identity Center has the requester's user; `unknown` where AWS does not answer, which holds up nobody. */
  readonly awsUser?: 'yes' | 'no' | 'unknown';
  /** Who ended a grant early, where somebody did and Git does not say it yet. */
  readonly revoked?: (grantId: string) => string | undefined;
  /** For owners' ground: what `policies/` would be after the merge. */
  readonly mergedPolicy: {
    readonly tree: string | null;
    /** What it says decides nothing before the merge, and so it need not be here. */
    readonly policy:
      | { readonly kind: 'ok'; readonly value?: Policy }
      | Extract<Parsed<Policy>, { readonly kind: 'invalid' }>;
  } | null;
  /** For owners' ground that changes policy: what its tests, the linter and history say; null where there is nothing to ask. */
  readonly policyReport?: PolicyReport | null;
  /** By grant id, for a removal. */
  readonly removals: ReadonlyMap<string, RemovalState>;
  /** Asked live; `unknown` for whatever was not asked. */
  readonly membership: (selector: Selector, userId: number) => Membership;
  /** Teams of settings.yaml whose numeric id GitHub does not confirm, as sentences. */
  readonly teamProblems: readonly string[];
  /** GitHub's clock. */
  readonly now: Date;
};
