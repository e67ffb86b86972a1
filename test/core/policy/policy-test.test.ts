// Tests of the policy, tested: ours pass, a change of the policy fails them, and a misspelt test never passes silently.
import { describe, expect, test } from 'vitest';
import { VIOLATION_CODES } from '../../../app/core/decision/violation.ts';
import { parsePolicyTests } from '../../../app/core/policy/policy-test.ts';
import { runPolicyTests, testsPass } from '../../../app/core/policy/policy-test-run.ts';
import { policyTestSchema } from '../../../app/core/schema/policy-test.ts';
import { inlineSize } from '../../../pulumi/statements.ts';
import { examplePolicy, examplePolicyFiles, policyOf } from './example-policy.ts';

const policy = examplePolicy();
const files = (text: string, name = 'tests/x.yaml') => new Map([[name, Buffer.from(text)]]);

/** A case in the flow style, with what differs from an SRE who asks for admin on prod-payments. */
function oneCase(fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    name: 'one',
    requester: 'hubot',
    teams: '[sre]',
    request: '{ account: prod-payments, role: admin, duration: 1h, incident: INC-1 }',
    expect: ADMIN,
    ...fields,
  };
  return `cases:\n  - { ${Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }\n`;
}

const ADMIN = '{ allowed: production-admin, approvals: [{ count: 1, from: [team:incident-commanders] }] }';

function resultOf(fields: Readonly<Record<string, string>>) {
  const { results, problems } = runPolicyTests(policy, files(oneCase(fields)), inlineSize);
  expect(problems).toEqual([]);
  return results[0] ?? expect.fail('no result');
}

describe('the tests of the example policy', () => {
  test('are there, and pass', () => {
    const run = runPolicyTests(policy, examplePolicyFiles(), inlineSize);
    expect(run.problems).toEqual([]);
    expect(run.results.filter(({ passed }) => !passed)).toEqual([]);
    expect(run.results.length).toBeGreaterThan(15);
    expect(testsPass(run)).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ['a laxer rule', 'max_duration: 2h', 'max_duration: 6h', 'nobody gets admin for longer than two hours'],
    [
      'no approval',
      '[{ count: 1, from: [team:incident-commanders] }] #',
      '[] #',
      'an SRE gets admin with one incident commander',
    ],
    [
      'other approvers',
      '[{ count: 1, from: [team:incident-commanders] }] #',
      '[{ count: 1, from: [team:sre] }] #',
      'octocat needs no team for that',
    ],
    ['no incident', 'incident: required', 'incident: optional', 'admin needs an incident'],
    ['no budget', 'max_live: 1 # per person', 'max_live: 9', 'one admin grant at a time'],
    [
      'others may ask',
      'requesters: [team:sre, user:octocat]',
      'requesters: [team:engineering, team:sre]',
      'admin is not for all of engineering',
    ],
  ])('%s fails them, by name', (_, before, after, name) => {
    const changed = examplePolicyFiles();
    const text = Buffer.from(changed.get('rules.yaml') ?? []).toString();
    expect(text).toContain(before);
    changed.set('rules.yaml', Buffer.from(text.replace(before, after)));
    const run = runPolicyTests(policyOf(changed), changed);
    expect(run.results.filter(({ passed }) => !passed).map((one) => one.name)).toContain(name);
    expect(testsPass(run)).toBe(false);
  });
});

