// The routes of reviews: who approved what, and the dismissal of it. Nothing says that a dismissal or an edit moves the
// `updated_at` of the pull request, so here they do not.
import { actor } from './auth.ts';
import { reviewEvent } from './events.ts';
import { boundedBody, numberParam, pullOf, requiredText, text } from './input.ts';
import { pagedList } from './page.ts';
import { reviewView } from './pull-view.ts';
import { notFound, ok, type Reply, refusal, unprocessable } from './reply.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import { type PullRequest, type Review, recordEvent, stamp, type User, type World } from './world.ts';

export const reviewRoutes: readonly Route[] = [
  route('GET', repo('/pulls/{pull_number}/reviews'), reads('pull_requests'), (call) =>
    pagedList(call, reviewsOf(call, pullOf(call)), (review) => reviewView(call.world, review)),
  ),
  route('POST', repo('/pulls/{pull_number}/reviews'), { app: ['pull_requests:write'], user: 'read' }, review),
  route('GET', repo('/pulls/{pull_number}/reviews/{review_id}'), reads('pull_requests'), (call) =>
    ok(reviewView(call.world, reviewOf(call))),
  ),
  route('PUT', repo('/pulls/{pull_number}/reviews/{review_id}/dismissals'), writes('pull_requests'), dismiss),
];

const states = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

function review(call: Call): Reply {
  const { world } = call;
  const issue = pullOf(call);
  const author = actor(call.principal);
  const event = text(call, 'event');
  if (event !== 'APPROVE' && event !== 'REQUEST_CHANGES' && event !== 'COMMENT') {
    throw unprocessable('Variable $event of type PullRequestReviewEvent was provided invalid value');
  }
  if (author === issue.author && event === 'APPROVE') throw unprocessable('Can not approve your own pull request');
  if (author === issue.author && event === 'REQUEST_CHANGES') {
    throw unprocessable('Can not request changes on your own pull request');
  }
  const body = boundedBody('PullRequestReview', text(call, 'body') ?? '');
  if (event !== 'APPROVE' && body === '') throw unprocessable('Review Can not be blank');
  const id = world.nextId();
  const commitId = text(call, 'commit_id') ?? issue.pull.head.sha;
  const submittedAt = stamp(world);
  const made: Review = { id, issue, author, body, state: states[event], commitId, submittedAt, lastEdit: null };
  world.reviews.set(id, made);
  issue.updatedAt = made.submittedAt;
  reviewEvent(world, author, 'submitted', made);
  return ok(reviewView(world, made));
}

function dismiss(call: Call): Reply {
  const { world } = call;
  const found = reviewOf(call);
  const message = requiredText(call, 'PullRequestReview', 'message');
  if (found.state === 'COMMENTED' || found.state === 'DISMISSED') {
    throw refusal(422, 'Unprocessable Entity', { errors: ['Can not dismiss a commented pull request review'] });
  }
  const dismissed = { review_id: found.id, state: found.state.toLowerCase(), dismissal_message: message };
  found.state = 'DISMISSED';
  const by = actor(call.principal);
  recordEvent(world, found.issue, 'review_dismissed', { actor: by, details: { dismissed_review: dismissed } });
  reviewEvent(world, by, 'dismissed', found);
  return ok(reviewView(world, found));
}

/** Whoever may write may edit the words of another's review on the page; nothing that REST shows tells so. */
export function editReview(world: World, by: User, id: number, body: string): void {
  const found = world.reviews.get(id);
  if (found === undefined) throw new Error(`there is no review ${id}`);
  const from = found.body;
  found.body = body;
  found.lastEdit = { at: stamp(world), by };
  reviewEvent(world, by, 'edited', found, { changes: { body: { from } } });
}

const reviewsOf = (call: Call, issue: PullRequest): Review[] =>
  [...call.world.reviews.values()].filter((candidate) => candidate.issue === issue);

function reviewOf(call: Call): Review {
  const issue = pullOf(call);
  const found = call.world.reviews.get(numberParam(call, 'review_id'));
  if (found?.issue !== issue) throw notFound();
  return found;
}
