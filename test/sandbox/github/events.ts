// The webhooks that each happening causes, in GitHub's shapes.
import { appView, installationView, organizationView, teamView, userView } from './account-view.ts';
import { checkRunView, suiteView } from './check-view.ts';
import type { Commit } from './git.ts';
import { commentView, issueView } from './issue-view.ts';
import { pullView, reviewView, simplePullView } from './pull-view.ts';
import { repositoryPage, repositoryUrl, webhookFrame } from './repository-view.ts';
import {
  type Account,
  type CheckRun,
  type CheckSuite,
  type Comment,
  type Issue,
  nodeId,
  type PullRequest,
  type Review,
  type Team,
  type World,
  zeroSha,
} from './world.ts';

type More = Readonly<Record<string, unknown>>;

export async function pullEvent(
  world: World,
  sender: Account,
  action: string,
  issue: PullRequest,
  more: More = {},
): Promise<void> {
  const view = await pullView(world, issue, { mergeable: null, state: issue.pull.draft ? 'draft' : 'unknown' });
  const settings = {
    allow_auto_merge: false,
    allow_update_branch: false,
    delete_branch_on_merge: false,
    merge_commit_message: 'PR_TITLE',
    merge_commit_title: 'MERGE_MESSAGE',
    squash_merge_commit_message: 'COMMIT_MESSAGES',
    squash_merge_commit_title: 'COMMIT_OR_PR_TITLE',
    use_squash_pr_title_as_default: false,
  };
  const payload = { action, number: issue.number, pull_request: { ...view, ...settings }, ...more };
  world.emit({ event: 'pull_request', action, payload: { ...payload, ...webhookFrame(world, sender) } });
}

export function commentEvent(world: World, sender: Account, action: string, comment: Comment, more: More = {}): void {
  const issue = issueView(world, comment.issue);
  const payload = { action, issue, comment: commentView(world, comment), ...more };
  world.emit({ event: 'issue_comment', action, payload: { ...payload, ...webhookFrame(world, sender) } });
}

export function issueEvent(world: World, sender: Account, action: string, issue: Issue, more: More = {}): void {
  const payload = { action, issue: issueView(world, issue), ...more };
  world.emit({ event: 'issues', action, payload: { ...payload, ...webhookFrame(world, sender) } });
}

export function reviewEvent(world: World, sender: Account, action: string, review: Review, more: More = {}): void {
  // REST says APPROVED, the webhook approved.
  const view = { ...reviewView(world, review), state: review.state.toLowerCase() };
  const payload = { action, review: view, pull_request: simplePullView(world, review.issue), ...more };
  world.emit({ event: 'pull_request_review', action, payload: { ...payload, ...webhookFrame(world, sender) } });
}

export function checkRunEvent(world: World, sender: Account, action: string, run: CheckRun): void {
  const check_run = { ...checkRunView(world, run), check_suite: suiteView(world, run.suite) };
  const payload = { action, check_run, ...webhookFrame(world, sender) };
  world.emit({ event: 'check_run', action, payload });
}

export function suiteEvent(world: World, sender: Account, action: string, suite: CheckSuite, commit: Commit): void {
  const head_commit = simpleCommit(commit);
  const check_suite = {
    ...suiteView(world, suite),
    head_commit,
    latest_check_runs_count: 0,
    check_runs_url: checkRunsUrl(world, suite),
  };
  const payload = { action, check_suite, ...webhookFrame(world, sender) };
  world.emit({ event: 'check_suite', action, payload });
}

export type Push = { readonly ref: string; readonly before: string; readonly after: string; readonly forced: boolean };

export function pushEvent(world: World, sender: Account, push: Push, commits: readonly Commit[]): void {
  const { ref, before, after, forced } = push;
  const views = commits.map((commit) => pushedCommit(world, commit));
  const payload = {
    ref,
    before,
    after,
    forced,
    created: before === zeroSha,
    deleted: after === zeroSha,
    base_ref: null,
    compare: `${repositoryPage(world)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: views,
    head_commit: views.at(-1) ?? null,
    pusher: { name: sender.login, email: `${sender.login}@users.noreply.github.com` },
    ...webhookFrame(world, sender),
  };
  world.emit({ event: 'push', action: null, payload });
}

export function membershipEvent(
  world: World,
  sender: Account,
  action: 'added' | 'removed',
  team: Team,
  member: Account,
): void {
  const parts = { action, scope: 'team', member: userView(world, member), team: teamView(world, team) };
  world.emit({ event: 'membership', action, payload: { ...parts, ...organizationFrame(world, sender) } });
}

export function teamEvent(
  world: World,
  sender: Account,
  action: 'created' | 'deleted' | 'edited',
  team: Team,
  more: More = {},
): void {
  const payload = { action, team: teamView(world, team), ...more, ...organizationFrame(world, sender) };
  world.emit({ event: 'team', action, payload });
}

export function organizationEvent(
  world: World,
  sender: Account,
  action: 'member_added' | 'member_removed',
  member: Account,
): void {
  const membership = {
    url: `${world.api}/orgs/${world.organization.login}/memberships/${member.login}`,
    state: action === 'member_added' ? 'active' : 'inactive',
    role: 'member',
    organization_url: `${world.api}/orgs/${world.organization.login}`,
    user: userView(world, member),
  };
  const payload = { action, membership, ...organizationFrame(world, sender) };
  world.emit({ event: 'organization', action, payload });
}

export function installationEvent(world: World, sender: Account, action: 'created'): void {
  const repository = {
    id: world.repository.id,
    node_id: nodeId('R', world.repository.id),
    name: world.repository.name,
    full_name: `${world.organization.login}/${world.repository.name}`,
    private: true,
  };
  const payload = {
    action,
    installation: { ...installationView(world, world.app), app_slug: appView(world, world.app).slug },
    repositories: [repository],
    requester: null,
    sender: userView(world, sender),
  };
  world.emit({ event: 'installation', action, payload });
}

export function pingEvent(world: World, hookId: number): void {
  const hook = {
    type: 'App',
    id: hookId,
    name: 'web',
    active: true,
    events: ['pull_request'],
    config: { content_type: 'json', insecure_ssl: '0', secret: '********', url: 'https://example.com/' },
    updated_at: world.repository.createdAt,
    created_at: world.repository.createdAt,
    app_id: world.app.id,
    deliveries_url: `${world.api}/app/hook/deliveries`,
  };
  world.emit({
    event: 'ping',
    action: null,
    payload: { zen: 'Approachable is better than simple.', hook_id: hookId, hook },
  });
}

const organizationFrame = (world: World, sender: Account) => ({
  organization: organizationView(world),
  sender: userView(world, sender),
  installation: { id: world.app.installationId, node_id: nodeId('MDIzOk', world.app.installationId) },
});

const checkRunsUrl = (world: World, suite: CheckSuite): string =>
  `${repositoryUrl(world)}/check-suites/${suite.id}/check-runs`;

export const simpleCommit = (commit: Commit) => ({
  id: commit.sha,
  tree_id: commit.tree,
  message: commit.message.trimEnd(),
  timestamp: commit.committer.date,
  author: { name: commit.author.name, email: commit.author.email },
  committer: { name: commit.committer.name, email: commit.committer.email },
});

const pushedCommit = (world: World, commit: Commit) => ({
  ...simpleCommit(commit),
  distinct: true,
  url: `${repositoryPage(world)}/commit/${commit.sha}`,
  added: [],
  removed: [],
  modified: [],
});
