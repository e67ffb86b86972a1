// Who had which access, when, approved by whom: the ledger as plain data for a person or a program to read.

import { wholeSeconds } from '../core/instant.ts';
import type { Counted, Folded } from '../core/ledger/fold.ts';
import type { GrantEntry, Ledger, LedgerAlarm } from '../core/ledger/ledger.ts';
import type { Approver, Identity } from '../core/record/record.ts';
import { hadAccess, type Life, lifeOf } from './life.ts';

export type AuditedGrant = {
  readonly id: string;
  readonly requester: Identity;
  readonly role: string;
  readonly account: string;
  readonly accountId: string;
  readonly reason: string;
  readonly incident: string | null;
  readonly rule: string;
  readonly approvedBy: readonly Approver[];
  readonly extensions: readonly AuditedExtension[];
  readonly startedAt: string;
  readonly deadline: string;
  readonly endedAt: string;
  readonly state: Life['state'];
  readonly end: string | null;
  readonly proof: string | null;
  readonly pullRequests: readonly number[];
  readonly commit: string;
};

export type AuditedExtension = {
  readonly pullRequest: number;
  readonly commit: string;
  readonly expiresAt: string;
  readonly approvedBy: readonly Approver[];
};

export type Audit = {
  readonly tip: string;
  readonly position: number;
  readonly policy: { readonly commit: string; readonly tree: string; readonly diverged: boolean };
  /** How many valid authorizations the history holds, by kind. */
  readonly authorizations: Readonly<Record<Counted['record']['kind'], number>>;
  readonly grants: readonly AuditedGrant[];
  readonly strays: readonly {
    readonly id: string;
    readonly path: string;
    readonly commit: string;
    readonly reason: string;
  }[];
  readonly alarms: readonly (Omit<LedgerAlarm, 'at'> & { readonly at: string })[];
};

export type AuditQuestion = {
  readonly now: Date;
  /** Only grants with access at this time. */
  readonly at?: Date;
  /** Only this grant. */
  readonly grant?: string;
};

export function auditOf(folded: Extract<Folded, { kind: 'ledger' }>, question: AuditQuestion): Audit {
  const { ledger, authorizations } = folded;
  const entries = [...ledger.grants.values()]
    .map((entry) => ({ entry, life: lifeOf(entry, ledger.policy.value, question.now) }))
    .filter(({ entry, life }) => question.at === undefined || hadAccess(entry, life, question.at))
    .filter(({ entry }) => question.grant === undefined || entry.id === question.grant)
    .sort((a, b) => a.entry.startedAt.getTime() - b.entry.startedAt.getTime());
  return {
    tip: ledger.tip,
    position: ledger.position,
    policy: { commit: ledger.policy.commit, tree: ledger.policy.tree, diverged: ledger.policyDiverged },
    authorizations: counts(authorizations),
    grants: entries.map(({ entry, life }) => audited(entry, life, authorizations)),
    ...unexplained(ledger, question.grant),
  };
}

/** Whether everything in the history is explained by authorizations that chain to the root. */
export function verifies(audit: Audit): boolean {
  return audit.strays.length === 0 && audit.alarms.length === 0 && !audit.policy.diverged;
}

function audited(entry: GrantEntry, life: Life, authorizations: readonly Counted[]): AuditedGrant {
  const { record, resolved } = entry;
  return {
    id: entry.id,
    requester: record.requester,
    role: resolved.role,
    account: resolved.accountName,
    accountId: resolved.accountId,
    reason: record.reason,
    incident: record.incident ?? null,
    rule: record.rule,
    approvedBy: record.approvedBy,
    extensions: extensionsOf(entry, authorizations),
    startedAt: wholeSeconds(entry.startedAt),
    deadline: wholeSeconds(entry.deadline),
    endedAt: wholeSeconds(life.endedAt),
    state: life.state,
    end: life.end,
    proof: life.proof,
    pullRequests: entry.pulls,
    commit: entry.commit,
  };
}

/** The entry names the pull requests whose extension counted; who approved them stands in their own records. */
function extensionsOf(entry: GrantEntry, authorizations: readonly Counted[]): readonly AuditedExtension[] {
  const pulls = entry.pulls.slice(1);
  return authorizations.flatMap(({ commit, record }) => {
    if (record.kind !== 'extension' || record.grantId !== entry.id || !pulls.includes(record.pullRequest)) return [];
    const { pullRequest, expiresAt, approvedBy } = record;
    return [{ pullRequest, commit, expiresAt, approvedBy }];
  });
}

function counts(authorizations: readonly Counted[]): Audit['authorizations'] {
  const of = (kind: Counted['record']['kind']) => authorizations.filter(({ record }) => record.kind === kind).length;
  return { grant: of('grant'), extension: of('extension'), removal: of('removal'), change: of('change') };
}

function unexplained(ledger: Ledger, grant: string | undefined): Pick<Audit, 'strays' | 'alarms'> {
  return {
    strays: ledger.strays
      .filter((one) => grant === undefined || one.id === grant)
      .map(({ id, path, commit, reason }) => ({ id, path, commit, reason })),
    // Never narrowed to one grant: what is wrong with the history is wrong with all that it says.
    alarms: ledger.alarms.map((alarm) => ({ ...alarm, at: wholeSeconds(alarm.at) })),
  };
}
