// What people said on a pull request that may bear on it: commands in comments and approving reviews, in order of time.
import { readCommand } from './command.ts';
import type { PullFacts } from './facts.ts';
import type { User } from './people.ts';

export type Statement = {
  readonly kind: 'approve' | 'reject' | 'unusable';
  readonly author: User | null;
  readonly byApp: boolean;
  /** Full commit id named in the command. */
  readonly sha: string | null;
  readonly edited: boolean;
  /** What it says, for what GitHub's history of it is asked about; null where only the button says anything. */
  readonly words: string | null;
  readonly at: Date;
  readonly nodeId: string;
  readonly commentId: number | null;
  /** For `unusable`: what is wrong with it. */
  readonly reason: string;
};

export type Said = Pick<PullFacts, 'comments' | 'reviews' | 'self'>;

export function statements({ comments, reviews, self }: Said): readonly Statement[] {
  const said: Statement[] = [];
  for (const comment of comments) {
    if (comment.author?.id === self.userId || comment.appId === self.appId) continue;
    const read = readCommand(comment.body);
    if (read.kind === 'none') continue;
    const common = {
      author: comment.author,
      byApp: comment.appId !== null,
      edited: comment.updatedAt.getTime() !== comment.createdAt.getTime(),
      words: comment.body,
      at: comment.createdAt,
      nodeId: comment.nodeId,
      commentId: comment.id,
    };
    if (read.kind === 'unusable') said.push({ ...common, kind: 'unusable', sha: null, reason: read.reason });
    else if (read.command.kind === 'approve')
      said.push({ ...common, kind: 'approve', sha: read.command.sha, reason: '' });
    // Nothing is granted yet that could be revoked: whoever says /revoke now does not want it granted.
    else said.push({ ...common, kind: 'reject', sha: null, reason: '' });
  }
  for (const review of reviews) {
    // Its commit_id proves nothing: GitHub moves it. The button counts as the bare command; the commit stands in the words.
    if (review.state !== 'APPROVED' || review.submittedAt === null) continue;
    const sha = shaIn(review.body);
    said.push({
      kind: 'approve',
      author: review.author,
      byApp: false,
      sha,
      edited: false,
      words: sha === null ? null : review.body,
      at: review.submittedAt,
      nodeId: review.nodeId,
      commentId: null,
      reason: '',
    });
  }
  return said.sort((a, b) => a.at.getTime() - b.at.getTime());
}

function shaIn(body: string): string | null {
  const read = readCommand(body);
  return read.kind === 'command' && read.command.kind === 'approve' ? read.command.sha : null;
}

/** Whether the same person asked for changes at or after that: it takes an approval back, as GitHub itself counts. */
export function takenBack({ reviews }: Pick<PullFacts, 'reviews'>, { author, at }: Statement): boolean {
  return reviews.some(
    (one) =>
      one.state === 'CHANGES_REQUESTED' &&
      one.author?.id === author?.id &&
      one.submittedAt !== null &&
      one.submittedAt >= at,
  );
}
