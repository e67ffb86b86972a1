// The check run and the sticky comment of a pull request, as text: one function of the decision, written for 03:00.
import { addSeconds } from 'date-fns/addSeconds';
import type { Ignored } from '../core/decision/approval.ts';
import { conclusionOf, type Decision } from '../core/decision/decide.ts';
import type { Evidence } from '../core/decision/evidence.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import type { CheckContent } from '../core/decision/people.ts';
import { factsOf } from '../core/decision/provenance.ts';
import type { Allowed } from '../core/decision/verdict.ts';
import type { Violation } from '../core/decision/violation.ts';
import { formatDuration } from '../core/grant/duration.ts';
import { entryName } from './names.ts';
import { quoted, sentence, utc } from './text.ts';

/** First line of the app's sticky comment: how it finds its own comment again. */
export const MARKER = '<!-- breakglass -->';

export type ReportContext = {
  readonly owner: string;
  /** Page of the repository, e.g. `https://github.com/acme/access`. */
  readonly repositoryUrl: string;
  /** GitHub's own words when the last merge was blocked. */
  readonly blocked: string | null;
};

export type Report = { readonly check: CheckContent; readonly comment: string };

export function report(facts: PullFacts, decision: Decision, context: ReportContext): Report {
  const blocked = decision.phase.kind === 'approved' ? context.blocked : null;
  const headline = blocked === null ? headlineOf(facts, decision, context) : 'Approved, but GitHub does not merge it';
  const body = [
    `### ${subject(decision)}`,
    `**${headline}.**`,
    ...(blocked === null
      ? []
      : [
          `GitHub says: ${quoted(blocked)}. The app tries again by itself; when it needs your hand, the words above say what for.`,
        ]),
    ...details(facts, decision, context),
  ].join('\n\n');
  const conclusion = blocked === null ? conclusionOf(decision.phase) : 'action_required';
  return { check: { conclusion, title: headline, summary: body }, comment: `${MARKER}\n${body}\n` };
}

function subject({ verdict }: Decision): string {
  if (verdict.kind === 'denied') return 'breakglass: not allowed';
  const { allowed } = verdict;
  switch (allowed.kind) {
    case 'grant':
      return `${allowed.grant.role} on ${allowed.grant.account} for ${allowed.grant.requester}, ${allowed.grant.duration}`;
    case 'extension':
      return `Extend ${allowed.grant.id} to ${allowed.grant.duration}`;
    case 'owners':
      return 'A change to what the owners keep';
    case 'removal':
      return `End access: ${allowed.ids.join(', ')}`;
  }
}

function headlineOf(facts: PullFacts, decision: Decision, { owner }: ReportContext): string {
  const { phase, approval, verdict } = decision;
  switch (phase.kind) {
    case 'denied': {
      const count = verdict.kind === 'denied' ? verdict.violations.length : 0;
      return count === 1 ? 'Denied: one thing to change' : `Denied: ${count} things to change`;
    }
    case 'approved':
      return facts.change.kind === 'removal' ? 'AWS proves that the access is gone; merging' : 'Approved; merging';
    case 'by-hand':
      return 'Approved; press merge';
    case 'closed':
      return 'Closed';
    case 'unapprovable':
      return phase.passing ? 'Waiting for GitHub' : 'Cannot be approved as it stands';
    case 'waiting':
      if (facts.change.kind === 'removal') return 'Waiting for AWS to prove that the access is gone';
      if (approval?.kind !== 'waiting') return 'Waiting';
      return `Waiting for approval: ${approval.missing.map(({ entry, have }) => `${entryName({ ...entry, count: entry.count - have }, owner)}`).join(', and ')}`;
  }
}

function details(facts: PullFacts, decision: Decision, context: ReportContext): string[] {
  const { phase, verdict, approval } = decision;
  if (verdict.kind === 'denied')
    return [violationList(verdict.violations), phase.kind === 'closed' ? '' : pushAgain()].filter(Boolean);
  const parts: string[] = [];
  if (phase.kind === 'closed' || phase.kind === 'unapprovable' || phase.kind === 'by-hand')
    parts.push(sentence(phase.sentence));
  if (phase.kind === 'unapprovable' && !phase.passing) parts.push(askAgain(facts, context));
  if (approval?.kind === 'waiting') parts.push(howToApprove(facts, approval.shaNeeded));
  if (approval !== null && 'ignored' in approval && approval.ignored.length > 0)
    parts.push(['Not counted:', ...approval.ignored.slice(-MOST_LINES).map(ignoredLine)].join('\n'));
  parts.push(...about(facts, verdict.allowed, context));
  return parts;
}

/** A comment has a limit, and nobody reads further; strangers can say as much as they like. */
const MOST_LINES = 25;

function ignoredLine(one: Ignored): string {
  return `- \`${one.login}\`: ${sentence(one.sentence)}`;
}

