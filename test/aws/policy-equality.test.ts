// Policies are compared by meaning: AWS may give back another layout, but never another right.
import { expect, test } from 'vitest';
import { samePolicy } from '../../app/aws/policy-equality.ts';

const one =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]}';

test.each([
  ['the same text', one],
  ['white space', JSON.stringify(JSON.parse(one), null, 2)],
  [
    'statements in another order',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":["a:B","c:D"],"Resource":"*"}]}',
  ],
  ['actions in another order, one named twice', one.replace('["a:B","c:D"]', '["c:D","a:B","a:B"]')],
  ['a list of one for a string', one.replace('"Action":"*"', '"Action":["*"]')],
  [
    'keys in another order',
    '{"Statement":[{"Resource":"*","Effect":"Allow","Action":["a:B","c:D"]},{"Effect":"Deny","Action":"*","Resource":"*"}],"Version":"2012-10-17"}',
  ],
])('equal: %s', (_what, other) => {
  expect(samePolicy(other, one)).toBe(true);
});

test.each([
  ['an action more', one.replace('"c:D"', '"c:D","e:F"')],
  ['an action less', one.replace(',"c:D"', '')],
  ['the deny gone', one.replace(/,\{"Effect":"Deny".*\}\]/, ']')],
  ['Allow for Deny', one.replace('Deny', 'Allow')],
  ['no policy', undefined],
  ['an empty policy', ''],
  ['no JSON', '{'],
])('different: %s', (_what, other) => {
  expect(samePolicy(other, one)).toBe(false);
});

test('a moved deadline is another policy', () => {
  const until = (date: string) =>
    `{"Statement":{"Effect":"Deny","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"${date}"}}}}`;
  expect(samePolicy(until('2026-11-22T05:00:00Z'), until('2026-11-22T05:00:00Z'))).toBe(true);
  expect(samePolicy(until('2026-11-22T06:00:00Z'), until('2026-11-22T05:00:00Z'))).toBe(false);
});
