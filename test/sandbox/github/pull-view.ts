// How pull requests and reviews look in GitHub's answers.
import { association, userView } from './account-view.ts';
import { changedFiles } from './diff.ts';
import { commentsOf, issuePage, labelView } from './issue-view.ts';
import { repositoryUrl, repositoryView } from './repository-view.ts';
import { type Account, nodeId, type PullRequest, type Review, type Schema, type World } from './world.ts';

export function simplePullView(world: World, issue: PullRequest) {
  const { pull } = issue;
  const page = issuePage(world, issue);
  const urls = pullUrls(world, issue);
  return {
    ...urls,
    id: pull.id,
    node_id: nodeId('PR', pull.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    number: issue.number,
    state: issue.state,
    locked: false,
    title: issue.title,
    user: userView(world, issue.author),
    body: issue.body,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommit ?? pull.mergeability?.testMerge ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: issue.labels.map((name) => fullLabel(world, name)),
    milestone: null,
    draft: pull.draft,
    head: sideView(world, pull.head, pull.head.fork),
    base: sideView(world, pull.base, null),
    _links: {
      self: { href: urls.url },
      html: { href: page },
      issue: { href: urls.issue_url },
      comments: { href: urls.comments_url },
      review_comments: { href: urls.review_comments_url },
      review_comment: { href: urls.review_comment_url },
      commits: { href: urls.commits_url },
      statuses: { href: urls.statuses_url },
    },
    author_association: association(world, issue.author),
    auto_merge: null,
    active_lock_reason: null,
  } satisfies Schema<'pull-request-simple'>;
}

/** `mergeable` is the caller's to say: it depends on when GitHub gets round to it. */
export async function pullView(
  world: World,
  issue: PullRequest,
  merge: { mergeable: boolean | null; state: string },
): Promise<Schema<'pull-request'>> {
  const { from, commits } = await pullRange(world, issue);
  const files = await changedFiles(world.git, from, issue.pull.head.sha);
  const sum = (key: 'additions' | 'deletions') => files.reduce((total, file) => total + file[key], 0);
  return {
    ...simplePullView(world, issue),
    merged: issue.pull.mergedAt !== null,
    mergeable: merge.mergeable,
    rebaseable: merge.mergeable,
    mergeable_state: merge.state,
    merged_by: issue.pull.mergedBy && userView(world, issue.pull.mergedBy),
    comments: commentsOf(world, issue).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: commits.length,
    additions: sum('additions'),
    deletions: sum('deletions'),
    changed_files: files.length,
  };
}

/** Where the pull request leaves its base, and its own commits, oldest first. */
export async function pullRange(world: World, issue: PullRequest): Promise<{ from: string; commits: string[] }> {
  const { head, base, mergedAt } = issue.pull;
  // A merge must not make its own pull request look empty, so a merged one is measured from the base it had.
  const tip = mergedAt === null ? ((await world.git.branch(base.ref)) ?? base.sha) : base.sha;
  const from = (await world.git.mergeBase(tip, head.sha)) ?? base.sha;
  return { from, commits: await world.git.between(from, head.sha) };
}

export function reviewView(world: World, review: Review): Schema<'pull-request-review'> {
  const page = `${issuePage(world, review.issue)}#pullrequestreview-${review.id}`;
  const pull = `${repositoryUrl(world)}/pulls/${review.issue.number}`;
  return {
    id: review.id,
    node_id: nodeId('PRR', review.id),
    user: userView(world, review.author),
    body: review.body,
    state: review.state,
    html_url: page,
    pull_request_url: pull,
    author_association: association(world, review.author),
    _links: { html: { href: page }, pull_request: { href: pull } },
    submitted_at: review.submittedAt,
    commit_id: review.commitId,
  };
}

function pullUrls(world: World, issue: PullRequest) {
  const repository = repositoryUrl(world);
  const url = `${repository}/pulls/${issue.number}`;
  return {
    url,
    issue_url: `${repository}/issues/${issue.number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repository}/pulls/comments{/number}`,
    comments_url: `${repository}/issues/${issue.number}/comments`,
    statuses_url: `${repository}/statuses/${issue.pull.head.sha}`,
  };
}

function sideView(world: World, side: { ref: string; sha: string }, fork: Account | null) {
  const owner = fork ?? world.organization;
  const label = `${owner.login}:${side.ref}`;
  return { label, ref: side.ref, sha: side.sha, user: userView(world, owner), repo: repositoryView(world, fork) };
}

const fullLabel = (world: World, name: string) => {
  const label = labelView(world, name);
  return { ...label, color: label.color ?? '', description: label.description ?? '' };
};
