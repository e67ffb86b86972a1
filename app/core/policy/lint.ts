// What is wrong with a policy that parses: rules that nobody can use, that let too much happen, or that say nothing.
import type { Place, Segment } from '../yaml/strict.ts';
import { approvalFindings } from './lint-approvals.ts';
import { limitFindings } from './lint-limits.ts';
import { type Members, memberFindings } from './lint-members.ts';
import { nameFindings } from './lint-names.ts';
import { orderFindings } from './lint-order.ts';
import { type Targets, targetsOf, usageFindings } from './lint-targets.ts';
import type { Policy } from './policy.ts';
import type { InlineSize } from './policy-test-facts.ts';

export type Severity = 'error' | 'warning';

/** Errors: what can never do what it says. Warnings: what owners may want, once they have read it. */
export const LINT_CODES = {
  'no-owner-can-approve': 'error',
  'nobody-can-approve': 'error',
  'one-can-approve': 'warning',
  'requester-without-approver': 'warning',
  'unreachable-rule': 'error',
  'loosened-by-leaving': 'warning',
  'unknown-team': 'error',
  'empty-team': 'warning',
  'unused-account': 'warning',
  'unused-role': 'warning',
  'unbounded-duration': 'warning',
  'short-duration': 'warning',
  'guards-dropped': 'warning',
  'statement-over-limit': 'error',
  'control-plane-account': 'warning',
  'duplicate-identity': 'warning',
  'name-collision': 'warning',
} as const satisfies Readonly<Record<string, Severity>>;

export type LintCode = keyof typeof LINT_CODES;

export type Finding = {
  readonly code: LintCode;
  readonly severity: Severity;
  /** What is wrong and what to do about it. */
  readonly sentence: string;
  readonly file: string;
  /** 1-based; 0 where nobody said how the files are laid out. */
  readonly line: number;
  readonly column: number;
};

/** Where a value of a policy file stands. */
export type PlaceOf = (file: string, path: readonly Segment[]) => Place;

export type LintOptions = {
  readonly place?: PlaceOf;
  /** By team; without it every team counts as having somebody, and nothing is said about who. */
  readonly members?: Members;
  readonly size?: InlineSize;
};

/** What each check reads. */
export type Linted = {
  readonly policy: Policy;
  readonly members: Members | null;
  readonly size: InlineSize | null;
  readonly targets: Targets;
};

/** A finding before its place is looked up: the file's name in `policies/`, and the way to the value. */
export type Found = {
  readonly code: LintCode;
  readonly sentence: string;
  readonly file: string;
  readonly path: readonly Segment[];
};

/** Errors first, then by place. */
export function lintPolicy(policy: Policy, options: LintOptions = {}): readonly Finding[] {
  const { place = NOWHERE, members = null, size = null } = options;
  const linted: Linted = { policy, members, size, targets: targetsOf(policy) };
  const found = CHECKS.flatMap((check) => [...check(linted)]);
  return found
    .map(({ code, sentence, file, path }): Finding => {
      const where = place(file, path);
      return { code, severity: LINT_CODES[code], sentence, file: `policies/${file}`, ...where };
    })
    .toSorted(byWeight);
}

const CHECKS: readonly ((linted: Linted) => Iterable<Found>)[] = [
  approvalFindings,
  orderFindings,
  memberFindings,
  usageFindings,
  limitFindings,
  nameFindings,
];

const NOWHERE: PlaceOf = () => ({ line: 0, column: 0 });

function byWeight(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return a.severity === 'error' ? -1 : 1;
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}
