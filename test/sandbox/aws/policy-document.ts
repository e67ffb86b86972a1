// An IAM policy document, read strictly into statements that the evaluator understands.

export type ConditionTest = {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
};

export type Statement = {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Patterns;
  readonly resources: Patterns;
  readonly conditions: readonly ConditionTest[];
};

/** `except` for NotAction and NotResource. */
export type Patterns = { readonly kind: 'these' | 'except'; readonly patterns: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;

const STATEMENT_FIELDS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']);

/** Throws with a sentence where IAM would call the document malformed. */
export function readPolicy(document: string): readonly Statement[] {
  if (document === '') return [];
  const policy = fields(JSON.parse(document), 'The policy');
  if (policy.Version !== '2012-10-17' && policy.Version !== '2008-10-17') throw new Error('The policy has no Version.');
  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  const sids = statements.map((one) => fields(one, 'A statement').Sid).filter((sid) => sid !== undefined);
  if (new Set(sids).size < sids.length) throw new Error('Statement IDs (SID) in a single policy must be unique.');
  return statements.map(readStatement);
}

function readStatement(value: unknown): Statement {
  const statement = fields(value, 'A statement');
  const unknown = Object.keys(statement).find((field) => !STATEMENT_FIELDS.has(field));
  if (unknown !== undefined) throw new Error(`Syntax errors in policy: unsupported field ${unknown}.`);
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error('Effect must be Allow or Deny.');
  return {
    effect,
    actions: patterns(statement, 'Action', 'NotAction'),
    resources: patterns(statement, 'Resource', 'NotResource'),
    conditions: statement.Condition === undefined ? [] : conditions(fields(statement.Condition, 'Condition')),
  };
}

function patterns(statement: Fields, positive: string, negative: string): Patterns {
  const these = statement[positive];
  const except = statement[negative];
  if ((these === undefined) === (except === undefined))
    throw new Error(`Give ${positive} or ${negative}, and one only.`);
  return these === undefined
    ? { kind: 'except', patterns: strings(except, negative) }
    : { kind: 'these', patterns: strings(these, positive) };
}

function conditions(block: Fields): readonly ConditionTest[] {
  return Object.entries(block).flatMap(([operator, tests]) =>
    Object.entries(fields(tests, operator)).map(([key, values]) => ({ operator, key, values: strings(values, key) })),
  );
}

function strings(value: unknown, name: string): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw new Error(`${name} is empty.`);
  return values.map((one) => {
    if (typeof one === 'string') return one;
    if (typeof one === 'boolean' || typeof one === 'number') return String(one);
    throw new Error(`${name} must hold strings.`);
  });
}

function fields(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${name} must be an object.`);
}
