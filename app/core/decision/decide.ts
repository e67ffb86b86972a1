// The one decision on an open pull request: verdict, approval, and what follows from the two.

import type { ApprovalEntry } from '../policy/policy.ts';
import type { ChangeRecord, GrantRecord, RemovalRecord } from '../record/record.ts';
import { type Approval, judgeApproval } from './approval.ts';
import { isWorkflow } from './change.ts';
import type { PullFacts } from './facts.ts';
import { type Allowed, judge, type Verdict } from './verdict.ts';

/** A record but for what only the moment of merging can fill in. */
export type RecordDraft =
  | {
      readonly kind: 'grant';
      readonly record: Omit<GrantRecord, 'expiresAt'>;
      readonly seconds: number;
      /** First start, for an extension; a new grant starts at the merge. */
      readonly startedAt: Date | null;
    }
  | { readonly kind: 'complete'; readonly record: ChangeRecord | RemovalRecord };

export type Phase =
  | { readonly kind: 'denied' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'approved'; readonly title: string; readonly draft: RecordDraft }
  /** Stuck as it stands. */
  | { readonly kind: 'unapprovable'; readonly sentence: string; readonly passing: boolean }
  /** Green, and a person presses merge: what GitHub lets no App merge. */
  | { readonly kind: 'by-hand'; readonly sentence: string }
  /** To be closed. */
  | { readonly kind: 'closed'; readonly sentence: string };

export type Decision = {
  readonly verdict: Verdict;
  /** Null when denied, and for a removal, which needs proof and not approval. */
  readonly approval: Approval | null;
  readonly phase: Phase;
};

export function decide(facts: PullFacts): Decision {
  const done = removalDone(facts);
  if (done !== null) return done;
  const verdict = judge(facts);
  if (verdict.kind === 'denied') {
    const lapsed = verdict.violations.find((one) => one.code === 'request-lapsed');
    const phase: Phase = lapsed === undefined ? { kind: 'denied' } : { kind: 'closed', sentence: lapsed.sentence };
    return { verdict, approval: null, phase };
  }
  const { allowed } = verdict;
  if (allowed.kind === 'removal') return { verdict, approval: null, phase: removalPhase(facts, allowed.ids) };
  const approval = judgeApproval(facts, {
    entries: entriesOf(allowed),
    approvalTtlSeconds: allowed.kind === 'owners' ? OWNERS_APPROVAL_TTL_SECONDS : allowed.rule.approvalTtlSeconds,
  });
  return { verdict, approval, phase: phaseOf(facts, allowed, approval) };
}

/** Owners approve at the pace of reviews, not of an incident. */
const OWNERS_APPROVAL_TTL_SECONDS = 7 * 86_400;

export function entriesOf(allowed: Allowed): readonly ApprovalEntry[] {
  switch (allowed.kind) {
    case 'owners':
      return [allowed.owners];
    case 'removal':
      return [];
    case 'grant':
    case 'extension':
      return allowed.rule.approvals;
  }
}

function touchesWorkflows({ change }: PullFacts): boolean {
  return change.kind === 'owners' && change.paths.some(isWorkflow);
}

function phaseOf(facts: PullFacts, allowed: Exclude<Allowed, { kind: 'removal' }>, approval: Approval): Phase {
  switch (approval.kind) {
    case 'waiting':
      return { kind: 'waiting' };
    case 'unapprovable':
      return { kind: 'unapprovable', sentence: approval.sentence, passing: approval.code === 'push-log-unknown' };
    case 'rejected':
    case 'lapsed':
      return { kind: 'closed', sentence: approval.sentence };
    case 'approved':
      if (touchesWorkflows(facts)) return { kind: 'by-hand', sentence: BY_HAND };
      return { kind: 'approved', title: titleOf(facts, allowed), draft: draftOf(facts, allowed, approval) };
  }
}

