// The few verbs the app may use on GitHub, in plain data: nothing else in the app knows Octokit.
import type {
  CheckContent,
  Comment,
  Edits,
  Membership,
  Push,
  Reaction,
  Review,
  User,
} from '../core/decision/people.ts';

export type { CheckContent, Comment, Edits, Membership, Push, Reaction, Review, User };

export type Pull = {
  readonly number: number;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  /** Of the merge, when merged. */
  readonly mergeCommit: string | null;
  readonly mergedBy: User | null;
  readonly draft: boolean;
  readonly author: User | null;
  readonly head: { readonly sha: string; readonly ref: string; readonly repositoryId: number | null };
  readonly base: { readonly sha: string; readonly ref: string; readonly repositoryId: number };
  readonly createdAt: Date;
  /**
   * In whole seconds. A comment, a review, a push, a new title move it, and by experience an edit; GitHub's documents do not
   * say so, and a deleted comment does not (neomjs/neo#10092). So it tells that something changed, never that nothing did.
   */
  readonly updatedAt: Date;
  readonly title: string;
  readonly url: string;
};

export type CheckRun = {
  readonly id: number;
  readonly status: string;
  readonly conclusion: string | null;
  readonly externalId: string | null;
  readonly title: string | null;
  readonly summary: string | null;
};

/** What GitHub's last answer said of the hour's requests. */
export type Budget = { readonly limit: number; readonly remaining: number };

/** A check run of our name that is not ours. */
export type ForeignCheck = { readonly appId: number | null; readonly app: string; readonly conclusion: string | null };

export type TeamMembers = {
  readonly id: number;
  /** Numeric ids. */
  readonly members: ReadonlySet<number>;
  readonly hasChildTeams: boolean;
};

/** A rule of an enforced ruleset that binds a branch. */
export type BranchRule = {
  readonly type: string;
  /** What `required_status_checks` asks for; `appId` is null where any app or status will do. */
  readonly checks: readonly { readonly context: string; readonly appId: number | null }[];
};

export type Issue = {
  readonly number: number;
  readonly open: boolean;
  readonly title: string;
  readonly body: string;
  /** Through which App it was opened; null for a person's. */
  readonly appId: number | null;
};

export type MergeAnswer =
  | { readonly kind: 'merged'; readonly sha: string }
  /** 409: the head is not the one that was judged. */
  | { readonly kind: 'head-moved' }
  /** 405 "Base branch was modified": try again. */
  | { readonly kind: 'base-moved' }
  /** Any other 405, 403 or 422, in GitHub's words. */
  | { readonly kind: 'blocked'; readonly message: string }
  /** 5xx, time-out, broken connection: it may have merged. */
  | { readonly kind: 'uncertain'; readonly message: string };

export type GitHub = {
  /** GitHub's clock: this machine's, corrected by the `Date` header of the last answer. */
  readonly now: () => Date;
  /** Null before the first answer. */
  readonly budget: () => Budget | null;
  /** The App itself, as the author of its comments and pull requests. */
  readonly self: () => Promise<{ readonly appId: number; readonly slug: string; readonly user: User }>;
  readonly repository: () => Promise<{
    readonly id: number;
    readonly owner: string;
    readonly name: string;
    readonly url: string;
    readonly cloneUrl: string;
    readonly defaultBranch: string;
  }>;
  /** A fresh installation token, for git over HTTPS. */
  readonly token: () => Promise<string>;

  readonly pull: (number: number) => Promise<Pull | null>;
  readonly openPulls: () => Promise<readonly Pull[]>;
  /** Issues and pull requests, open or not, that changed at that time or later: number → when. */
  readonly changedSince: (since: Date) => Promise<ReadonlyMap<number, Date>>;
  /** Pull requests that contain a commit, newest first. */
  readonly pullsOfCommit: (sha: string) => Promise<readonly Pull[]>;
  readonly comments: (number: number) => Promise<readonly Comment[]>;
  readonly reviews: (number: number) => Promise<readonly Review[]>;
  /**
   * Whether anybody edited these words, by node id: REST shows the time of an edit in whole seconds only. `unknown` for
   * whatever GitHub does not clearly say, and for words that are not those that were read before.
   */
  readonly edits: (
    words: readonly { readonly nodeId: string; readonly body: string }[],
  ) => Promise<ReadonlyMap<string, Edits>>;
  /**
   * When it was last opened again, or pointed at another base: what was approved before was another thing to look at, as
   * a pull request into a decoy branch shows whatever difference its author likes.
   */
  readonly reopenedAt: (number: number) => Promise<Date | null>;
  readonly pushes: (branch: string) => Promise<readonly Push[]>;
  /** Every check run `breakglass` on a commit: those of this App, and those by which another tries to pass for it. */
  readonly checkRuns: (
    sha: string,
  ) => Promise<{ readonly own: readonly CheckRun[]; readonly foreign: readonly ForeignCheck[] }>;
  /**
   * Of every enforced ruleset that binds the branch. Who may bypass them, and branch protection of the older kind, are
   * shown to administrators only.
   */
  readonly branchRules: (branch: string) => Promise<readonly BranchRule[]>;
  /** A team's numeric id; null when GitHub says that there is no such team. Throws when it cannot be known. */
  readonly teamId: (slug: string) => Promise<number | null>;
  /** `unknown` when GitHub does not answer 200 or a plain 404. */
  readonly membership: (slug: string, login: string) => Promise<Membership>;
  /** Everybody in a team; null when GitHub says that there is no such team. Throws when it cannot be known. */
  readonly teamMembers: (slug: string, who: 'direct' | 'with-child-teams') => Promise<TeamMembers | null>;

  /** Creates the check run on the head, or updates it when its content differs. */
  readonly setCheck: (sha: string, existing: CheckRun | undefined, content: CheckContent) => Promise<void>;
  readonly createComment: (number: number, body: string) => Promise<number>;
  readonly updateComment: (id: number, body: string) => Promise<void>;
  readonly deleteComment: (id: number) => Promise<void>;
  readonly react: (commentId: number, reaction: Reaction) => Promise<void>;
  readonly merge: (request: {
    readonly number: number;
    readonly sha: string;
    readonly title: string;
    readonly message: string;
  }) => Promise<MergeAnswer>;
  /** Without pull requests. */
  readonly openIssues: () => Promise<readonly Issue[]>;
  readonly issue: (number: number) => Promise<Issue | null>;
  readonly createIssue: (content: { readonly title: string; readonly body: string }) => Promise<number>;
  readonly updateIssue: (
    number: number,
    change: { readonly title: string; readonly body: string; readonly state: 'open' | 'closed' },
  ) => Promise<void>;
  readonly closePull: (number: number) => Promise<void>;
  /** A commit on top of `base` that deletes `paths`, on a new branch. Answers false when the branch exists. */
  readonly createRemovalBranch: (request: {
    readonly branch: string;
    readonly base: string;
    readonly paths: readonly string[];
    readonly message: string;
  }) => Promise<boolean>;
  readonly openPull: (request: {
    readonly branch: string;
    readonly base: string;
    readonly title: string;
    readonly body: string;
  }) => Promise<number>;
  readonly deleteBranch: (branch: string) => Promise<void>;
};