describe('a verdict', () => {
  const verdicts: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['allowed', {}, 'allowed by rule "production-admin", approved 1 of team:incident-commanders'],
    [
      'two entries',
      { request: '{ account: prod-web, role: identity-repair, duration: 1h, incident: INC-1 }' },
      'approved 1 of team:incident-commanders, and 1 of user:hubot-boss or user:octo-lead',
    ],
    ['by the rule', { request: '{ account: prod-web, role: read-only, duration: 1h }' }, 'approved by the rule itself'],
    ['no team', { teams: '[]' }, 'denied: no-rule'],
    [
      'several reasons',
      { request: '{ account: prod-payments, role: admin, duration: 1m }' },
      'denied: incident-required, too-short',
    ],
    [
      'names that are not there',
      { request: '{ account: x, role: y, duration: 1h }' },
      'denied: unknown-account, unknown-role',
    ],
    ['a stranger', { requester: 'mallory' }, 'denied: unknown-person'],
    ['in any letter case', { requester: 'HuBot' }, 'allowed by rule "production-admin"'],
    ['unknown membership', { teams: '[]', unknown: '[sre]' }, 'denied: membership-unknown'],
    ['lapsed', { waited: '3h' }, 'denied: request-lapsed'],
    ['not yet', { waited: '2h59m59s' }, 'allowed'],
    [
      'daily limit',
      { earlier: `[${Array(6).fill('{ rule: production-admin, started: 23h, duration: 1h }').join(', ')}]` },
      'denied: too-many-today',
    ],
    [
      'of another day',
      { earlier: `[${Array(6).fill('{ rule: production-admin, started: 24h, duration: 1h }').join(', ')}]` },
      'allowed',
    ],
    ['of another rule', { earlier: '[{ rule: test-admin, started: 10m, duration: 1h }]' }, 'allowed'],
    [
      'extension of what ended',
      { extends: '{ rule: production-admin, started: 2h, duration: 30m }' },
      'denied: not-live',
    ],
    [
      'extension that is none',
      { extends: '{ rule: production-admin, started: 5m, duration: 1h }' },
      'denied: extension-not-longer',
    ],
    [
      'extension',
      { extends: '{ rule: production-admin, started: 5m, duration: 30m }' },
      'allowed by rule "production-admin"',
    ],
  ];

  test.each(verdicts)('%s', (_, fields, words) => {
    expect(resultOf(fields).actual).toContain(words);
  });

  test('each of them word for word', async () => {
    const lines = verdicts.flatMap(([what, fields]) => {
      const { line, column, asked, expected, actual, why } = resultOf(fields);
      return [`# ${what}`, `${line}:${column} ${asked}`, `expected ${expected}`, `actual ${actual}`, ...why];
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('policy-test-verdicts.txt');
  });

  test('is compared whatever the order of people, entries and codes', () => {
    const two = '{ account: prod-web, role: identity-repair, duration: 1h, incident: INC-1 }';
    const expected =
      '{ allowed: production-identity-repair, approvals: [{ count: 1, from: [user:Octo-Lead, user:hubot-boss] }, { from: [team:incident-commanders], count: 1 }] }';
    expect(resultOf({ request: two, expect: expected })).toMatchObject({ passed: true, why: [] });
    const short = '{ account: prod-payments, role: admin, duration: 1m }';
    expect(resultOf({ request: short, expect: '{ denied: [too-short, incident-required] }' }).passed).toBe(true);
  });

  test.each([
    '{ denied: [no-rule] }',
    '{ allowed: production-read, approvals: [{ count: 1, from: [team:incident-commanders] }] }',
    '{ allowed: production-admin, approvals: [] }',
    '{ allowed: production-admin, approvals: [{ count: 2, from: [team:incident-commanders] }] }',
    '{ allowed: production-admin, approvals: [{ count: 1, from: [team:incident-commanders, team:sre] }] }',
  ])('that is not %s fails', (expected) => {
    expect(resultOf({ expect: expected })).toMatchObject({
      file: 'policies/tests/x.yaml',
      line: 2,
      passed: false,
      asked: '@hubot (sre): admin on prod-payments for 1h',
      actual: 'allowed by rule "production-admin", approved 1 of team:incident-commanders',
    });
  });

  test('not all of the codes are not enough, and the sentences say why', () => {
    const result = resultOf({
      request: '{ account: prod-payments, role: admin, duration: 1m }',
      expect: '{ denied: [too-short] }',
    });
    expect(result.passed).toBe(false);
    expect(result.why).toHaveLength(2);
    expect(result.why.join(' ')).toContain('needs an incident');
  });

  test.each([
    [
      { teams: '[ser]', expect: '{ denied: [no-rule] }' },
      'There is no team "ser" under teams in policies/settings.yaml. Did you mean "sre"?',
    ],
    [{ teams: '[]', unknown: '[ser]', expect: '{ denied: [no-rule] }' }, 'There is no team "ser"'],
    [
      { earlier: '[{ rule: production-admn, started: 1h, duration: 2h }]' },
      'There is no rule "production-admn" in policies/rules.yaml. Did you mean',
    ],
  ])('is not given on names that the policy lacks: %j', (fields, words) => {
    const result = resultOf(fields);
    expect(result).toMatchObject({ passed: false, actual: 'cannot be judged' });
    expect(result.why.join(' ')).toContain(words);
  });

  test('a role that AWS would not take is denied', () => {
    const large = runPolicyTests(policy, files(oneCase()), () => ({ characters: 2, limit: 1 }));
    expect(large.results[0]?.actual).toBe('denied: policy-too-large');
  });
});

describe('files', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['nothing', '', 'The file is empty'],
    ['no cases', 'cases: []\n', 'case'],
    ['an unknown key', oneCase({ team: '[sre]' }), '"team"'],
    ['an unknown code', oneCase({ expect: '{ denied: [nope] }' }), 'nope'],
    ['no expectation', oneCase({ expect: '{}' }), 'Expect either'],
    ['two expectations', oneCase({ expect: '{ allowed: a, approvals: [], denied: [no-rule] }' }), 'Expect either'],
    ['no approvals', oneCase({ expect: '{ allowed: production-admin }' }), 'Expect either'],
    ['a name twice', `${oneCase()}${oneCase().replace('cases:\n', '')}`, 'stands here twice'],
    ['a longer time than any', oneCase({ waited: '32d' }), 'waited is longer than 31 days'],
    [
      'a longer grant than any',
      oneCase({ extends: '{ rule: a, started: 1h, duration: 99d }' }),
      'duration is longer than 31 days',
    ],
    ['an anchor', oneCase({ teams: '&a [sre]' }), 'Anchors'],
    [
      'a longer request than any',
      oneCase({ request: '{ account: prod-payments, role: admin, duration: 99d, incident: INC-1 }' }),
      'duration is longer than 31 days',
    ],
    [
      'an earlier start than any',
      oneCase({ earlier: '[{ rule: a, started: 99d, duration: 1h }]' }),
      'started is longer than 31 days',
    ],
    ['approvals of no rule', oneCase({ expect: '{ approvals: [] }' }), 'Expect either'],
  ];

  test.each(broken)('%s is a problem with its place, and no pass', (_, text, words) => {
    const run = runPolicyTests(policy, files(text));
    expect(run.problems.map(({ message }) => message).join('\n')).toContain(words);
    expect(run.problems[0]?.file).toBe('policies/tests/x.yaml');
    expect(testsPass(run)).toBe(false);
  });

  test('each problem word for word and with its place', async () => {
    const lines = broken.flatMap(([what, text]) => {
      const { problems } = runPolicyTests(policy, files(text));
      return [
        `# ${what}`,
        ...problems.map(({ line, column, message }) => `${line}:${column} ${message.slice(0, 120)}`),
      ];
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('policy-test-problems.txt');
  });

  test.each(['tests/x.yml', 'tests/X.yaml', 'tests/deep/x.yaml', 'tests/x.json', 'tests/.yaml'])(
    '%s would never run, and says so',
    (name) => {
      const { problems, cases } = parsePolicyTests(files(oneCase(), name));
      expect(problems[0]?.message).toContain('is never run');
      expect(cases).toEqual([]);
    },
  );

  test('outside of tests/ nothing is a test, nor is a document', () => {
    expect(parsePolicyTests(new Map([...files('[', 'rules.yaml'), ...files('[', 'tests/README.md')]))).toEqual({
      cases: [],
      problems: [],
    });
  });

  test('are run by name, and only those of tests/ that are YAML', () => {
    const named = ['tests/b.yaml', 'tests/c.yaml', 'tests/a.yaml'].map(
      (name) => [name, Buffer.from(oneCase())] as const,
    );
    const others = ['old/tests/x.yaml', 'tests/x.yaml.bak', 'tests/notes.txt'];
    const all = new Map([...named, ...others.map((name) => [name, Buffer.from('[')] as const)]);
    const { cases, problems } = parsePolicyTests(all);
    expect(problems).toEqual([]);
    expect(cases.map(({ file }) => file)).toEqual(['a', 'b', 'c'].map((name) => `policies/tests/${name}.yaml`));
  });

  test('one bad file does not hide the others', () => {
    const run = runPolicyTests(policy, new Map([...files('['), ...files(oneCase(), 'tests/y.yaml')]));
    expect(run.problems.length).toBeGreaterThan(0);
    expect(run.results).toMatchObject([{ file: 'policies/tests/y.yaml', passed: true }]);
  });
});

test('the schema knows every code of a denial', () => {
  const { properties } = policyTestSchema.properties.cases.items.properties.expect;
  expect(properties.denied.items.enum).toEqual([...VIOLATION_CODES]);
});
