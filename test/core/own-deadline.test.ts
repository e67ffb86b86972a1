// Until when access gives anything, read from what AWS holds of it.
import { expect, test } from 'vitest';
import { deniedFrom, ownDeadline } from '../../app/core/own-deadline.ts';
import { endedPolicy, inlinePolicy } from '../../pulumi/statements.ts';
import { resolved } from '../aws/office.ts';

const T5 = '2026-11-22T05:00:00Z';
const T6 = '2026-11-22T06:00:00Z';
const dated = (date: unknown, more: object = {}) => ({
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': date } },
  ...more,
});
const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

test('reads what we write', () => {
  const made = inlinePolicy(resolved('bg-x', { deadline: T5 }));
  expect(made.kind === 'ok' ? deniedFrom(made.document) : null).toEqual(new Date(T5));
  expect(deniedFrom(endedPolicy())).toEqual(new Date(0));
});

test.each<readonly [string, string, string | null]>([
  ['the earliest of several', policy(dated(T6), dated(T5)), T5],
  ['one statement without a list', JSON.stringify({ Statement: dated(T5) }), T5],
  ['lists of one', policy(dated(T5, { Action: ['*'], Resource: ['*'] })), T5],
  ['an Allow', policy(dated(T5, { Effect: 'Allow' })), null],
  ['some actions only', policy(dated(T5, { Action: 's3:*' })), null],
  ['some resources only', policy(dated(T5, { Resource: 'arn:aws:s3:::x' })), null],
  [
    'a second condition, which may never hold',
    policy(
      dated(T5, {
        Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': T5 }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      }),
    ),
    null,
  ],
  [
    'a second key',
    policy(dated(T5, { Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': T5, 'aws:TokenIssueTime': T5 } } })),
    null,
  ],
  ['another comparison', policy(dated(T5, { Condition: { DateLessThan: { 'aws:CurrentTime': T5 } } })), null],
  ['no date', policy(dated('soon')), null],
  ['a date that is a list', policy(dated([T5])), null],
  ['NotAction', policy({ Effect: 'Deny', NotAction: '*', Resource: '*' }), null],
  ['nothing', policy(), null],
  ['no JSON', 'Deny *', null],
  ['no document', '"Deny"', null],
  ['a null', 'null', null],
])('%s', (_, document, expected) => {
  expect(deniedFrom(document)?.toISOString() ?? null).toBe(expected === null ? null : new Date(expected).toISOString());
});

test.each<readonly [string, string | null, string | null, string | null]>([
  ['the later of tag and policy', T5, policy(dated(T6)), T6],
  ['a tag that was moved away', T6, policy(dated(T5)), T6],
  ['no tag: not known', null, policy(dated(T5)), null],
  ['no policy: not known', T5, null, null],
  ['a tag that is no date: not known', 'soon', policy(dated(T5)), null],
])('%s', (_, tag, document, expected) => {
  expect(ownDeadline(tag, document)).toEqual(expected === null ? null : new Date(expected));
});
