// What happened to an issue or pull request, in order: its events alone, or with commits, comments and reviews.
import { appView, userView } from './account-view.ts';
import { gitCommitView } from './commit-view.ts';
import { commentsOf, commentView } from './issue-view.ts';
import { pullRange, reviewView } from './pull-view.ts';
import { repositoryUrl } from './repository-view.ts';
import { type Issue, isPull, nodeId, type TimelineEvent, type World } from './world.ts';

export const eventsOf = (world: World, issue: Issue) =>
  world.timeline.filter((event) => event.issue === issue).map((event) => eventView(world, event));

export async function timelineOf(world: World, issue: Issue): Promise<unknown[]> {
  const comments = commentsOf(world, issue).map((comment) => {
    const user = userView(world, comment.author);
    return {
      at: comment.createdAt,
      id: comment.id,
      view: { ...commentView(world, comment), event: 'commented', actor: user },
    };
  });
  const reviews = [...world.reviews.values()]
    .filter((review) => review.issue === issue)
    .map((review) => ({ at: review.submittedAt, id: review.id, view: reviewed(world, review) }));
  const events = world.timeline
    .filter((event) => event.issue === issue)
    .map((event) => ({ at: event.createdAt, id: event.id, view: eventView(world, event) }));
  const ordered = [...comments, ...reviews, ...events].sort((a, b) => a.at.localeCompare(b.at) || a.id - b.id);
  return [...(await committed(world, issue)), ...ordered.map((entry) => entry.view)];
}

const reviewed = (world: World, review: Parameters<typeof reviewView>[1]) => ({
  ...reviewView(world, review),
  state: review.state.toLowerCase(),
  event: 'reviewed',
});

async function committed(world: World, issue: Issue): Promise<unknown[]> {
  if (!isPull(issue)) return [];
  const { commits } = await pullRange(world, issue);
  return (await world.git.commits(commits)).map((commit) => ({ ...gitCommitView(world, commit), event: 'committed' }));
}

const eventView = (world: World, event: TimelineEvent) => ({
  id: event.id,
  node_id: nodeId('EV', event.id),
  url: `${repositoryUrl(world)}/issues/events/${event.id}`,
  actor: userView(world, event.actor),
  event: event.event,
  commit_id: event.commitId,
  commit_url: event.commitId && `${repositoryUrl(world)}/commits/${event.commitId}`,
  created_at: event.createdAt,
  performed_via_github_app: event.actor.type === 'Bot' ? appView(world, world.app) : null,
  ...(event.event === 'closed' ? { state_reason: null } : {}),
  ...event.details,
});