/** Merging these takes the permission `workflows`, with which an app could rewrite what runs with the repository's secrets. */
const BY_HAND =
  'GitHub lets no App merge changes to workflow files without a permission that this app does not want. One of the owners presses "Squash and merge".';

type Approved = Extract<Approval, { kind: 'approved' }>;

function titleOf({ pull }: PullFacts, allowed: Exclude<Allowed, { kind: 'removal' }>): string {
  if (allowed.kind === 'owners') return `Change approved by the owners (#${pull.number})`;
  const { grant } = allowed;
  const verb = allowed.kind === 'grant' ? 'Grant' : 'Extend';
  const to = allowed.kind === 'grant' ? 'for' : 'to';
  return `${verb} ${grant.role} on ${grant.account} to @${pull.author?.login ?? ''} ${to} ${grant.duration} (#${pull.number})`;
}

function draftOf(facts: PullFacts, allowed: Exclude<Allowed, { kind: 'removal' }>, approval: Approved): RecordDraft {
  const { pull, configured, ledger } = facts;
  const author = { login: pull.author?.login ?? '', id: pull.author?.id ?? 0 };
  const common = {
    repositoryId: configured.repositoryId,
    pullRequest: pull.number,
    approvedBy: approval.by,
    approvedHead: pull.head.sha,
  };
  if (allowed.kind === 'owners')
    return { kind: 'complete', record: { ...common, kind: 'change', author, policies: allowed.policies } };
  const { grant, file, rule, access } = allowed;
  const record = {
    ...common,
    kind: allowed.kind,
    grantId: grant.id,
    grantBlob: file.blob,
    requester: author,
    reason: grant.reason,
    ...(grant.incident === undefined ? {} : { incident: grant.incident }),
    access,
    policies: ledger.policy.tree,
    rule: rule.name,
  };
  return { kind: 'grant', record, seconds: grant.seconds, startedAt: allowed.extends?.startedAt ?? null };
}

/** Another removal was first: nothing would ever be proved or merged here. */
function removalDone({ change, ledger }: PullFacts): Decision | null {
  if (change.kind !== 'removal') return null;
  const strays = new Set(ledger.strays.map((one) => one.id));
  const isGone = (id: string) => !strays.has(id) && ledger.usedIds.has(id) && ledger.grants.get(id)?.removed !== null;
  const ids = change.files.map((file) => file.id);
  if (!ids.every(isGone)) return null;
  return {
    verdict: { kind: 'allowed', allowed: { kind: 'removal', ids } },
    approval: null,
    phase: { kind: 'closed', sentence: 'All that this takes out is gone from the branch already.' },
  };
}

/** Red until AWS has proved the absence of every grant it removes; then it merges with the proofs. */
function removalPhase({ removals, pull, configured }: PullFacts, ids: readonly string[]): Phase {
  const removed = ids.flatMap((grantId) => {
    const state = removals.get(grantId);
    return state?.kind === 'proven' ? [{ grantId, ended: state.ended, proof: state.proof }] : [];
  });
  const [first, ...rest] = removed;
  if (first === undefined || removed.length < ids.length) return { kind: 'waiting' };
  const what = rest.length === 0 ? first.grantId : `${ids.length} grants`;
  const record: RemovalRecord = {
    kind: 'removal',
    repositoryId: configured.repositoryId,
    pullRequest: pull.number,
    head: pull.head.sha,
    removed: [first, ...rest],
  };
  return { kind: 'approved', title: `End access of ${what} (#${pull.number})`, draft: { kind: 'complete', record } };
}

/** The colour of the required check: one function of verdict and approval, never `neutral` or `skipped`. */
export function conclusionOf(phase: Phase): 'success' | 'failure' | 'action_required' {
  switch (phase.kind) {
    case 'approved':
    case 'by-hand':
      return 'success';
    case 'waiting':
      return 'action_required';
    case 'unapprovable':
      return phase.passing ? 'action_required' : 'failure';
    case 'denied':
    case 'closed':
      return 'failure';
  }
}
