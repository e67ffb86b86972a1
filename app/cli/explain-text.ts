// An explanation as a person reads it: what was decided, why, and every fact with where it comes from.
import type { Approval } from '../core/decision/approval.ts';
import type { Decision, Phase } from '../core/decision/decide.ts';
import type { Evidence } from '../core/decision/evidence.ts';
import { factsOf } from '../core/decision/provenance.ts';
import type { Allowed } from '../core/decision/verdict.ts';
import { wholeSeconds } from '../core/instant.ts';
import { selectorText } from '../core/policy/match.ts';
import type { ApprovalEntry } from '../core/policy/policy.ts';
import { shown, type Terminal } from './terminal.ts';

export function explanationLines(evidence: Evidence, decision: Decision, terminal: Terminal): readonly string[] {
  const { repository, facts } = evidence;
  const heading = (text: string) => terminal.tone('bold', text);
  const lines = [
    heading(`Pull request #${facts.pull.number} of ${shown(`${repository.owner}/${repository.name}`)}`),
    '',
    heading('Verdict'),
    ...verdictLines(decision),
    '',
    heading('Approval'),
    ...approvalLines(decision.approval),
    '',
    heading('Phase'),
    phaseLine(decision.phase),
    '',
    heading('Facts'),
  ];
  for (const { fact, value, from } of factsOf(evidence))
    lines.push(`  ${shown(fact)}: ${shown(value)}`, terminal.tone('dim', `      from ${shown(from)}`));
  return lines;
}

function verdictLines({ verdict }: Decision): readonly string[] {
  if (verdict.kind === 'allowed') return [`  allowed: ${allowedText(verdict.allowed)}`];
  const places = verdict.violations.map(({ code, sentence, file, line }) => {
    const place = file === undefined ? '' : ` (${file}${line ? `:${line}` : ''})`;
    return shown(`  denied: ${sentence} [${code}]${place}`);
  });
  return places;
}

function allowedText(allowed: Allowed): string {
  switch (allowed.kind) {
    case 'grant':
    case 'extension':
      return shown(`${allowed.kind} "${allowed.grant.id}" by rule "${allowed.rule.name}", access ${allowed.access}`);
    case 'owners':
      return `the owners' ground, policies tree ${allowed.policies}`;
    case 'removal':
      return shown(`removal of ${allowed.ids.join(', ')}`);
  }
}

function approvalLines(approval: Approval | null): readonly string[] {
  if (approval === null) return ['  not asked'];
  const ignored = 'ignored' in approval ? approval.ignored : [];
  const notCounted = ignored.map((one) => shown(`  not counted: ${one.login}: ${one.sentence} [${one.code}]`));
  switch (approval.kind) {
    case 'approved': {
      const by = approval.by.map((one) => shown(`  by ${one.login} (${one.id}) ${one.at}, ${one.nodeId}`));
      const at = approval.at === null ? 'by the rule itself' : wholeSeconds(approval.at);
      return [`  approved: ${at}`, ...by, ...notCounted];
    }
    case 'waiting': {
      const sha = approval.shaNeeded ? '; only with the full commit id' : '';
      return [...approval.missing.map((one) => shown(`  waiting: ${missingText(one)}${sha}`)), ...notCounted];
    }
    case 'unapprovable':
    case 'rejected':
    case 'lapsed':
      return [shown(`  ${approval.kind}: ${approval.sentence}`)];
  }
}

function missingText({ entry, have }: { readonly entry: ApprovalEntry; readonly have: number }): string {
  return `${have} of ${entry.count} from ${entry.from.map(selectorText).join(', ')}`;
}

function phaseLine(phase: Phase): string {
  switch (phase.kind) {
    case 'denied':
    case 'waiting':
      return `  ${phase.kind}`;
    case 'approved':
      return shown(`  approved; would be merged as "${phase.title}"`);
    case 'unapprovable':
    case 'by-hand':
    case 'closed':
      return shown(`  ${phase.kind}: ${phase.sentence}`);
  }
}
