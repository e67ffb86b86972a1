// Which rule applies, as a table and against a model that is too simple to be wrong.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isGlob, matchesGlob } from '../../../app/core/policy/glob.ts';
import { type Membership, matchingRule, rulesFor, selectorText } from '../../../app/core/policy/match.ts';
import type { Rule, Selector } from '../../../app/core/policy/policy.ts';
import { examplePolicy } from './example-policy.ts';

const policy = examplePolicy();

function account(name: string) {
  const known = policy.accounts.get(name);
  if (known === undefined) throw new Error(`no account ${name}`);
  return known;
}

const answers = (known: Readonly<Record<string, Membership>>) => (selector: Selector) =>
  known[selectorText(selector)] ?? 'not-member';

function outcome(role: string, name: string, known: Readonly<Record<string, Membership>>): string {
  const match = matchingRule(policy, { role, account: account(name) }, answers(known));
  switch (match.kind) {
    case 'rule':
      return match.rule.name;
    case 'unknown':
      return `unknown: ${match.rule.name}, ${selectorText(match.selector)}`;
    case 'none':
      return match.closest === undefined ? 'none' : `none, closest ${match.closest.rule.name}: ${match.closest.why}`;
  }
}

describe('the first rule that matches decides', () => {
  test.each<[string, string, string, Readonly<Record<string, Membership>>]>([
    ['production-admin', 'admin', 'prod-payments', { 'team:sre': 'member' }],
    ['production-admin', 'admin', 'prod-web', { 'user:octocat': 'member' }],
    ['test-admin', 'admin', 'staging', { 'team:sre': 'member' }],
    ['production-read', 'read-only', 'prod-web', { 'team:engineering': 'member' }],
    ['production-read', 'read-only', 'staging', { 'team:engineering': 'member' }],
    // One certain membership is enough for its own rule, and an uncertain one stops all the rules after it.
    ['production-admin', 'admin', 'prod-web', { 'team:sre': 'unknown', 'user:octocat': 'member' }],
    ['unknown: production-admin, team:sre', 'admin', 'prod-web', { 'team:sre': 'unknown' }],
    [
      'none, closest production-admin: it is for team:sre, user:octocat, which you are not in',
      'admin',
      'prod-web',
      { 'team:engineering': 'member' },
    ],
    [
      'none, closest production-read: it gives read-only, not identity-repair',
      'identity-repair',
      'staging',
      { 'team:sre': 'member' },
    ],
    [
      'none, closest production-admin: it covers label:prod, not management',
      'admin',
      'management',
      { 'user:octocat': 'member' },
    ],
    [
      'none, closest production-read: it is for team:engineering, team:sre, which you are not in',
      'read-only',
      'staging',
      {},
    ],
  ])('%s', (wanted, role, name, known) => {
    expect(outcome(role, name, known)).toBe(wanted);
  });

  test('an unknown membership in a rule for another role or account changes nothing', () => {
    expect(outcome('read-only', 'prod-web', { 'user:octocat': 'unknown', 'team:engineering': 'member' })).toBe(
      'production-read',
    );
  });

  test('without rules there is none, and none is closest', () => {
    expect(matchingRule({ rules: [] }, { role: 'admin', account: account('staging') }, () => 'member')).toEqual({
      kind: 'none',
    });
  });

  test('rulesFor ignores who asks', () => {
    expect(rulesFor(policy, { role: 'admin', account: account('prod-web') }).map(({ name }) => name)).toEqual([
      'production-admin',
    ]);
  });
});

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['**', 'x', true],
  ['prod-*', 'prod-', true],
  ['prod-*', 'prod', false],
  ['*-db', 'x-db', true],
  ['*-db', 'x-db-', false],
  ['a*a', 'a', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['*ab*ab*', 'ab', false],
  ['admin', 'Admin', false],
  ['admin', 'admins', false],
  ['a.c', 'abc', false],
  ['a?c', 'abc', false],
])('glob %s on %j: %s', (glob, text, wanted) => {
  expect(matchesGlob(glob, text)).toBe(wanted);
});

test('a glob is told from a name', () => {
  expect([isGlob('prod-*'), isGlob('prod')]).toEqual([true, false]);
});

test('property: a glob matches what the same regular expression matches', () => {
  const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });
  fc.assert(
    fc.property(text('ab*'), text('ab'), (glob, input) => {
      const model = new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`);
      expect(matchesGlob(glob, input)).toBe(model.test(input));
    }),
    { numRuns: 3000 },
  );
});

describe('against a model', () => {
  const user = (id: number): Selector => ({ kind: 'user', login: `u${id}`, id });
  const rule = fc.record({
    roles: fc.subarray(['admin', 'read', '*', 'a*'], { minLength: 1 }),
    accounts: fc.subarray(['one', 'two', 'label:prod', 'o*'], { minLength: 1 }),
    requesters: fc.subarray([0, 1, 2], { minLength: 1 }).map((ids) => ids.map(user)),
  });
  const rules = fc
    .array(rule, { maxLength: 5 })
    .map((list) => list.map((fields, index) => ({ ...BASE, ...fields, name: `r${index}` })));
  const BASE: Omit<Rule, 'name' | 'roles' | 'accounts' | 'requesters'> = {
    approvals: [],
    minSeconds: 1,
    maxSeconds: 2,
    requestTtlSeconds: 1,
    approvalTtlSeconds: 1,
    incident: 'optional',
  };
  const known = fc.tuple(...[0, 1, 2].map(() => fc.constantFrom<Membership>('member', 'not-member', 'unknown')));
  const asked = fc.record({
    role: fc.constantFrom('admin', 'read', 'xa'),
    account: fc.constantFrom({ name: 'one', labels: ['prod'] }, { name: 'two', labels: [] }),
  });

  test('property: three nested loops say the same', () => {
    fc.assert(
      fc.property(rules, known, asked, (list, members, target) => {
        const match = matchingRule({ rules: list }, target, ({ id }) => members[id] ?? 'unknown');
        const got = match.kind === 'none' ? 'none' : `${match.kind} ${match.rule.name}`;
        expect(got).toBe(model(list, members, target));
      }),
      { numRuns: 2000 },
    );
  });

  function model(
    list: readonly Rule[],
    members: readonly Membership[],
    target: { role: string; account: { name: string; labels: readonly string[] } },
  ): string {
    const covers: Readonly<Record<string, (text: string) => boolean>> = {
      '*': () => true,
      'a*': (text) => text[0] === 'a',
      'o*': (text) => text[0] === 'o',
      'label:prod': () => target.account.labels.length > 0,
    };
    const fits = (pattern: string, text: string) => covers[pattern]?.(text) ?? pattern === text;
    for (const { name, roles, accounts, requesters } of list) {
      if (!roles.some((pattern) => fits(pattern, target.role))) continue;
      if (!accounts.some((pattern) => fits(pattern, target.account.name))) continue;
      const said = requesters.map(({ id }) => members[id]);
      if (said.includes('member')) return `rule ${name}`;
      if (said.includes('unknown')) return `unknown ${name}`;
    }
    return 'none';
  }
});
