// IAM's evaluation as the double plays it, as a table.
import { describe, expect, test } from 'vitest';
import { evaluate } from './evaluate.ts';
import { managedStatements } from './managed-policies.ts';
import { readPolicy } from './policy-document.ts';

const ALLOW_ALL = { Effect: 'Allow', Action: '*', Resource: '*' };
const DEADLINE = '2026-11-22T05:00:00Z';
const DENY_FROM = {
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': DEADLINE } },
};

type Row = {
  readonly what: string;
  readonly statements: readonly object[];
  readonly action?: string;
  readonly resource?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly kind: 'allowed' | 'denied';
};

const ROWS: readonly Row[] = [
  { what: 'nothing', statements: [], kind: 'denied' },
  { what: 'Allow *', statements: [ALLOW_ALL], kind: 'allowed' },
  { what: 'Allow * under Deny *', statements: [ALLOW_ALL, { ...ALLOW_ALL, Effect: 'Deny' }], kind: 'denied' },
  { what: 'Deny before Allow', statements: [{ ...ALLOW_ALL, Effect: 'Deny' }, ALLOW_ALL], kind: 'denied' },
  { what: 'another service', statements: [{ ...ALLOW_ALL, Action: 's3:*' }], kind: 'denied' },
  { what: 'a prefix', statements: [{ ...ALLOW_ALL, Action: 'ec2:Run*' }], kind: 'allowed' },
  { what: 'one character', statements: [{ ...ALLOW_ALL, Action: 'ec2:RunInstance?' }], kind: 'allowed' },
  { what: 'a dot is no wildcard', statements: [{ ...ALLOW_ALL, Action: 'ec2.RunInstances' }], kind: 'denied' },
  {
    what: 'actions without regard to case',
    statements: [{ ...ALLOW_ALL, Action: 'EC2:runinstances' }],
    kind: 'allowed',
  },
  { what: 'a list of actions', statements: [{ ...ALLOW_ALL, Action: ['s3:*', 'ec2:*'] }], kind: 'allowed' },
  {
    what: 'NotAction of another',
    statements: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
    kind: 'allowed',
  },
  { what: 'NotAction of this', statements: [{ Effect: 'Allow', NotAction: 'ec2:*', Resource: '*' }], kind: 'denied' },
  { what: 'the resource', statements: [{ ...ALLOW_ALL, Resource: 'arn:x:*' }], resource: 'arn:x:1', kind: 'allowed' },
  {
    what: 'another resource',
    statements: [{ ...ALLOW_ALL, Resource: 'arn:x:*' }],
    resource: 'arn:y:1',
    kind: 'denied',
  },
  { what: 'resources by case', statements: [{ ...ALLOW_ALL, Resource: 'arn:X' }], resource: 'arn:x', kind: 'denied' },
  {
    what: 'NotResource',
    statements: [{ Effect: 'Allow', Action: '*', NotResource: 'arn:x:*' }],
    resource: 'arn:x:1',
    kind: 'denied',
  },
  ...deadline('one second before the deadline', '2026-11-22T04:59:59Z', 'allowed'),
  ...deadline('exactly at the deadline', DEADLINE, 'denied'),
  ...deadline('a millisecond before, in another zone', '2026-11-22T05:59:59.999+01:00', 'allowed'),
  ...deadline('after the deadline', '2026-11-22T05:00:01Z', 'denied'),
  ...condition('DateGreaterThan, equal', { DateGreaterThan: { 'aws:CurrentTime': DEADLINE } }, DEADLINE, 'denied'),
  ...condition('DateLessThan, equal', { DateLessThan: { 'aws:CurrentTime': DEADLINE } }, DEADLINE, 'denied'),
  ...condition(
    'DateLessThanEquals, equal',
    { DateLessThanEquals: { 'aws:CurrentTime': DEADLINE } },
    DEADLINE,
    'allowed',
  ),
  ...condition(
    'keys without regard to case',
    { DateLessThanEquals: { 'AWS:currenttime': DEADLINE } },
    DEADLINE,
    'allowed',
  ),
  ...condition('a key that is absent', { StringEquals: { 'aws:PrincipalTag/team': 'sre' } }, DEADLINE, 'denied'),
  ...condition(
    'a negated key that is absent',
    { StringNotEquals: { 'aws:PrincipalTag/team': 'sre' } },
    DEADLINE,
    'allowed',
  ),
  ...condition(
    'IfExists of an absent key',
    { StringEqualsIfExists: { 'aws:PrincipalTag/team': 'sre' } },
    DEADLINE,
    'allowed',
  ),
  ...condition('Null of an absent key', { Null: { 'aws:PrincipalTag/team': 'true' } }, DEADLINE, 'allowed'),
  ...condition('Null of a present key', { Null: { 'aws:CurrentTime': 'true' } }, DEADLINE, 'denied'),
  ...condition('one of several values', { StringLike: { 'aws:userid': ['x', '*:mona'] } }, DEADLINE, 'allowed'),
  ...condition('both of two tests', both('*:mona', 'AROA:other'), DEADLINE, 'denied'),
  ...condition(
    'ArnLike',
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/aws-reserved/*' } },
    DEADLINE,
    'allowed',
  ),
  ...condition(
    'ArnNotLike',
    { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/aws-reserved/*' } },
    DEADLINE,
    'denied',
  ),
];

function deadline(what: string, at: string, kind: Row['kind']): readonly Row[] {
  return [{ what, statements: [ALLOW_ALL, DENY_FROM], context: { 'aws:currenttime': at }, kind }];
}

function condition(what: string, block: object, at: string, kind: Row['kind']): readonly Row[] {
  const context = {
    'aws:currenttime': at,
    'aws:userid': 'AROA:mona',
    'aws:principalarn': 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/x',
  };
  return [{ what, statements: [{ ...ALLOW_ALL, Condition: block }], context, kind }];
}

function both(like: string, equals: string): object {
  return { StringLike: { 'aws:userid': like }, StringEquals: { 'aws:userid': equals } };
}

describe('evaluate', () => {
  test.each(ROWS)('$what: $kind', ({ statements, action, resource, context, kind }) => {
    const policy = readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
    const request = {
      action: action ?? 'ec2:RunInstances',
      resource: resource ?? '*',
      context: new Map(Object.entries(context ?? {})),
    };
    expect(evaluate(policy, request).kind).toBe(kind);
  });

  test.each([
    [{ ForAnyValueStringEquals: { 'aws:userid': 'x' } }, 'does not know the condition operator'],
    [{ NumericLessThan: { 'aws:userid': '1' } }, 'does not know the condition operator'],
    // IAM has no policy variables in dates, and guessing at others would prove nothing.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable is meant
    [{ StringEquals: { 'aws:userid': '${aws:username}' } }, 'does not know policy variables'],
    [{ DateLessThan: { 'aws:CurrentTime': 'tomorrow' } }, 'Not an ISO 8601 date'],
  ])('throws at what it does not know: %j', (block, sentence) => {
    const policy = readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: { ...ALLOW_ALL, Condition: block } }));
    const context = new Map([
      ['aws:userid', '1'],
      ['aws:currenttime', DEADLINE],
    ]);
    expect(() => evaluate(policy, { action: 'a:b', resource: '*', context })).toThrow(sentence);
  });
});

describe('managed policies', () => {
  test.each([
    ['AdministratorAccess', 'iam:CreateUser', 'allowed'],
    ['ReadOnlyAccess', 's3:GetObject', 'allowed'],
    ['ReadOnlyAccess', 's3:PutObject', 'denied'],
    ['PowerUserAccess', 'ec2:RunInstances', 'allowed'],
    ['PowerUserAccess', 'iam:CreateUser', 'denied'],
    ['AmazonRDSFullAccess', 'rds:RebootDBInstance', 'allowed'],
  ])('%s on %s: %s', (name, action, kind) => {
    const statements = managedStatements(`arn:aws:iam::aws:policy/${name}`);
    expect(evaluate(statements, { action, resource: '*', context: new Map() }).kind).toBe(kind);
  });

  test('an unknown one throws', () => {
    expect(() => managedStatements('arn:aws:iam::aws:policy/Unheard')).toThrow('does not know the managed policy');
  });
});

describe('readPolicy', () => {
  test.each([
    ['[]', 'must be an object'],
    ['{"Statement":[]}', 'no Version'],
    ['{"Version":"2012-10-17","Statement":[{"Effect":"Permit","Action":"*","Resource":"*"}]}', 'Effect must be'],
    ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}', 'Give Action or NotAction'],
    [
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}',
      'one only',
    ],
    ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Until":"x"}]}', 'Until'],
    ['{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}', 'is empty'],
  ])('refuses %s', (document, sentence) => {
    expect(() => readPolicy(document)).toThrow(sentence);
  });
});
