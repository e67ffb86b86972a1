// Whether the head of a pull request is approved: by whom, for which commit, under which entries. Recomputed each time.
import { formatDuration } from '../grant/duration.ts';
import { wholeSeconds } from '../instant.ts';
import type { ApprovalEntry } from '../policy/policy.ts';
import type { Approver } from '../record/record.ts';
import { assignApprovers } from './assign.ts';
import type { PullFacts } from './facts.ts';
import { headHistory } from './head-history.ts';
import { type Statement, statements, takenBack } from './statements.ts';

export type Ignored = {
  readonly login: string;
  /** Comment to react to; null for a review. */
  readonly commentId: number | null;
  readonly code: IgnoredCode;
  readonly sentence: string;
};

export const IGNORED_CODES = [
  'unusable-command',
  'edited',
  'not-a-person',
  'own-request',
  'not-an-approver',
  'approver-unknown',
  'before-reopening',
  'changes-requested',
  'sha-needed',
  'other-sha',
] as const;
export type IgnoredCode = (typeof IGNORED_CODES)[number];

export type Approval =
  | {
      readonly kind: 'approved';
      readonly by: readonly Approver[];
      readonly at: Date | null;
      readonly ignored: readonly Ignored[];
    }
  | {
      readonly kind: 'waiting';
      readonly missing: readonly { readonly entry: ApprovalEntry; readonly have: number }[];
      /** After a push only the command with the full commit id counts. */
      readonly shaNeeded: boolean;
      readonly ignored: readonly Ignored[];
    }
  /** Can never be approved as it stands; the way on is a new pull request. */
  | { readonly kind: 'unapprovable'; readonly code: 'foreign-push' | 'push-log-unknown'; readonly sentence: string }
  | { readonly kind: 'rejected'; readonly sentence: string }
  | { readonly kind: 'lapsed'; readonly sentence: string };

export type ApprovalTerms = {
  readonly entries: readonly ApprovalEntry[];
  readonly approvalTtlSeconds: number;
};

export function judgeApproval(facts: PullFacts, terms: ApprovalTerms): Approval {
  const said = statements(facts);
  const rejection = said.find((one) => one.kind === 'reject' && mayReject(facts, terms, one));
  if (rejection !== undefined)
    return { kind: 'rejected', sentence: `@${rejection.author?.login ?? 'unknown'} rejected this request.` };
  const history = headHistory(facts);
  if (history.kind === 'unapprovable') return history;
  const ignored: Ignored[] = [];
  const counted: Statement[] = [];
  for (const one of said) {
    if (one.kind === 'reject') continue;
    const reason = whyIgnored(facts, terms, one, history.onlyHead);
    if (reason === null) counted.push(one);
    else ignored.push({ login: one.author?.login ?? 'unknown', commentId: one.commentId, ...reason });
  }
  const assigned = assignApprovers(terms.entries, newestByAuthor(counted), (entry, one) =>
    entry.from.some((who) => one.author !== null && facts.membership(who, one.author.id) === 'member'),
  );
  if (assigned.kind === 'incomplete')
    return { kind: 'waiting', missing: assigned.missing, shaNeeded: !history.onlyHead, ignored };
  return withinTtl(facts, terms, assigned.chosen, ignored);
}

function withinTtl(
  facts: PullFacts,
  terms: ApprovalTerms,
  chosen: readonly Statement[],
  ignored: readonly Ignored[],
): Approval {
  const by = chosen.toReversed().map(toApprover);
  if (chosen.length === 0) return { kind: 'approved', by, at: null, ignored };
  const at = new Date(Math.max(...chosen.map((one) => one.at.getTime())));
  if (facts.now.getTime() - at.getTime() < terms.approvalTtlSeconds * 1000)
    return { kind: 'approved', by, at, ignored };
  const sentence = `The approval of ${wholeSeconds(at)} was not followed by the merge within ${formatDuration(terms.approvalTtlSeconds)}, so it no longer counts.`;
  return { kind: 'lapsed', sentence };
}

type Reason = { readonly code: IgnoredCode; readonly sentence: string };

/** Null when it counts. */
function whyIgnored(facts: PullFacts, terms: ApprovalTerms, one: Statement, onlyHead: boolean): Reason | null {
  const { author } = one;
  const head = facts.pull.head.sha;
  if (one.kind === 'unusable')
    return { code: 'unusable-command', sentence: `This was not taken as a command: ${one.reason}.` };
  if (author === null || author.type !== 'User' || author.id === facts.self.userId || one.byApp)
    return { code: 'not-a-person', sentence: 'Only a person approves, never an app or a bot.' };
  if (one.edited) return { code: 'edited', sentence: 'An edited comment does not count. Write a new one.' };
  if (author.id === facts.pull.author?.id)
    return { code: 'own-request', sentence: 'Nobody approves a request of their own. Ask one of the approvers.' };
  if (facts.reopenedAt !== null && one.at <= facts.reopenedAt)
    return {
      code: 'before-reopening',
      sentence:
        'This pull request was closed and opened again since, or went into another branch; approvals from before do not count.',
    };
  if (takenBack(facts, one))
    return {
      code: 'changes-requested',
      sentence: 'You asked for changes after this. Approve again once they are made.',
    };
  const memberships = terms.entries.flatMap((entry) => entry.from.map((who) => facts.membership(who, author.id)));
  if (!memberships.includes('member')) {
    if (memberships.includes('unknown'))
      return {
        code: 'approver-unknown',
        sentence: 'GitHub does not say whether you may approve this. It is asked again by itself within a minute.',
      };
    return {
      code: 'not-an-approver',
      sentence: 'You are not among those who may approve this request; the pull request says who is.',
    };
  }
  if (one.sha === null && !onlyHead)
    return {
      code: 'sha-needed',
      sentence: `There were pushes, so say which commit you approve: /approve-emergency ${head}`,
    };
  if (one.sha !== null && one.sha !== head)
    return {
      code: 'other-sha',
      sentence: `The head is now ${head}; look at it again and write: /approve-emergency ${head}`,
    };
  return null;
}

function mayReject(facts: PullFacts, terms: ApprovalTerms, one: Statement): boolean {
  const { author } = one;
  if (author === null || author.type !== 'User' || one.edited || one.byApp) return false;
  // Closing and opening again is how a rejected request is asked for anew.
  if (facts.reopenedAt !== null && one.at <= facts.reopenedAt) return false;
  if (author.id === facts.pull.author?.id) return true;
  return terms.entries.some((entry) => entry.from.some((who) => facts.membership(who, author.id) === 'member'));
}

/** One person counts once, with what they said last; newest first, as the newest approval is the one with time left. */
function newestByAuthor(counted: readonly Statement[]): readonly Statement[] {
  const newest = new Map<number, Statement>();
  for (const one of counted.toReversed())
    if (one.author !== null && !newest.has(one.author.id)) newest.set(one.author.id, one);
  return [...newest.values()];
}

function toApprover(one: Statement): Approver {
  return { login: one.author?.login ?? '', id: one.author?.id ?? 0, nodeId: one.nodeId, at: wholeSeconds(one.at) };
}
