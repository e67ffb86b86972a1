// Every way in which a policy is refused, on the worked example with one thing changed.
import { describe, expect, test } from 'vitest';
import { keyFingerprint } from '../../../app/core/policy/fingerprint.ts';
import { POLICY_FILES, parsePolicy } from '../../../app/core/policy/parse.ts';
import { examplePolicy, examplePolicyFiles, policyOf } from './example-policy.ts';

const EXAMPLE_KEY = '6Z4p19f0W6HaX/TCl6H3HQpvY9wI7vhpVbOeWoGOY9U=';

/** `from` must be there, so that no case can pass because the example has moved on. */
function edited(file: string, from: string, to: string): Map<string, Uint8Array> {
  const files = examplePolicyFiles();
  const text = Buffer.from(files.get(file) ?? '').toString();
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  return files.set(file, Buffer.from(text.replace(from, to)));
}

function problemsOf(files: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const parsed = parsePolicy(files);
  return parsed.kind === 'ok' ? [] : parsed.problems.map(({ file, line, message }) => `${file}:${line} ${message}`);
}

const REFUSED: readonly (readonly [file: string, from: string, to: string, sentence: RegExp])[] = [
  // people
  ['people.yaml', 'id: 480938', 'id: 583231', /people.yaml:5 GitHub id 583231 belongs to entry 1 already/],
  ['people.yaml', 'github: hubot,', 'github: OctoCat,', /GitHub login "octocat" belongs to entry 1/],
  [
    'people.yaml',
    '906712abcd-2c3d4e5f-6071-4829-abcd-ef0123456789',
    '906712abcd-1B2C3D4E-5f60-4718-9abc-def012345678',
    /UserId .* belongs to entry 1/,
  ],
  ['people.yaml', 'id: 480938', 'id: "480938"', /\[2\]\.id must be a whole number, not "480938"/],
  ['people.yaml', 'id: 480938', 'id: 0480938', /can be read in two ways/],
  ['people.yaml', 'id: 480938', 'id: 480938.5', /must be a whole number/],
  ['people.yaml', 'id: 480938', 'id: 99999999999999999999', /can be read in two ways/],
  ['people.yaml', 'id: 480938', 'id: -1', /at least 1/],
  ['people.yaml', 'name: Hubot }', 'nmae: Hubot }', /Unknown key "nmae"\. Did you mean "name"\?/],
  ['people.yaml', 'aws: 906712abcd-2c3d', 'aws: 2c3', /\[2\]\.aws .* Write the Identity Center UserId/],
  ['people.yaml', 'github: hubot-boss', 'github: dependabot[bot]', /./],
  // accounts
  ['accounts.yaml', '"222233334444"', '"111122223333"', /Account id "111122223333" belongs to prod-payments/],
  [
    'accounts.yaml',
    '"222233334444"',
    '222233334444',
    /accounts.yaml:3 prod-web\.id must be text. Write it in quotes: "222233334444"/,
  ],
  ['accounts.yaml', '"222233334444"', '"22223333444"', /twelve digits/],
  ['accounts.yaml', 'prod-web:', 'prod-payments:', /The key "prod-payments" stands here twice/],
  ['accounts.yaml', 'prod-web:', 'Prod-Web:', /The key "Prod-Web" does not fit/],
  ['accounts.yaml', 'prod-web:', '__proto__:', /The key "__proto__" does not fit/],
  ['accounts.yaml', 'control_plane: true', 'control_plane: yes', /must be true or false, not "yes"/],
  // roles
  [
    'roles.yaml',
    '[no-persistence, no-hiding]',
    '[no-persistance, no-hiding]',
    /There is no guard "no-persistance".* Did you mean "no-persistence"\?/,
  ],
  [
    'roles.yaml',
    'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'arn:aws:iam::111122223333:policy/Mine',
    /policy that AWS manages/,
  ],
  ['roles.yaml', 'session: 4h', 'session: 13h', /session must lie between 15m and 12h/],
  ['roles.yaml', 'session: 4h', 'session: 14m', /session must lie between 15m and 12h/],
  [
    'roles.yaml',
    'Effect: Allow, Action: "iam:*"',
    'Effect: Allow, NotAction: "s3:*", Action: "iam:*"',
    /Action and NotAction stand together/,
  ],
  ['roles.yaml', 'Action: "iam:*", ', '', /The statement has no Action/],
  ['roles.yaml', ', Resource: "*" }', ' }', /The statement has no Resource/],
  [
    'roles.yaml',
    'Effect: Allow, Action: "iam:*"',
    'Effect: allow, Action: "iam:*"',
    /Effect must be Allow or Deny, not "allow"/,
  ],
  [
    'roles.yaml',
    'Effect: Allow, Action: "iam:*"',
    'Effect: Deny, Action: "iam:*"',
    /Role identity-repair gives nothing/,
  ],
  ['roles.yaml', 'Action: "iam:*"', 'Action: "*:*x y"', /<service>:<action>/],
  ['roles.yaml', 'Action: "iam:*"', 'Principal: "*", Action: "iam:*"', /Unknown key "Principal"/],
  ['roles.yaml', '"never"', '7', /must be text/],
  ['roles.yaml', 'description: Read everything, change nothing', 'session: 1h', /./],
  // guards
  ['guards.yaml', '\nno-persistence:', '\nno-persistenc:', /The guard "no-persistence" is missing/],
  ['guards.yaml', '- "ram:*"', '- "sso:*"', /holds the same entry twice/],
  ['guards.yaml', '- "ram:*"', '- ram', /Write \* or <service>:<action>/],
  // rules
  ['rules.yaml', 'name: test-admin', 'name: production-read', /Name "production-read" belongs to rule 4/],
  ['rules.yaml', 'roles: [read-only]', 'roles: [readonly]', /There is no role "readonly".* Did you mean "read-only"\?/],
  [
    'rules.yaml',
    'prod-payments, prod-web',
    'prod-payments, prod-wep',
    /There is no account "prod-wep".* Did you mean "prod-web"\?/,
  ],
  ['rules.yaml', '"label:test"', '"label:tset"', /No account .* has the label "tset"/],
  [
    'rules.yaml',
    'user:octocat',
    'user:octocta',
    /There is no "octocta" in policies\/people.yaml. Did you mean "octocat"\?/,
  ],
  ['rules.yaml', 'user:octocat', 'octocat', /team:<a team in settings.yaml> or user:<a login/],
  [
    'rules.yaml',
    'from: [team:incident-commanders] }] #',
    'from: [team:commanders] }] #',
    /There is no team "commanders"/,
  ],
  [
    'rules.yaml',
    'count: 1, from: [user:hubot-boss, user:octo-lead]',
    'count: 3, from: [user:hubot-boss, user:octo-lead]',
    /asks for 3 people out of 2/,
  ],
  [
    'rules.yaml',
    'count: 1, from: [user:hubot-boss, user:octo-lead]',
    'count: 0, from: [user:hubot-boss]',
    /count must be at least 1/,
  ],
  [
    'rules.yaml',
    'count: 1, from: [user:hubot-boss, user:octo-lead]',
    'from: [user:hubot-boss]',
    /The key "count" is missing/,
  ],
  ['rules.yaml', '[user:hubot-boss, user:octo-lead]', '[user:hubot-boss, user:Hubot-Boss]', /stands here twice/],
  ['rules.yaml', '[user:hubot-boss, user:octo-lead]', '[]', /needs at least 1 entry/],
  ['rules.yaml', 'approvals: [] # approved by the rule itself\n    ', '', /The key "approvals" is missing/],
  [
    'rules.yaml',
    'max_duration: 1h\n',
    'max_duration: 10m\n',
    /min_duration \(15m\) is longer than max_duration \(10m\)/,
  ],
  ['rules.yaml', 'max_duration: 1h\n', 'max_duration: 8d\n', /max_duration must lie between 1s and 7d/],
  ['rules.yaml', 'max_duration: 1h\n', 'max_duration: 0h\n', /"0h" does not fit/],
  ['rules.yaml', 'max_duration: 1h\n', 'max_duration: 1.5h\n', /"1.5h" does not fit/],
  ['rules.yaml', 'max_duration: 1h\n', 'max_duration: 60\n', /must be text, not 60/],
  ['rules.yaml', 'max_per_day: 2', 'max_per_day: 0', /at least 1/],
  ['rules.yaml', 'incident: required', 'incident: yes', /must be required or optional, not "yes"/],
  ['rules.yaml', 'defaults:', 'default:', /Unknown key "default"\. Did you mean "defaults"\?/],
  // settings
  [
    'settings.yaml',
    'from: [user:hubot-boss, user:octo-lead, team:incident-commanders]',
    'from: [user:octo-lead]',
    /asks for 2 people out of 1/,
  ],
  ['settings.yaml', 'sre: 4100001', 'sre: 4100002', /Team id 4100002 belongs to sre/],
  ['settings.yaml', 'sre: 4100001', 'sre: { id: 4100002, children: true }', /Team id 4100002 belongs to sre/],
  [
    'settings.yaml',
    'sre: 4100001',
    'sre: "4100001"',
    /teams\.sre must be a whole number or a mapping .*Write the numeric id of the team/,
  ],
  ['settings.yaml', 'sre: 4100001', 'sre: 0', /teams\.sre must be at least 1/],
  [
    'settings.yaml',
    'sre: 4100001',
    'sre: { children: false }',
    /The key "id" is missing\. Add a line such as: id: 4100001/,
  ],
  ['settings.yaml', 'sre: 4100001', 'sre: { id: 0 }', /teams\.sre\.id must be at least 1/],
  ['settings.yaml', 'sre: 4100001', 'sre: { id: 4100001, children: no }', /must be true or false, not "no"/],
  ['settings.yaml', 'sre: 4100001', 'sre: { id: 4100001, child: false }', /Unknown key "child"/],
  ['settings.yaml', 'region: us-east-1', 'region: US East', /region "US East" does not fit/],
  ['settings.yaml', 'd-906712abcd\n', 'd-906712ABCD\n', /identity_store_id/],
  ['settings.yaml', 'instance/ssoins-', 'instance/', /instance_arn/],
  ['settings.yaml', 'https://d-', 'http://d-', /portal_url/],
  ['settings.yaml', 'awsapps.com/start', 'awsapps.com/start)[x](https://evil', /portal_url/],
  ['settings.yaml', 'max_removals: 5', 'max_removals: 0', /max_removals must be at least 1/],
  // keys
  ['keys.yaml', EXAMPLE_KEY, EXAMPLE_KEY.slice(4), /a raw Ed25519 public key/],
  ['keys.yaml', EXAMPLE_KEY, EXAMPLE_KEY.replace('9U=', '9V='), /not the base64 of 32 bytes/],
  ['keys.yaml', EXAMPLE_KEY, Buffer.alloc(32).toString('base64'), /small order/],
  ['keys.yaml', EXAMPLE_KEY, Buffer.alloc(32).fill(0x80, 31).toString('base64'), /small order/],
  ['keys.yaml', 'first: 0', 'first: 5, last: 4', /last \(4\) lies before first \(5\)/],
  ['keys.yaml', '- {', `- { id: other, key: ${EXAMPLE_KEY}, first: 0 }\n- {`, /Key "6Z4p.* belongs to entry 1/],
  [
    'keys.yaml',
    '- {',
    '- { id: example, key: AWlrXVZzoeKKmNSKWa/hqR6oj3eNBPFrkQ3PzQXZoGo=, first: 0 }\n- {',
    /Key id "example" belongs to entry 1/,
  ],
];

describe('a policy is refused', () => {
  test.each(REFUSED)('%s: %s → %s', (file, from, to, sentence) => {
    const problems = problemsOf(edited(file, from, to));
    expect(problems.filter((problem) => sentence.test(problem))).not.toEqual([]);
    expect(problems.every((problem) => problem.startsWith(`policies/${file}:`))).toBe(true);
  });

  test('each of them word for word and with its place', async () => {
    const lines = REFUSED.flatMap(([file, from, to]) => {
      const parsed = parsePolicy(edited(file, from, to));
      const problems = parsed.kind === 'ok' ? [] : parsed.problems;
      // More than three are the parser's own words, one for each thing that follows from the first.
      const told = problems.slice(0, 3).map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`);
      return [`# ${JSON.stringify(from)} → ${JSON.stringify(to)}`, ...told];
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('parse-problems.txt');
  });

  test.each(POLICY_FILES)('without %s', (name) => {
    const files = examplePolicyFiles();
    files.delete(name);
    expect(problemsOf(files)).toContain(`policies/${name}:0 The file policies/${name} is missing. Add it.`);
  });

  test.each([
    'people.yml',
    'rule.yaml',
    'Rules.yaml',
    'sub/rules.yaml',
    'rules.yaml/x.yaml',
    'rules.json',
    'RULES.YAML',
  ])('with a stranger %s', (name) => {
    const problems = problemsOf(examplePolicyFiles().set(name, Buffer.from('{}')));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`policies/${name} is no policy file.`);
  });

  test('all problems of all files at once, in order', () => {
    const files = edited('people.yaml', 'id: 480938', 'id: 583231');
    files.set('keys.yaml', Buffer.from('- {'));
    files.set(
      'rules.yaml',
      edited('rules.yaml', 'roles: [read-only]', 'roles: [readonly, other]').get('rules.yaml') ?? Buffer.alloc(0),
    );
    const named = problemsOf(files).map((problem) => problem.split(' ')[0]);
    expect(new Set(named)).toEqual(
      new Set(['policies/keys.yaml:1', 'policies/people.yaml:5', 'policies/rules.yaml:36']),
    );
    expect(named).toEqual(named.toSorted());
  });

  test('with a misspelt file, by its name and with those that there are', () => {
    expect(parsePolicy(examplePolicyFiles().set('rule.yaml', Buffer.from('{}')))).toEqual({
      kind: 'invalid',
      problems: [
        {
          file: 'policies/rule.yaml',
          line: 0,
          column: 0,
          message:
            'policies/rule.yaml is no policy file. Did you mean "rules.yaml"? Known: people.yaml, accounts.yaml, roles.yaml, guards.yaml, rules.yaml, settings.yaml, keys.yaml.',
        },
      ],
    });
  });

  test('as a whole', () => {
    expect(parsePolicy(new Map()).kind).toBe('invalid');
  });

  test('a file of more than 4 MiB', () => {
    expect(problemsOf(examplePolicyFiles().set('keys.yaml', Buffer.alloc(4 * 1024 * 1024 + 1, 0x23)))[0]).toMatch(
      /at most 4194304 are allowed/,
    );
  });
});

describe('a policy is read', () => {
  test('README.md, schemas/ and tests/ say nothing', () => {
    const files = examplePolicyFiles().set('tests/x.yaml', Buffer.from('[')).set('notes.txt', Buffer.from('hi'));
    expect(problemsOf(files)).toEqual([]);
  });

  test('what is left out has its default', () => {
    const files = edited('settings.yaml', 'owners: { count: 2, ', 'owners: { ');
    files.set(
      'rules.yaml',
      Buffer.from(
        'rules:\n- { name: one, roles: ["*"], accounts: ["*"], requesters: [user:OCTOCAT], approvals: [] }\n',
      ),
    );
    const { settings, rules } = policyOf(files);
    expect(settings.owners.count).toBe(2);
    expect(rules).toEqual([
      {
        name: 'one',
        roles: ['*'],
        accounts: ['*'],
        requesters: [{ kind: 'user', login: 'octocat', id: 583231 }],
        approvals: [],
        minSeconds: 900,
        maxSeconds: 14_400,
        requestTtlSeconds: 10_800,
        approvalTtlSeconds: 900,
        incident: 'optional',
      },
    ]);
  });

  test('a team says whether members of its child teams count, or leaves it to GitHub', () => {
    const text = 'sre: { id: 4100001, children: false }, engineering: { id: 4100003, children: true }';
    const { teams } = policyOf(
      edited(
        'settings.yaml',
        '{ sre: 4100001, incident-commanders: 4100002, engineering: 4100003 }',
        `{ ${text}, incident-commanders: 4100002 }`,
      ),
    ).settings;
    expect([...teams]).toEqual([
      ['sre', { id: 4100001, children: false }],
      ['engineering', { id: 4100003, children: true }],
      ['incident-commanders', { id: 4100002 }],
    ]);
  });

  test('no rules at all deny everything, which is a policy', () => {
    expect(policyOf(examplePolicyFiles().set('rules.yaml', Buffer.from('rules: []\n'))).rules).toEqual([]);
  });

  test('guards: [] drops every guard', () => {
    expect(
      policyOf(edited('roles.yaml', 'guards: [no-persistence, no-hiding]', 'guards: []')).roles.get('admin')?.guards,
    ).toEqual([]);
  });

  test('seconds are fine where a rule says so', () => {
    const { rules } = policyOf(edited('rules.yaml', 'defaults: { min_duration: 15m', 'defaults: { min_duration: 1s'));
    expect(rules.every((rule) => rule.minSeconds === 1)).toBe(true);
  });

  test('a key may sign at one position only, and a session may take all that Identity Center gives', () => {
    expect(problemsOf(edited('keys.yaml', 'first: 0', 'first: 5, last: 5'))).toEqual([]);
    for (const session of ['15m', '12h'])
      expect(problemsOf(edited('roles.yaml', 'session: 4h', `session: ${session}`))).toEqual([]);
    for (const most of ['15m', '7d'])
      expect(problemsOf(edited('rules.yaml', 'max_duration: 1h\n', `max_duration: ${most}\n`))).toEqual([]);
  });

  test('a key has the SHA-256 of its raw bytes as fingerprint', () => {
    const [key] = examplePolicy().keys;
    expect(keyFingerprint(key?.key ?? '')).toBe('a954defa5c1b6cd5c848cbd5a1160da226cd00ad84536bc98c9d6c182f4dff80');
  });
});
