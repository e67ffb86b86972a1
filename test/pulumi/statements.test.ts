// The inline policy of a grant: what stands in it, in which order, and when it is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import type { Statement } from '../../app/core/policy/policy.ts';
import { endedPolicy, INLINE_POLICY_LIMIT, inlinePolicy } from '../../pulumi/statements.ts';
import { resolved } from '../engine/grants.ts';
import { evaluate } from '../sandbox/aws/evaluate.ts';
import { readPolicy } from '../sandbox/aws/policy-document.ts';

const DEADLINE = '2026-11-22T05:04:00Z';

function grantWith(changes: Partial<ResolvedGrant>): ResolvedGrant {
  return resolved('payments-db-down', { deadline: DEADLINE, guards: [], statements: [], ...changes });
}

function documentOf(grant: ResolvedGrant): { Version: string; Statement: Record<string, unknown>[] } {
  const policy = inlinePolicy(grant);
  if (policy.kind !== 'ok') throw new Error(`too large: ${policy.characters}`);
  return JSON.parse(policy.document);
}

describe('inlinePolicy', () => {
  it('starts with the deadline, then the guards, then what the role says', () => {
    const document = documentOf(
      grantWith({
        guards: [{ name: 'no-persistence', actions: ['iam:CreateUser', 'sts:AssumeRole'] }],
        statements: [{ Sid: 'Databases', Effect: 'Allow', Action: 'rds:*', Resource: '*' }],
      }),
    );
    expect(document).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'BreakglassDeadline',
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': DEADLINE } },
        },
        { Sid: 'GuardNoPersistence', Effect: 'Deny', Action: ['iam:CreateUser', 'sts:AssumeRole'], Resource: '*' },
        { Sid: 'Databases', Effect: 'Allow', Action: 'rds:*', Resource: '*' },
      ],
    });
  });

  it.each<[string, Partial<ResolvedGrant>, readonly unknown[]]>([
    ['a role without statements or guards', {}, ['BreakglassDeadline']],
    ['a guard that denies nothing is left out', { guards: [{ name: 'empty', actions: [] }] }, ['BreakglassDeadline']],
    [
      'names become Sids of letters and digits',
      { guards: [{ name: 'no_s3.delete-ever', actions: ['s3:Delete*'] }] },
      ['BreakglassDeadline', 'GuardNoS3DeleteEver'],
    ],
    [
      'two guards of one Sid are told apart',
      {
        guards: [
          { name: 'no-x', actions: ['a:x'] },
          { name: 'no_x', actions: ['b:x'] },
        ],
      },
      ['BreakglassDeadline', 'GuardNoX', 'GuardNoXx2'],
    ],
    [
      'a role cannot take the name of the deadline',
      { statements: [{ Sid: 'BreakglassDeadline', Effect: 'Allow', Action: '*', Resource: '*' }] },
      ['BreakglassDeadline', 'BreakglassDeadlinex2'],
    ],
    [
      'a statement without a Sid keeps none',
      { statements: [{ Effect: 'Allow', Action: '*' }] },
      ['BreakglassDeadline', undefined],
    ],
  ])('%s', (_, changes, sids) => {
    expect(documentOf(grantWith(changes)).Statement.map((statement) => statement.Sid)).toEqual(sids);
  });

  it.each(['tomorrow', '2026-11-22', '2026-11-22T05:04:00+01:00', '2026-13-45T05:04:00Z', ''])(
    'refuses the deadline "%s": a date that IAM cannot read would never deny',
    (deadline) => expect(() => inlinePolicy(grantWith({ deadline }))).toThrow('deadline'),
  );

  it('counts what AWS counts, to the character', () => {
    const sized = (length: number) => grantWith({ guards: [{ name: 'a', actions: ['x'.repeat(length)] }] });
    const empty = JSON.stringify(documentOf(sized(1))).length - 1;
    const fits = INLINE_POLICY_LIMIT - empty;
    expect(inlinePolicy(sized(fits)).kind).toBe('ok');
    expect(inlinePolicy(sized(fits + 1))).toEqual({
      kind: 'too-large',
      characters: INLINE_POLICY_LIMIT + 1,
      limit: INLINE_POLICY_LIMIT,
    });
    expect(inlinePolicy(grantWith({ guards: [{ name: 'a', actions: [`${'x'.repeat(fits)}   `] }] })).kind).not.toBe(
      'too-large',
    );
  });
});

const statement: fc.Arbitrary<Statement> = fc.record(
  {
    Sid: fc.string({ maxLength: 12 }),
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    Action: fc.array(fc.constantFrom('s3:*', 'ec2:Stop*', '*'), { minLength: 1, maxLength: 3 }),
    Resource: fc.constant('*'),
    Condition: fc.dictionary(
      fc.constantFrom('StringEquals', 'StringLike'),
      fc.dictionary(fc.constantFrom('aws:userid', 'aws:PrincipalTag/team'), fc.constant('a'), { minKeys: 1 }),
    ),
  },
  { requiredKeys: ['Effect', 'Action', 'Resource'] },
);

describe('whatever the role and its guards say', () => {
  const grants = fc
    .record({
      statements: fc.array(statement, { maxLength: 5 }),
      guards: fc.array(fc.record({ name: fc.string(), actions: fc.array(fc.constant('iam:*'), { maxLength: 2 }) }), {
        maxLength: 4,
      }),
    })
    .map(grantWith);

  it('Sids are valid and each is used once', () => {
    fc.assert(
      fc.property(grants, (grant) => {
        const sids = documentOf(grant).Statement.flatMap((each) => (each.Sid === undefined ? [] : [each.Sid]));
        expect(sids.every((sid) => /^[0-9A-Za-z]+$/.test(String(sid)))).toBe(true);
        expect(new Set(sids).size).toBe(sids.length);
      }),
    );
  });

  it('the same grant is the same bytes, in whatever order its objects were read', () => {
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, each]) => [key, reversed(each)]),
            )
          : value;
    fc.assert(
      fc.property(grants, (grant) => {
        expect(inlinePolicy(reversed(grant) as ResolvedGrant)).toEqual(inlinePolicy(grant));
      }),
    );
  });

  it('everything is denied from the deadline on, to the second', () => {
    fc.assert(
      fc.property(grants, fc.constantFrom('s3:GetObject', 'iam:CreateUser', 'ec2:StopInstances'), (grant, action) => {
        const policy = inlinePolicy(grant);
        if (policy.kind !== 'ok') throw new Error('too large');
        const at = (time: string) =>
          evaluate(readPolicy(policy.document), {
            action,
            resource: '*',
            context: new Map([['aws:currenttime', time]]),
          });
        expect(at(DEADLINE).kind).toBe('denied');
        expect(at('2036-01-01T00:00:00Z').kind).toBe('denied');
      }),
    );
  });
});

describe('endedPolicy', () => {
  it('denies everything at any time', () => {
    expect(JSON.parse(endedPolicy())).toEqual({
      Version: '2012-10-17',
      Statement: [{ Sid: 'BreakglassEnded', Effect: 'Deny', Action: '*', Resource: '*' }],
    });
  });
});
