// What GitHub's push log says about a branch: who pushed, and whether the head is the only one since the request opened.
import type { PullFacts } from './facts.ts';

export type HeadHistory =
  | { readonly kind: 'known'; readonly onlyHead: boolean }
  | { readonly kind: 'unapprovable'; readonly code: 'foreign-push' | 'push-log-unknown'; readonly sentence: string };

export function headHistory({ pull, pushes }: Pick<PullFacts, 'pull' | 'pushes'>): HeadHistory {
  const sinceCreation = pushes.slice(pushes.findLastIndex((one) => isZero(one.before)));
  const newest = sinceCreation.at(-1);
  if (newest === undefined || !isZero(sinceCreation[0]?.before ?? '') || newest.after !== pull.head.sha) {
    const sentence =
      "GitHub's push log of this branch does not show its head yet. It is read again by itself within a minute.";
    return { kind: 'unapprovable', code: 'push-log-unknown', sentence };
  }
  const foreign = sinceCreation.find((one) => one.actor === null || one.actor.id !== pull.author?.id);
  if (foreign !== undefined) {
    const who = foreign.actor === null ? 'somebody whom GitHub does not name' : `@${foreign.actor.login}`;
    const sentence = `${who} pushed to this branch, so nobody can say that it is @${pull.author?.login ?? 'unknown'}'s request alone. Open the same request again from a branch that only you push to.`;
    return { kind: 'unapprovable', code: 'foreign-push', sentence };
  }
  return { kind: 'known', onlyHead: onlyHead(pull.createdAt, pull.head.sha, sinceCreation) };
}

/**
 * Times are whole seconds. A push in the very second in which the request was opened may have come after it, unless it
 * is the push that made the branch; in doubt the full commit id is asked for.
 */
function onlyHead(openedAt: Date, head: string, pushes: PullFacts['pushes']): boolean {
  return pushes.every((one) => {
    if (one.at < openedAt) return true;
    if (one.at > openedAt) return false;
    return isZero(one.before) && one.after === head;
  });
}

function isZero(sha: string): boolean {
  return /^0+$/.test(sha);
}
