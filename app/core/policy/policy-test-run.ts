// Runs the tests of a policy: each case is judged by the decision that judges pull requests, and compared with its word.
import { judge, type Verdict } from '../decision/verdict.ts';
import { formatDuration } from '../grant/duration.ts';
import type { Problem } from '../result.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { selectorText } from './match.ts';
import type { ApprovalEntry, Policy } from './policy.ts';
import { type Expected, type ExpectedApproval, type PolicyTestCase, parsePolicyTests } from './policy-test.ts';
import { factsOfCase, type InlineSize } from './policy-test-facts.ts';

export type PolicyTestResult = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  /** What is asked for, in words. */
  readonly asked: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly actual: string;
  /** The sentences of an actual denial; or why the case cannot be judged. */
  readonly why: readonly string[];
};

export type PolicyTestRun = {
  readonly results: readonly PolicyTestResult[];
  /** Of the test files themselves. */
  readonly problems: readonly Problem[];
};

/** `files`: of `policies/`, by name relative to it. */
export function runPolicyTests(
  policy: Policy,
  files: ReadonlyMap<string, Uint8Array>,
  size: InlineSize | null = null,
): PolicyTestRun {
  const { cases, problems } = parsePolicyTests(files);
  return { results: cases.map((one) => resultOf(one, policy, size)), problems };
}

export function testsPass({ results, problems }: PolicyTestRun): boolean {
  return problems.length === 0 && results.every(({ passed }) => passed);
}

function resultOf(test: PolicyTestCase, policy: Policy, size: InlineSize | null): PolicyTestResult {
  const { file, line, column, name } = test;
  const expected = expectedText(test.expected);
  const common = { file, line, column, name, asked: askedText(test), expected };
  const why = misspelt(test, policy);
  if (why.length > 0) return { ...common, passed: false, actual: 'cannot be judged', why };
  const verdict = judge(factsOfCase(test, policy, size));
  const actual = verdictText(verdict);
  const sentences = verdict.kind === 'denied' ? verdict.violations.map(({ sentence }) => sentence) : [];
  return { ...common, passed: actual === expected, actual, why: sentences };
}

/** A misspelt team would make the requester a stranger, and a wrong denial look right; a misspelt rule spends no budget. */
function misspelt({ teams, unknown, extends: extended, earlier }: PolicyTestCase, policy: Policy): readonly string[] {
  const known = policy.settings.teams;
  const rules = policy.rules.map(({ name }) => name);
  const named = [...earlier, ...(extended === null ? [] : [extended])].map(({ rule }) => rule);
  return [
    ...[...teams, ...unknown]
      .filter((team) => !known.has(team))
      .map(
        (team) => `There is no team "${team}" under teams in policies/settings.yaml.${didYouMean(team, known.keys())}`,
      ),
    ...named
      .filter((rule) => !rules.includes(rule))
      .map((rule) => `There is no rule "${rule}" in policies/rules.yaml.${didYouMean(rule, rules)}`),
  ];
}

/** One text for each verdict, in an order of its own: the same meaning is the same words. */
export function verdictText(verdict: Verdict): string {
  if (verdict.kind === 'denied') return deniedText(verdict.violations.map(({ code }) => code));
  const { allowed } = verdict;
  if (!('rule' in allowed)) return allowed.kind;
  return allowedText(allowed.rule.name, allowed.rule.approvals.map(approvalOf));
}

/** `1 of team:a or user:b, and 1 of team:c`; order means nothing in either list. */
export function approvalsText(approvals: readonly ExpectedApproval[]): string {
  if (approvals.length === 0) return 'by the rule itself';
  const entries = approvals.map(({ count, from }) => `${count} of ${from.map(lowerCase).sort().join(' or ')}`);
  return entries.sort().join(', and ');
}

export function approvalOf({ count, from }: ApprovalEntry): ExpectedApproval {
  return { count, from: from.map(selectorText) };
}

function expectedText(expected: Expected): string {
  return expected.kind === 'denied' ? deniedText(expected.codes) : allowedText(expected.rule, expected.approvals);
}

function allowedText(rule: string, approvals: readonly ExpectedApproval[]): string {
  return `allowed by rule "${rule}", approved ${approvalsText(approvals)}`;
}

function deniedText(codes: readonly string[]): string {
  return `denied: ${[...new Set(codes)].sort().join(', ')}`;
}

function askedText({ requester, teams, request, extends: extended }: PolicyTestCase): string {
  const who = teams.length === 0 ? `@${requester}` : `@${requester} (${teams.join(', ')})`;
  const to =
    extended === null ? `for ${request.duration}` : `from ${formatDuration(extended.seconds)} to ${request.duration}`;
  return `${who}: ${request.role} on ${request.account} ${to}`;
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
