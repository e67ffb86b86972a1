// GitHub's JSON turned into the port's plain data; only what the app reads is named.
import type { CheckRun, Comment, ForeignCheck, Pull, Push, Review, User } from './port.ts';

type ApiUser = { readonly login: string; readonly id: number; readonly type: string };
type Maybe<T> = T | null | undefined;

export const toUser = (user: Maybe<ApiUser>): User | null =>
  user ? { login: user.login, id: user.id, type: user.type } : null;

/** Compared with other times to decide: an unreadable one must not become a NaN that every comparison lets pass. */
export const toDate = (text: string): Date => {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new Error(`GitHub answered a time that cannot be read: ${text}`);
  return date;
};

type ApiPull = {
  readonly number: number;
  readonly state: string;
  readonly merged?: boolean;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly merged_by?: Maybe<ApiUser>;
  readonly draft?: boolean | undefined;
  readonly user: Maybe<ApiUser>;
  readonly head: { readonly sha: string; readonly ref: string; readonly repo: Maybe<{ readonly id: number }> };
  readonly base: { readonly sha: string; readonly ref: string; readonly repo: { readonly id: number } };
  readonly created_at: string;
  readonly updated_at: string;
  readonly title: string;
  readonly html_url: string;
};

export const toPull = (pull: ApiPull): Pull => {
  // Lists have no `merged`.
  const merged = pull.merged ?? pull.merged_at !== null;
  return {
    number: pull.number,
    state: pull.state === 'open' ? 'open' : 'closed',
    merged,
    // Before the merge this is GitHub's test merge.
    mergeCommit: merged ? pull.merge_commit_sha : null,
    mergedBy: toUser(pull.merged_by),
    draft: pull.draft ?? false,
    author: toUser(pull.user),
    head: { sha: pull.head.sha, ref: pull.head.ref, repositoryId: pull.head.repo?.id ?? null },
    base: { sha: pull.base.sha, ref: pull.base.ref, repositoryId: pull.base.repo.id },
    createdAt: toDate(pull.created_at),
    updatedAt: toDate(pull.updated_at),
    title: pull.title,
    url: pull.html_url,
  };
};

type ApiComment = {
  readonly id: number;
  readonly node_id: string;
  readonly user: Maybe<ApiUser>;
  readonly performed_via_github_app?: Maybe<{ readonly id?: number | undefined }>;
  readonly body?: string | undefined;
  readonly created_at: string;
  readonly updated_at: string;
};

export const toComment = (comment: ApiComment): Comment => ({
  id: comment.id,
  nodeId: comment.node_id,
  author: toUser(comment.user),
  appId: comment.performed_via_github_app?.id ?? null,
  body: comment.body ?? '',
  createdAt: toDate(comment.created_at),
  updatedAt: toDate(comment.updated_at),
});

type ApiReview = {
  readonly id: number;
  readonly node_id: string;
  readonly user: Maybe<ApiUser>;
  readonly state: string;
  readonly body?: Maybe<string>;
  readonly submitted_at?: string | undefined;
};

export const toReview = (review: ApiReview): Review => ({
  id: review.id,
  nodeId: review.node_id,
  author: toUser(review.user),
  state: toReviewState(review.state),
  body: review.body ?? '',
  submittedAt: review.submitted_at === undefined ? null : toDate(review.submitted_at),
});

/** A state that GitHub invents later must not approve. */
const toReviewState = (state: string): Review['state'] => {
  switch (state) {
    case 'APPROVED':
    case 'CHANGES_REQUESTED':
    case 'DISMISSED':
    case 'PENDING':
      return state;
    default:
      return 'COMMENTED';
  }
};

type ApiActivity = {
  readonly actor: Maybe<ApiUser>;
  readonly before: string;
  readonly after: string;
  readonly timestamp: string;
  readonly activity_type: string;
};

export const toPush = (activity: ApiActivity): Push => ({
  actor: toUser(activity.actor),
  before: activity.before,
  after: activity.after,
  at: toDate(activity.timestamp),
  kind: activity.activity_type,
});

type ApiCheckRun = {
  readonly id: number;
  readonly status: string;
  readonly conclusion: string | null;
  readonly external_id: string | null;
  readonly output: { readonly title: string | null; readonly summary: string | null };
};

export const toCheckRun = (run: ApiCheckRun): CheckRun => ({
  id: run.id,
  status: run.status,
  conclusion: run.conclusion,
  externalId: run.external_id,
  title: run.output.title,
  summary: run.output.summary,
});

type ApiForeignRun = {
  readonly conclusion: string | null;
  readonly app: Maybe<{ readonly id: number; readonly slug?: string | undefined; readonly name: string }>;
};

export const toForeignCheck = ({ app, conclusion }: ApiForeignRun): ForeignCheck => ({
  appId: app?.id ?? null,
  app: app ? (app.slug ?? app.name) : 'an app that GitHub does not name',
  conclusion,
});
