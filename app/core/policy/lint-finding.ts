// What the linter says, and what its checks read: the closed list of codes, and the facts that all of them share.
import type { Place, Segment } from '../yaml/strict.ts';
import type { Account, Policy, Rule } from './policy.ts';
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
  'child-teams-count': 'warning',
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

/** A finding before its place is looked up: the file's name in `policies/`, and the way to the value. */
export type Found = {
  readonly code: LintCode;
  readonly sentence: string;
  readonly file: string;
  readonly path: readonly Segment[];
};

/** Where a value of a policy file stands. */
export type PlaceOf = (file: string, path: readonly Segment[]) => Place;

/** GitHub's numeric id; for somebody who is not in people.yaml, the login in lower case. */
export type Member = number | string;
export type Members = ReadonlyMap<string, ReadonlySet<Member>>;

/** What GitHub said about the teams of a policy. */
export type TeamFacts = { readonly members: Members; readonly withChildTeams: ReadonlySet<string> };

/** Every role on every account that the rules treat alike. */
export type LintTarget = {
  readonly roles: readonly string[];
  readonly accounts: readonly Account[];
  /** Those that match, in order. */
  readonly rules: readonly Rule[];
};

export type Linted = {
  readonly policy: Policy;
  /** Null: every team counts as having somebody, and nothing is said about who. */
  readonly members: Members | null;
  /** Teams that have child teams, as far as GitHub was asked. */
  readonly withChildTeams: ReadonlySet<string>;
  readonly size: InlineSize | null;
  readonly targets: readonly LintTarget[];
};
