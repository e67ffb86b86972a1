// What is wrong with a policy that parses: rules that nobody can use, that let too much happen, or that say nothing.
import { approvalFindings } from './lint-approvals.ts';
import { type Finding, type Found, LINT_CODES, type Linted, type Members, type PlaceOf } from './lint-finding.ts';
import { limitFindings } from './lint-limits.ts';
import { memberFindings } from './lint-members.ts';
import { nameFindings } from './lint-names.ts';
import { orderFindings } from './lint-order.ts';
import { targetsOf, usageFindings } from './lint-targets.ts';
import type { Policy } from './policy.ts';
import type { InlineSize } from './policy-test-facts.ts';

export type LintOptions = {
  readonly place?: PlaceOf;
  /** By team; without it every team counts as having somebody, and nothing is said about who. */
  readonly members?: Members;
  /** Teams that have child teams; without it nothing is said about these. */
  readonly withChildTeams?: ReadonlySet<string>;
  readonly size?: InlineSize;
};

/** Errors first, then by place. */
export function lintPolicy(policy: Policy, options: LintOptions = {}): readonly Finding[] {
  const { place = NOWHERE, members = null, withChildTeams = new Set(), size = null } = options;
  const linted: Linted = { policy, members, withChildTeams, size, targets: targetsOf(policy) };
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
