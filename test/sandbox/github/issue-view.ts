// How issues, comments, labels and reactions look in GitHub's answers; a pull request is an issue as well.
import { appView, association, userView } from './account-view.ts';
import { repositoryPage, repositoryUrl } from './repository-view.ts';
import { type Comment, type Issue, nodeId, type Reaction, type Schema, type World } from './world.ts';

export function issueView(world: World, issue: Issue) {
  const url = `${repositoryUrl(world)}/issues/${issue.number}`;
  return {
    url,
    repository_url: repositoryUrl(world),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: issuePage(world, issue),
    id: issue.id,
    node_id: nodeId(issue.pull ? 'PR' : 'I', issue.pull?.id ?? issue.id),
    number: issue.number,
    title: issue.title,
    user: userView(world, issue.author),
    labels: issue.labels.map((name) => labelView(world, name)),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: commentsOf(world, issue).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy && userView(world, issue.closedBy),
    author_association: association(world, issue.author),
    active_lock_reason: null,
    body: issue.body,
    reactions: rollup(world, `issues/${issue.number}`, url),
    performed_via_github_app: issue.viaApp && appView(world, issue.viaApp),
    ...pullMarks(world, issue),
  } satisfies Schema<'issue'>;
}

export const issuePage = (world: World, issue: Issue): string =>
  `${repositoryPage(world)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;

export const commentsOf = (world: World, issue: Issue): Comment[] =>
  [...world.comments.values()].filter((comment) => comment.issue === issue);

export function commentView(world: World, comment: Comment) {
  const url = `${repositoryUrl(world)}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${issuePage(world, comment.issue)}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl(world)}/issues/${comment.issue.number}`,
    id: comment.id,
    node_id: nodeId('IC', comment.id),
    user: userView(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    body: comment.body,
    author_association: association(world, comment.author),
    reactions: rollup(world, `comments/${comment.id}`, url),
    performed_via_github_app: comment.viaApp && appView(world, comment.viaApp),
  } satisfies Schema<'issue-comment'>;
}

export function labelView(world: World, name: string): Schema<'label'> {
  const label = world.labels.get(name) ?? { id: 1, color: 'ededed', description: null };
  const url = `${repositoryUrl(world)}/labels/${encodeURIComponent(name)}`;
  const { id, color, description } = label;
  return { id, node_id: nodeId('LA', id), url, name, color, default: false, description };
}

export const reactionView = (world: World, reaction: Reaction): Schema<'reaction'> => ({
  id: reaction.id,
  node_id: nodeId('REA', reaction.id),
  user: userView(world, reaction.user),
  content: reaction.content,
  created_at: reaction.createdAt,
});

function rollup(world: World, subject: string, url: string): Schema<'reaction-rollup'> {
  const all = [...world.reactions.values()].filter((reaction) => reaction.subject === subject);
  const count = (content: Reaction['content']) => all.filter((reaction) => reaction.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: all.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    hooray: count('hooray'),
    confused: count('confused'),
    heart: count('heart'),
    rocket: count('rocket'),
    eyes: count('eyes'),
  };
}

function pullMarks(world: World, issue: Issue) {
  if (!issue.pull) return {};
  const page = issuePage(world, issue);
  const url = `${repositoryUrl(world)}/pulls/${issue.number}`;
  const { mergedAt, draft } = issue.pull;
  const addresses = { html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` };
  return { draft, pull_request: { url, ...addresses, merged_at: mergedAt } };
}
