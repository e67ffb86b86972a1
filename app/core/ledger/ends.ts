// A positive reason to take a grant's access away. Once there is one, it never goes away again.

import { wholeSeconds } from '../instant.ts';
import type { Policy } from '../policy/policy.ts';
import type { GrantEntry } from './ledger.ts';

export type End = {
  readonly kind: 'deadline' | 'removed' | 'revoked' | 'policy';
  /** For people and for the record, e.g. `deadline 2026-11-22T05:04:00Z`. */
  readonly sentence: string;
  /** Early ends are denied at once by SDK; a deadline is already denied by AWS itself. */
  readonly early: boolean;
};

/**
 * `revoked`: who ended it early and when, as one phrase, where somebody did. What happened first is what is said.
 */
export function endOf(entry: GrantEntry, policy: Policy, now: Date, revoked?: string): End | null {
  const early = now < entry.deadline;
  if (revoked !== undefined) return { kind: 'revoked', sentence: revoked, early };
  // The date of a commit is its author's word: one that claims to lie past the deadline still ends a grant that lives.
  const before = ({ at }: { readonly at: Date }) => early || at < entry.deadline;
  if (entry.removed !== null && before(entry.removed)) {
    const at = wholeSeconds(entry.removed.at);
    return {
      kind: 'removed',
      sentence: `removed from the branch ${at} by commit ${entry.removed.commit.slice(0, 12)}`,
      early,
    };
  }
  if (entry.gone !== null && before(entry.gone))
    return { kind: 'policy', sentence: `${entry.gone.what} is no longer in policy`, early };
  if (!early) return { kind: 'deadline', sentence: `deadline ${wholeSeconds(entry.deadline)}`, early };
  const gone = goneFromPolicy(entry, policy);
  return gone === null ? null : { kind: 'policy', sentence: `${gone} is no longer in policy`, early };
}

/** When it ended, as far as can be told; never outside of the grant's own span, as dates of commits are anybody's word. */
export function endedAt({ startedAt, deadline, removed, gone }: GrantEntry, { kind, sentence }: End): Date {
  const said = { deadline, removed: removed?.at, policy: gone?.at, revoked: timeIn(sentence) }[kind] ?? deadline;
  return new Date(Math.max(startedAt.getTime(), Math.min(deadline.getTime(), said.getTime())));
}

const LONG_MS = 86_400_000;

/**
 * Taken out so long ago that nobody looks at it any more. By the signed deadline too: the date of a commit is its author's
 * word, and a deletion dated back must not count as one that was proved long ago.
 */
export function isLongOver({ removed, deadline }: GrantEntry, now: Date): boolean {
  return removed !== null && now.getTime() - Math.max(removed.at.getTime(), deadline.getTime()) > LONG_MS;
}

/** The first one: a phrase of ours names its time before any text that a person wrote. */
function timeIn(phrase: string): Date | undefined {
  const found = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/.exec(phrase)?.[0];
  return found === undefined || Number.isNaN(Date.parse(found)) ? undefined : new Date(found);
}

/** Who or what the grant stands on, by identity and not by name alone: a reused name is not the same thing. */
export function goneFromPolicy(entry: GrantEntry, policy: Policy): string | null {
  const { record, resolved } = entry;
  const person = policy.people.get(record.requester.id);
  if (person?.aws !== resolved.userId) return `@${record.requester.login}`;
  if (policy.accounts.get(resolved.accountName)?.id !== resolved.accountId) return `account ${resolved.accountName}`;
  if (!policy.roles.has(resolved.role)) return `role ${resolved.role}`;
  if (!policy.rules.some((rule) => rule.name === record.rule)) return `rule ${record.rule}`;
  return null;
}
