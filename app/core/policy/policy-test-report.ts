// What owners should know about a change of the policy before they approve it, and what keeps it from going green.
import { lintPolicy } from './lint.ts';
import type { Finding, TeamFacts } from './lint-finding.ts';
import { placesIn } from './lint-places.ts';
import type { Policy, Team } from './policy.ts';
import type { InlineSize } from './policy-test-facts.ts';
import { type PolicyTestResult, type PolicyTestRun, runPolicyTests } from './policy-test-run.ts';
import { differenceText, type HistoricRequest, replay } from './replay.ts';

export type PolicyChange = {
  /** In force, and its files by name relative to `policies/`, tests included. */
  readonly base: { readonly policy: Policy; readonly files: ReadonlyMap<string, Uint8Array> };
  /** As it would be after the merge. */
  readonly head: { readonly policy: Policy; readonly files: ReadonlyMap<string, Uint8Array> };
  readonly history: readonly HistoricRequest[];
  /** Who is in the teams of `namedTeams`; null where GitHub was asked and does not say. */
  readonly teams?: TeamFacts | null | 'not-asked';
  readonly size?: InlineSize;
};

export const POLICY_BLOCK_CODES = ['policy-tests-fail', 'no-owner-can-approve'] as const;

/** Of the shape of a violation. */
export type PolicyBlock = {
  readonly code: (typeof POLICY_BLOCK_CODES)[number];
  readonly sentence: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
};

export type PolicyReport = { readonly blocking: readonly PolicyBlock[]; readonly listed: readonly string[] };

export function policyReport(change: PolicyChange): PolicyReport {
  const { base, head, history, teams, size = null } = change;
  const run = runPolicyTests(head.policy, head.files, size);
  const findings = newFindings(change);
  const { differences } = replay(history, head.policy, size);
  return {
    blocking: [...findings.flatMap(ownerBlock), ...testBlocks(run)].slice(0, MOST_BLOCKING),
    listed: [
      ...(teams === null ? [UNKNOWN_TEAMS] : teams === 'not-asked' ? [TEAMS_NOT_ASKED] : []),
      ...changedExpectations(runPolicyTests(head.policy, base.files, size), run),
      ...shortened(findings.filter(({ code }) => code !== 'no-owner-can-approve').map(findingText), 'lint'),
      ...shortened(differences.map(differenceText), 'replay'),
    ],
  };
}

const UNKNOWN_TEAMS =
  'GitHub does not say who is in the teams of this policy, so that nobody checked whether they have enough people.';

const TEAMS_NOT_ASKED =
  'GitHub was not asked who is in the teams of this policy, as they are more than the app asks about; nobody checked whether they have enough people: breakglass policy lint --github';

/** The teams that somebody must be in to ask, to approve or to revoke; what settings.yaml lists beside them decides nothing. */
export function namedTeams({ settings, rules }: Policy): ReadonlyMap<string, Team> {
  const { owners, revokers, teams } = settings;
  const selectors = [
    ...owners.from,
    ...revokers,
    ...rules.flatMap(({ requesters, approvals }) => [...requesters, ...approvals.flatMap(({ from }) => from)]),
  ];
  const named = new Set(selectors.flatMap((one) => (one.kind === 'team' ? [one.team] : [])));
  return new Map([...teams].filter(([slug]) => named.has(slug)));
}

function testBlocks({ problems, results }: PolicyTestRun): readonly PolicyBlock[] {
  const code = 'policy-tests-fail';
  const broken = problems.map(({ message, ...place }): PolicyBlock => ({ code, sentence: message, ...place }));
  const failed = results
    .filter(({ passed }) => !passed)
    .map(({ file, line, column, ...one }): PolicyBlock => ({ code, sentence: failureText(one), file, line, column }));
  return [...broken, ...failed];
}

/** `Test "x" fails: it expects …, and the policy says …: why` */
export function failureText({
  name,
  expected,
  actual,
  why,
}: Pick<PolicyTestResult, 'name' | 'expected' | 'actual' | 'why'>) {
  const because = why.length === 0 ? '.' : `: ${why.join(' ')}`;
  return `Test "${name}" fails: it expects "${expected}", and the policy says "${actual}"${because}`;
}

/** A policy and its tests change in one pull request: what the tests no longer ask for is said to whoever approves it. */
function changedExpectations(base: PolicyTestRun, head: PolicyTestRun): readonly string[] {
  const broken =
    base.problems.length === 0 ? [] : ['Tests of the policy in force cannot be read; they were not compared.'];
  const after = new Map(head.results.map((one) => [keyOf(one), one]));
  const changed = base.results.flatMap((one): readonly string[] => {
    const now = after.get(keyOf(one));
    const holds = one.passed ? 'it would still hold' : `it would no longer hold: "${one.actual}"`;
    if (now === undefined)
      return [`Test "${one.name}" (${one.asked}) is taken out; it expects "${one.expected}", and ${holds}.`];
    if (now.asked === one.asked && now.expected === one.expected)
      return one.passed || !now.passed ? [] : [factsChanged(one)];
    if (now.expected === one.expected && one.passed) return [];
    return [
      `Test "${one.name}" (${one.asked}) expected "${one.expected}", and ${holds}; now (${now.asked}) it expects "${now.expected}".`,
    ];
  });
  const more = changed.length - MOST_CHANGED;
  const rest =
    more <= 0 ? [] : [`and ${more} more tests that are changed or taken out: read the diff of policies/tests/`];
  return [...broken, ...changed.slice(0, MOST_CHANGED), ...rest];
}

/** All that a check run has room for. */
const MOST_CHANGED = 100;

/** The same words on both sides, but only the new one passes: what it takes for granted was changed. */
function factsChanged({ name, expected }: PolicyTestResult): string {
  return `Test "${name}" expects "${expected}" as before, but under other facts; under those of before it fails.`;
}

function keyOf({ file, name }: PolicyTestResult): string {
  return `${file} ${name}`;
}

/** What was so before is not this change's doing; that nobody could approve is said whoever did it. */
function newFindings({ base, head, teams, size }: PolicyChange): readonly Finding[] {
  const facts = teams === 'not-asked' ? null : teams;
  const options = { ...facts, ...(size === undefined ? {} : { size }) };
  const before = new Set(lintPolicy(ofNamedTeams(base.policy), options).map(({ sentence }) => sentence));
  const now = lintPolicy(ofNamedTeams(head.policy), { ...options, place: placesIn(head.files) });
  return now.filter(({ code, sentence }) => code === 'no-owner-can-approve' || !before.has(sentence));
}

/** Of other teams GitHub was not asked, and what nobody asked is no finding. */
function ofNamedTeams(policy: Policy): Policy {
  return { ...policy, settings: { ...policy.settings, teams: namedTeams(policy) } };
}

function ownerBlock({ code, sentence, file, line, column }: Finding): readonly PolicyBlock[] {
  return code === 'no-owner-can-approve' ? [{ code, sentence, file, line, column }] : [];
}

export function findingText({ code, severity, sentence, file, line }: Finding): string {
  return `${severity} ${file}${line === 0 ? '' : `:${line}`} ${code}: ${sentence}`;
}

/** A check run has room for 65,535 characters, and nobody reads further. */
const MOST_LISTED = 25;
const MOST_BLOCKING = 100;

function shortened(lines: readonly string[], command: string): readonly string[] {
  const more = lines.length - MOST_LISTED;
  return more <= 0 ? lines : [...lines.slice(0, MOST_LISTED), `and ${more} more: breakglass policy ${command}`];
}
