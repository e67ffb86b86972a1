// IAM's evaluation of one request against the policies of one role: an explicit Deny wins over every Allow.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { ConditionTest, Patterns, Statement } from './policy-document.ts';

export type Request = {
  readonly action: string;
  readonly resource: string;
  /** Condition keys in lower case: IAM does not tell them apart by case. */
  readonly context: ReadonlyMap<string, string>;
};

export type Decision = { readonly kind: 'allowed' | 'denied'; readonly reason: string };

export function evaluate(statements: readonly Statement[], request: Request): Decision {
  const applicable = statements.filter((statement) => applies(statement, request));
  const deny = applicable.find((statement) => statement.effect === 'Deny');
  if (deny !== undefined) return { kind: 'denied', reason: `explicit Deny: ${describe(deny)}` };
  const allow = applicable.find((statement) => statement.effect === 'Allow');
  if (allow === undefined) return { kind: 'denied', reason: `no statement allows ${request.action}` };
  return { kind: 'allowed', reason: `Allow: ${describe(allow)}` };
}

function applies(statement: Statement, request: Request): boolean {
  return (
    covers(statement.actions, request.action.toLowerCase(), (pattern) => pattern.toLowerCase()) &&
    covers(statement.resources, request.resource, literal) &&
    statement.conditions.every((test) => holds(test, request.context))
  );
}

function covers(patterns: Patterns, value: string, prepare: (pattern: string) => string): boolean {
  const found = patterns.patterns.some((pattern) => like(prepare(pattern), value));
  return patterns.kind === 'these' ? found : !found;
}

// A test that guesses at what a policy variable means would prove nothing.
function literal(pattern: string): string {
  if (pattern.includes('${')) throw new Error(`The evaluator does not know policy variables: ${pattern}`);
  return pattern;
}

function holds(test: ConditionTest, context: ReadonlyMap<string, string>): boolean {
  const ifExists = test.operator.endsWith('IfExists');
  const operator = ifExists ? test.operator.slice(0, -'IfExists'.length) : test.operator;
  const actual = context.get(test.key.toLowerCase());
  if (operator === 'Null') return test.values.some((value) => (value === 'true') === (actual === undefined));
  const compare = comparison(operator);
  // A key that is not in the request fails every operator but the negated ones.
  if (actual === undefined) return ifExists || compare.negated;
  const matched = test.values.some((value) => compare.matches(literal(value), actual));
  return compare.negated ? !matched : matched;
}

type Comparison = {
  readonly negated: boolean;
  readonly matches: (wanted: string, actual: string) => boolean;
};

function comparison(operator: string): Comparison {
  switch (operator) {
    case 'DateGreaterThan':
      return date((wanted, actual) => actual > wanted);
    case 'DateGreaterThanEquals':
      return date((wanted, actual) => actual >= wanted);
    case 'DateLessThan':
      return date((wanted, actual) => actual < wanted);
    case 'DateLessThanEquals':
      return date((wanted, actual) => actual <= wanted);
    case 'StringEquals':
      return { negated: false, matches: (wanted, actual) => wanted === actual };
    case 'StringNotEquals':
      return { negated: true, matches: (wanted, actual) => wanted === actual };
    case 'StringEqualsIgnoreCase':
      return { negated: false, matches: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase() };
    case 'Bool':
      return { negated: false, matches: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase() };
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return { negated: false, matches: like };
    case 'StringNotLike':
    case 'ArnNotLike':
    case 'ArnNotEquals':
      return { negated: true, matches: like };
    default:
      throw new Error(`The evaluator does not know the condition operator ${operator}.`);
  }
}

function date(compare: (wanted: number, actual: number) => boolean): Comparison {
  return { negated: false, matches: (wanted, actual) => compare(instant(wanted), instant(actual)) };
}

function instant(value: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  if (Number.isNaN(time)) throw new Error(`Not an ISO 8601 date: ${value}`);
  return time;
}

/** `*` stands for any characters, `?` for one. */
function like(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  return new RegExp(`^${source}$`).test(value);
}

function describe(statement: Statement): string {
  const { actions, conditions } = statement;
  const tests = conditions.map((test) => ` if ${test.key} ${test.operator} ${test.values.join('|')}`).join(' and');
  const names = actions.patterns.slice(0, 3).join(', ') + (actions.patterns.length > 3 ? ', …' : '');
  return `${actions.kind === 'these' ? '' : 'all but '}${names}${tests}`;
}
