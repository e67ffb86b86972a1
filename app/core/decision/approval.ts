// Whether the head of a pull request is approved: by whom, for which commit, under which entries. Recomputed each time.
import { formatDuration } from '../grant/duration.ts';
import { wholeSeconds } from '../instant.ts';
import type { ApprovalEntry } from '../policy/policy.ts';
import type { Approver } from '../record/record.ts';
import { assignApprovers } from './assign.ts';
import type { PullFacts } from './facts.ts';
import { headHistory } from './head-history.ts';
import type { Membership } from './people.ts';
import { type Said, type Statement, statements, takenBack } from './statements.ts';

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
  'edit-unknown',
  'before-reopening',
  'changes-requested',
  'sha-needed',
  'other-sha',
] as const;
export type IgnoredCode = (typeof IGNORED_CODES)[number];

/** What GitHub did not say, and may say when it is asked again. */
export function isPassing(code: IgnoredCode): boolean {
  return code === 'approver-unknown' || code === 'edit-unknown';
}

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
  const vetoes = said.filter((one) => one.kind === 'reject');
  const rejection = vetoes.find((one) => mayReject(facts, terms, one) === 'member');
  if (rejection !== undefined)
    return { kind: 'rejected', sentence: `@${rejection.author?.login ?? 'unknown'} rejected this request.` };
  const history = headHistory(facts);
  if (history.kind === 'unapprovable') return history;
  const ignored: Ignored[] = [];
  const counts = (one: Statement, reason: Reason | null): boolean => {
    if (reason !== null) ignored.push({ login: one.author?.login ?? 'unknown', commentId: one.commentId, ...reason });
    return reason === null;
  };
  const counted = said.filter(
    (one) => one.kind !== 'reject' && counts(one, whyIgnored(facts, terms, one, history.onlyHead)),
  );
  const unedited = newestByAuthor(counted).filter((one) => counts(one, whyEdited(facts, one)));
  const assigned = assignApprovers(terms.entries, unedited, (entry, one) =>
    entry.from.some((who) => one.author !== null && facts.membership(who, one.author.id) === 'member'),
  );
  if (assigned.kind === 'incomplete')
    return { kind: 'waiting', missing: assigned.missing, shaNeeded: !history.onlyHead, ignored };
  // Nothing is approved over a veto of somebody who may have the right to it.
  const veto = vetoes.find((one) => mayReject(facts, terms, one) === 'unknown');
  if (veto !== undefined) {
    counts(veto, VETO_UNKNOWN);
    const missing = terms.entries.map((entry) => ({ entry, have: 0 }));
    return { kind: 'waiting', missing, shaNeeded: !history.onlyHead, ignored };
  }
  return withinTtl(facts, terms, assigned.chosen, ignored);
}

/**
 * The words whose history GitHub is to be asked for: the newest of each person that counts if they may approve. So a flood
 * of comments costs one question for each of its authors, and everything is known before any membership.
 */
export function wordsToAsk(
  facts: Said & Pick<PullFacts, 'pull' | 'pushes' | 'reopenedAt'>,
): readonly { readonly nodeId: string; readonly body: string }[] {
  const history = headHistory(facts);
  if (history.kind === 'unapprovable') return [];
  const candidates = statements(facts).filter(
    (one) =>
      one.kind === 'approve' && whyNever(facts, one) === null && whyNotThisHead(facts, one, history.onlyHead) === null,
  );
  return newestByAuthor(candidates).flatMap(({ nodeId, words }) => (words === null ? [] : [{ nodeId, body: words }]));
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

/** Null when it counts, unless it was edited. Who may approve depends on the person alone, so `wordsToAsk` does without. */
function whyIgnored(facts: PullFacts, terms: ApprovalTerms, one: Statement, onlyHead: boolean): Reason | null {
  return whyNever(facts, one) ?? whyNotTheirs(facts, terms, one) ?? whyNotThisHead(facts, one, onlyHead);
}

function whyNever(facts: Said & Pick<PullFacts, 'pull' | 'reopenedAt'>, one: Statement): Reason | null {
  const { author } = one;
  if (one.kind === 'unusable')
    return { code: 'unusable-command', sentence: `This was not taken as a command: ${one.reason}.` };
  if (author === null || author.type !== 'User' || author.id === facts.self.userId || one.byApp)
    return { code: 'not-a-person', sentence: 'Only a person approves, never an app or a bot.' };
  if (one.edited) return EDITED;
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
  return null;
}

const EDITED: Reason = { code: 'edited', sentence: 'An edited comment does not count. Write a new one.' };

function whyNotTheirs(facts: PullFacts, terms: ApprovalTerms, { author }: Statement): Reason | null {
  const memberships = terms.entries.flatMap((entry) =>
    entry.from.map((who) => (author === null ? 'not-member' : facts.membership(who, author.id))),
  );
  if (memberships.includes('member')) return null;
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

function whyNotThisHead({ pull }: Pick<PullFacts, 'pull'>, { sha }: Statement, onlyHead: boolean): Reason | null {
  const head = pull.head.sha;
  if (sha === null && !onlyHead)
    return {
      code: 'sha-needed',
      sentence: `There were pushes, so say which commit you approve: /approve-emergency ${head}`,
    };
  if (sha !== null && sha !== head)
    return {
      code: 'other-sha',
      sentence: `The head is now ${head}; look at it again and write: /approve-emergency ${head}`,
    };
  return null;
}

/** REST's times have whole seconds: an edit in the second of the writing shows only in GitHub's history of the words. */
function whyEdited({ edits }: Pick<PullFacts, 'edits'>, { nodeId, words }: Statement): Reason | null {
  if (words === null) return null;
  switch (edits.get(nodeId) ?? 'unknown') {
    case 'unedited':
      return null;
    case 'edited':
      return EDITED;
    case 'unknown':
      return {
        code: 'edit-unknown',
        sentence:
          'GitHub does not say whether this comment was edited, so it does not count yet. It is asked again by itself within a minute.',
      };
  }
}

const VETO_UNKNOWN: Reason = {
  code: 'approver-unknown',
  sentence:
    'GitHub does not say whether you may reject this, so nothing is approved meanwhile. It is asked again by itself within a minute.',
};

function mayReject(facts: PullFacts, terms: ApprovalTerms, one: Statement): Membership {
  const { author } = one;
  if (author === null || author.type !== 'User' || one.edited || one.byApp) return 'not-member';
  // Closing and opening again is how a rejected request is asked for anew.
  if (facts.reopenedAt !== null && one.at <= facts.reopenedAt) return 'not-member';
  if (author.id === facts.pull.author?.id) return 'member';
  const answers = terms.entries.flatMap((entry) => entry.from.map((who) => facts.membership(who, author.id)));
  return answers.includes('member') ? 'member' : answers.includes('unknown') ? 'unknown' : 'not-member';
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