function violationList(violations: readonly Violation[]): string {
  const more = violations.length - MOST_LINES;
  const lines = violations.slice(0, MOST_LINES).map((one) => {
    // Without a line the sentence names the file itself.
    const place =
      one.file === undefined || !one.line ? '' : `${quoted(one.file)} line ${one.line}, column ${one.column}: `;
    return `- ${place}${sentence(one.sentence)} (\`${one.code}\`)`;
  });
  return [...lines, ...(more > 0 ? [`- and ${more} more.`] : [])].join('\n');
}

function pushAgain(): string {
  return 'Push the correction to this branch; it is judged again at once.';
}

function howToApprove({ pull }: PullFacts, shaNeeded: boolean): string {
  const line = shaNeeded ? `/approve-emergency ${pull.head.sha}` : '/approve-emergency';
  const why = shaNeeded ? ' There were pushes, so the full commit id says which one you looked at.' : '';
  return `To approve, look at the file and comment this line by itself:${why}\n\n\`\`\`\n${line}\n\`\`\`\n\n\`/reject\` closes the request.`;
}

function about(facts: PullFacts, allowed: Allowed, context: ReportContext): string[] {
  switch (allowed.kind) {
    case 'owners':
      return allowed.policies === facts.ledger.policy.tree
        ? ['`policies/` stays as it is.']
        : [
            'This changes `policies/`: who may have what, from the merge on. Live grants are never widened by it.',
            ...listed(facts.policyReport?.listed ?? []),
          ];
    case 'removal':
      return allowed.ids.map((id) => {
        const state = facts.removals.get(id);
        return `- \`${id}\`: ${state?.kind === 'proven' ? `${sentence(state.ended)}; ${sentence(state.proof)}` : state?.kind === 'waiting' ? sentence(state.sentence) : 'live'}`;
      });
    case 'grant':
    case 'extension':
      return [...allowed.warnings.map((text) => `> ⚠️ ${quoted(text)}`), grantTable(facts, allowed, context)];
  }
}

/** For the check run's details: every fact and where it was read. `breakglass explain` has the same to decide again by. */
export function evidenceText(evidence: Evidence): string {
  const lines = factsOf(evidence).map(({ fact, value, from }) => `- ${fact}: ${quoted(value)}, from ${quoted(from)}`);
  return ['Decided by these facts:', lines.join('\n')].join('\n\n');
}

/** What the tests, the linter and past requests say of a policy change; none of it keeps anybody from approving. */
function listed(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [lines.map((line) => `- ${sentence(line)}`).join('\n')];
}

function grantTable(
  facts: PullFacts,
  allowed: Extract<Allowed, { kind: 'grant' | 'extension' }>,
  { owner }: ReportContext,
): string {
  const { grant, rule } = allowed;
  const lapses = addSeconds(facts.pull.createdAt, rule.requestTtlSeconds);
  const approvals = rule.approvals.map((entry) => entryName(entry, owner)).join(', and ');
  const rows: readonly (readonly [string, string])[] = [
    ['Reason', quoted(grant.reason)],
    ...(grant.incident === undefined ? [] : [['Incident', quoted(grant.incident)] as const]),
    ['Rule', `\`${rule.name}\``],
    ['Approval', approvals === '' ? 'by the rule itself' : approvals],
    [
      'Ends',
      allowed.extends === null
        ? `${grant.duration} after the merge`
        : `${grant.duration} after ${utc(allowed.extends.startedAt)}`,
    ],
    ['This request lapses', `${utc(lapses)}, ${formatDuration(rule.requestTtlSeconds)} after it was opened`],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

/** Ready to open: the same request from a fresh branch of the requester's own. */
function askAgain(facts: PullFacts, { repositoryUrl }: ReportContext): string {
  const { grantFile } = facts;
  if (grantFile?.kind !== 'ok') return '';
  return `[Open the same request again](${newGrantUrl(repositoryUrl, facts.configured.branch, grantFile.value.id, grantText(grantFile.value))})`;
}

export function newGrantUrl(repositoryUrl: string, branch: string, id: string, text: string): string {
  const query = new URLSearchParams({ filename: `grants/${id}.yaml`, value: text });
  return `${repositoryUrl}/new/${encodeURIComponent(branch)}?${query}`;
}

export type GrantText = {
  readonly requester: string;
  readonly account: string;
  readonly role: string;
  readonly duration: string;
  readonly reason: string;
  readonly incident?: string;
};

export function grantText(grant: GrantText): string {
  const lines = [
    `requester: ${scalar(grant.requester)}`,
    `account: ${scalar(grant.account)}`,
    `role: ${scalar(grant.role)}`,
    `duration: ${grant.duration}`,
    `reason: ${JSON.stringify(grant.reason)}`,
    ...(grant.incident === undefined ? [] : [`incident: ${JSON.stringify(grant.incident)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** In quotes where YAML would read a number or a truth value: `123` and `null` are fine names. */
function scalar(text: string): string {
  return /^[A-Za-z]/.test(text) && !/^(?:true|false|null)$/i.test(text) ? text : JSON.stringify(text);
}
