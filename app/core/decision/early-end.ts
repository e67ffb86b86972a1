// Who may end a live grant early, and who has: by /revoke on its request, or by opening a removal.
import { wholeSeconds } from '../instant.ts';
import type { GrantEntry } from '../ledger/ledger.ts';
import type { Policy, Selector } from '../policy/policy.ts';
import { readCommand } from './command.ts';
import type { Comment, Membership, User } from './people.ts';

export type EndingFacts = {
  readonly entry: GrantEntry;
  readonly policy: Policy;
  readonly membership: (selector: Selector, userId: number) => Membership;
};

/** The requester, whoever could approve under its rule, or a revoker. Ending access needs no approval. */
export function mayEnd({ entry, policy, membership }: EndingFacts, user: User): boolean {
  if (user.type !== 'User') return false;
  if (user.id === entry.record.requester.id) return true;
  return selectorsWhoMayEnd(entry, policy).some((who) => membership(who, user.id) === 'member');
}

export function selectorsWhoMayEnd(entry: GrantEntry, policy: Policy): readonly Selector[] {
  const rule = policy.rules.find((one) => one.name === entry.record.rule);
  return [...(rule?.approvals.flatMap((one) => one.from) ?? []), ...policy.settings.revokers];
}

/** The first /revoke that counts, as a phrase for the record. Anybody with write access can edit a comment, so an edited one is nobody's word. */
export function revocationIn(comments: readonly Comment[], facts: EndingFacts): string | null {
  for (const comment of comments) {
    const read = readCommand(comment.body);
    if (read.kind !== 'command' || read.command.kind !== 'revoke') continue;
    if (comment.author === null || comment.createdAt < facts.entry.startedAt) continue;
    if (comment.updatedAt.getTime() !== comment.createdAt.getTime()) continue;
    if (mayEnd(facts, comment.author)) return revokedBy(comment.author, comment.createdAt);
  }
  return null;
}

export function revokedBy(user: User, at: Date): string {
  return `revoked by ${user.login} (${user.id}) ${wholeSeconds(at)}`;
}
