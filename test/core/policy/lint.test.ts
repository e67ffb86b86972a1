// Each finding of the linter: a policy that has it, its place and its words, and the same policy put right.
import { describe, expect, test } from 'vitest';
import type { ResolvedGrant } from '../../../app/core/grant/resolved.ts';
import { type LintOptions, lintPolicy } from '../../../app/core/policy/lint.ts';
import { type Finding, LINT_CODES, type Members } from '../../../app/core/policy/lint-finding.ts';
import { readMembers } from '../../../app/core/policy/lint-members.ts';
import { placesIn } from '../../../app/core/policy/lint-places.ts';
import { inlineSize } from '../../../pulumi/statements.ts';
import { examplePolicyFiles, policyOf } from './example-policy.ts';

type Edit = Readonly<Record<string, string>>;

/** Whole files in place of the example's. */
function linted(edit: Edit, options: LintOptions = {}): readonly Finding[] {
  const files = examplePolicyFiles();
  for (const [name, text] of Object.entries(edit)) files.set(name, Buffer.from(text));
  return lintPolicy(policyOf(files), { place: placesIn(files), ...options });
}

const ROLES = `admin: { description: All, managed_policies: [arn:aws:iam::aws:policy/AdministratorAccess] }
read: { description: Look, managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess] }
`;
const ACCOUNTS = `one: { id: "111122223333", labels: [prod] }
two: { id: "222233334444" }
closed: { id: "555566667777", labels: [shut], control_plane: true }
`;

const DEFAULTS = 'rules:\n';
type RuleText = Partial<Record<'roles' | 'accounts' | 'requesters' | 'approvals', string>> & { readonly more?: string };

function rule(name: string, { more, ...fields }: RuleText = {}): string {
  const all = { roles: '["*"]', accounts: '["*"]', requesters: '[team:sre]', approvals: '[]', ...fields };
  const text = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
  return `  - { name: ${name}, ${text.join(', ')}${more === undefined ? '' : `, ${more}`} }\n`;
}

const withRules = (...rules: readonly string[]): Edit => ({
  'roles.yaml': ROLES,
  'accounts.yaml': ACCOUNTS,
  'rules.yaml': `${DEFAULTS}${rules.join('')}`,
});

const teams = (entries: Readonly<Record<string, readonly number[]>>): Members =>
  new Map(Object.entries(entries).map(([team, ids]) => [team, new Set(ids)]));

const EVERYBODY = teams({
  sre: [583231, 480938],
  engineering: [480938, 2345678],
  'incident-commanders': [7001, 7002, 7003],
});

const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code);

test('the example policy has no errors, and says that one role drops its guard', () => {
  const findings = linted({}, { members: EVERYBODY, size: inlineSize });
  expect(findings).toMatchObject([
    { code: 'guards-dropped', severity: 'warning', file: 'policies/roles.yaml', line: 34 },
  ]);
});

test('a policy of one rule is clean', () => {
  expect(linted(withRules(rule('all')), { members: EVERYBODY, size: inlineSize })).toEqual([]);
});

type Row = readonly [what: string, code: string, edit: Edit, words: string, members?: Members];

const approve = (text: string) => `[${text}]`;
const TWO = '[{ count: 1, from: [user:hubot-boss, user:octo-lead] }]';

const FOUND: readonly Row[] = [
  [
    'one person for two entries',
    'nobody-can-approve',
    withRules(
      rule('all', { approvals: '[{ count: 1, from: [user:octo-lead] }, { count: 1, from: [user:octo-lead] }]' }),
    ),
    'it needs 1 of user:octo-lead, and 1 of user:octo-lead, and there are not as many',
  ],
  [
    'a team that is too small',
    'nobody-can-approve',
    withRules(rule('all', { approvals: '[{ count: 2, from: [team:incident-commanders] }]' })),
    'Name more people, or lower count',
    teams({ sre: [1], engineering: [1], 'incident-commanders': [2] }),
  ],
  [
    'the only requester is the only approver',
    'nobody-can-approve',
    withRules(rule('all', { requesters: '[user:octo-lead]', approvals: '[{ count: 1, from: [user:octo-lead] }]' })),
    'as nobody approves their own request',
  ],
  [
    'one approver',
    'one-can-approve',
    withRules(rule('all', { approvals: '[{ count: 1, from: [user:octo-lead] }]' })),
    'only with @octo-lead',
  ],
  [
    'two of two approvers',
    'one-can-approve',
    withRules(rule('all', { approvals: '[{ count: 2, from: [user:hubot-boss, user:octo-lead] }]' })),
    'only with @hubot-boss and @octo-lead',
  ],
  [
    'a team of one',
    'one-can-approve',
    withRules(rule('all', { approvals: '[{ count: 1, from: [team:incident-commanders] }]' })),
    'only with @(GitHub id 9)',
    teams({ sre: [1], engineering: [1], 'incident-commanders': [9] }),
  ],
  [
    'a requester among too few approvers',
    'requester-without-approver',
    withRules(
      rule('all', { requesters: '[team:sre, user:octo-lead]', approvals: '[{ count: 1, from: [user:octo-lead] }]' }),
    ),
    'what @octo-lead asks for',
  ],
  [
    'two requesters without whom nobody can approve',
    'requester-without-approver',
    withRules(
      rule('all', {
        requesters: '[team:sre, user:hubot-boss, user:octo-lead]',
        approvals: '[{ count: 2, from: [user:hubot-boss, user:octo-lead] }]',
      }),
    ),
    'what @hubot-boss or @octo-lead asks for',
  ],
  [
    'two owners of two',
    'one-can-approve',
    { 'settings.yaml': SETTINGS('owners: { count: 2, from: [user:hubot-boss, user:octo-lead] }') },
    'a change that one of them opens can never be approved',
  ],
  [
    'an empty team of owners',
    'no-owner-can-approve',
    { 'settings.yaml': SETTINGS('owners: { count: 2, from: [user:hubot-boss, team:engineering] }') },
    'owners needs 2 of user:hubot-boss, team:engineering',
    teams({ sre: [1], engineering: [], 'incident-commanders': [2] }),
  ],
  ['the same rule again', 'unreachable-rule', withRules(rule('all'), rule('again')), '"all" before it decides'],
  [
    'two rules that together leave nothing',
    'unreachable-rule',
    withRules(
      rule('one', { accounts: '[one]' }),
      rule('two', { accounts: '[tw*]' }),
      rule('rest', { roles: '[admin]' }),
    ),
    'Rule "rest" never applies: "one", "two" before it decide all',
  ],
  [
    'a user who is in the team before',
    'unreachable-rule',
    withRules(rule('team'), rule('person', { requesters: '[user:hubot]' })),
    '"team" before it decides',
    EVERYBODY,
  ],
  [
    'only a control-plane account',
    'unreachable-rule',
    withRules(rule('shut', { accounts: '[closed]' }), rule('all')),
    'there is no role and account that it matches and that a grant may reach',
  ],
  [
    'a glob that matches no role',
    'unreachable-rule',
    withRules(rule('all'), rule('none', { roles: '[writ*]' })),
    'there is no role and account',
  ],
  [
    'a team that is not there',
    'unknown-team',
    withRules(rule('all')),
    'Nothing is known of team "engineering"',
    teams({ sre: [1], 'incident-commanders': [2] }),
  ],
  [
    'a team without people',
    'empty-team',
    withRules(rule('all')),
    'Team "engineering" is empty',
    teams({ sre: [1], engineering: [], 'incident-commanders': [2] }),
  ],
  ['an account in no rule', 'unused-account', withRules(rule('one', { accounts: '[one]' })), 'account "two"'],
  ['a role in no rule', 'unused-role', withRules(rule('read', { roles: '[read]' })), 'No rule gives role "admin"'],
  ['two days', 'unbounded-duration', withRules(rule('all', { more: 'max_duration: 2d' })), 'up to 2d'],
  ['seconds', 'short-duration', withRules(rule('all', { more: 'min_duration: 5s' })), 'as little as 5s'],
  [
    'no guards, no approval',
    'guards-dropped',
    {
      ...withRules(rule('all')),
      'roles.yaml': `${ROLES}open: { description: x, managed_policies: [arn:aws:iam::aws:policy/PowerUserAccess], guards: [] }\n`,
    },
    'Rule "all" gives it without asking anybody',
  ],
  [
    'no guards, no approval under two rules',
    'guards-dropped',
    {
      ...withRules(
        rule('one', { accounts: '[one]' }),
        rule('two', { accounts: '[two]' }),
        rule('asked', { accounts: '[two]', requesters: '[team:engineering]', approvals: TWO }),
      ),
      'roles.yaml': `${ROLES}open: { description: x, managed_policies: [arn:aws:iam::aws:policy/PowerUserAccess], guards: [] }\n`,
    },
    'Rule "one", "two" gives it without asking anybody',
  ],
  [
    'statements of 11,000 characters',
    'statement-over-limit',
    {
      ...withRules(rule('all')),
      'roles.yaml': `${ROLES}long: { description: x, statements: [${LONG_STATEMENT()}] }\n`,
    },
    'AWS takes 10240',
  ],
  [
    'a control-plane account by name',
    'control-plane-account',
    withRules(rule('all', { accounts: '[one, two, closed]' })),
    'names "closed"',
  ],
  [
    'a control-plane account by label',
    'control-plane-account',
    withRules(rule('all', { accounts: '["*", "label:shut"]' })),
    'covers the control-plane account "closed"',
  ],
  [
    'an account that sounds like one',
    'control-plane-account',
    { ...withRules(rule('all')), 'accounts.yaml': `${ACCOUNTS}org-management: { id: "999900001111" }\n` },
    'write control_plane: true',
  ],
  [
    'one name twice',
    'duplicate-identity',
    { 'people.yaml': PEOPLE('- { github: mona2, id: 99, name: " MONA" }') },
    '@mona2 and @octocat look like one person',
  ],
  [
    'a managed twin',
    'duplicate-identity',
    { 'people.yaml': PEOPLE('- { github: hubot_acme, id: 99 }') },
    '@hubot_acme and @hubot look like one person',
  ],
  [
    'roles that begin alike',
    'name-collision',
    {
      ...withRules(rule('all')),
      'roles.yaml': `${ROLES}${['database-fail', 'database-failover'].map(reader).join('')}`,
    },
    'both show as bg-database-fai-…',
  ],
  [
    'a team whose child teams nobody spoke of',
    'child-teams-count',
    {},
    'Team "engineering" has child teams, and their members count as members of it.',
  ],
];

function SETTINGS(owners: string): string {
  const text = Buffer.from(examplePolicyFiles().get('settings.yaml') ?? []).toString();
  return text.replace(/^owners:.*$/m, owners);
}

function PEOPLE(more: string): string {
  return `${Buffer.from(examplePolicyFiles().get('people.yaml') ?? []).toString()}${more}\n`;
}

function LONG_STATEMENT(): string {
  const actions = Array.from({ length: 250 }, (_, i) => `"ec2:${'A'.repeat(35)}${i}"`);
  return `{ Effect: Allow, Action: [${actions.join(', ')}], Resource: "*" }`;
}

function reader(name: string): string {
  return `${name}: { description: x, managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess] }\n`;
}

describe('finds', () => {
  const rows = FOUND.map(([what, code, edit, words, members]) => ({ what, code, edit, words, members }));
  test.each(rows)('$what: $code', ({ code, edit, words, members }) => {
    const options = { size: inlineSize, withChildTeams: new Set(['engineering']) };
    const findings = linted(edit, { ...options, ...(members === undefined ? {} : { members }) });
    const found = findings.filter((one) => one.code === code);
    expect(found.map(({ sentence }) => sentence).join('\n')).toContain(words);
    for (const one of found) expect(one.line, 'has a line').toBeGreaterThan(0);
  });

  test('every code once at least', () => {
    const covered = new Set([...FOUND.map(([, code]) => code), ...LAXER.map(() => 'loosened-by-leaving')]);
    expect([...covered].sort()).toEqual(Object.keys(LINT_CODES).sort());
  });
});

const STRICT =
  'approvals: [{ count: 1, from: [team:incident-commanders] }], incident: required, max_live: 1, max_per_day: 2';
const LAXER: readonly (readonly [string, string, string])[] = [
  ['no approval', 'approvals: [], incident: required, max_live: 1, max_per_day: 2', 'no approval instead of 1'],
  ['other approvers', STRICT.replace('team:inc', 'team:sre, team:inc'), 'more people may approve'],
  ['more time', `${STRICT}, max_duration: 8h`, '8h instead of 4h'],
  ['no incident', STRICT.replace('required', 'optional'), 'no incident'],
  ['more at a time', STRICT.replace('max_live: 1', 'max_live: 2'), 'more live at a time'],
  ['no daily limit', STRICT.replace(', max_per_day: 2', ''), 'more in a day'],
  [
    'all of it',
    'approvals: [], max_duration: 8h',
    'no approval instead of 1, 8h instead of 4h, no incident, more live at a time, more in a day',
  ],
];

function ruleText(name: string, requesters: string, rest: string): string {
  return `  - { name: ${name}, roles: ["*"], accounts: ["*"], requesters: ${requesters}, ${rest} }\n`;
}

/** A strict rule for one team, and after it one for another. */
function looser(rest: string, ...between: readonly string[]): Edit {
  return withRules(ruleText('strict', '[team:sre]', STRICT), ...between, ruleText('lax', '[team:engineering]', rest));
}

describe('a rule that leaving a team loosens', () => {
  const text = ruleText;
  const pair = looser;

  test.each(LAXER)('%s', (_, rest, words) => {
    const found = linted(pair(rest)).filter(({ code }) => code === 'loosened-by-leaving');
    expect(found).toMatchObject([{ file: 'policies/rules.yaml', line: 3 }]);
    expect(found[0]?.sentence).toContain(
      'Somebody of team:engineering who leaves team:sre falls from rule "strict" to rule "lax", which is laxer: ',
    );
    expect(found[0]?.sentence).toContain(words);
  });

  test.each<[string, Edit, Members?]>([
    ['the later rule is as strict', pair(STRICT)],
    ['the later rule is stricter', pair(STRICT.replace('count: 1', 'count: 2'))],
    [
      'the first rule names the other team too',
      withRules(
        text('strict', '[team:sre, team:engineering]', STRICT),
        text('lax', '[team:engineering]', 'approvals: []'),
      ),
    ],
    ['nobody is in both', pair('approvals: []'), teams({ sre: [1], engineering: [2], 'incident-commanders': [3, 4] })],
    ['a rule between catches them', pair('approvals: []', text('same', '[team:engineering]', STRICT))],
    [
      'a person cannot leave themselves',
      withRules(text('strict', '[user:octocat]', STRICT), text('lax', '[team:sre]', 'approvals: []')),
    ],
    [
      'they never meet',
      withRules(
        rule('one', { accounts: '[one]', approvals: approve('{ count: 1, from: [team:sre, team:engineering] }') }),
        rule('two', { accounts: '[two]', requesters: '[team:engineering]' }),
      ),
    ],
  ])('not when %s', (_, edit, members) => {
    const options = members === undefined ? {} : { members };
    expect(codes(linted(edit, options))).not.toContain('loosened-by-leaving');
  });
});

test('every finding of every case, word for word and with its place', async () => {
  const text = (what: string, findings: readonly Finding[]) => [
    `# ${what}`,
    ...findings.map((one) => `${one.severity} ${one.code} ${one.file}:${one.line}:${one.column} ${one.sentence}`),
  ];
  const lines = FOUND.flatMap(([what, code, edit, _, members]) => {
    const withChildTeams = new Set(code === 'child-teams-count' ? ['engineering'] : []);
    return text(
      what,
      linted(edit, { size: inlineSize, withChildTeams, ...(members === undefined ? {} : { members }) }),
    );
  });
  const laxer = LAXER.flatMap(([what, rest]) => text(what, linted(looser(rest))));
  await expect(`${[...lines, ...laxer].join('\n')}\n`).toMatchFileSnapshot('lint-findings.txt');
});

describe('says nothing', () => {
  test.each<[string, Edit]>([
    ['when two can approve', withRules(rule('all', { approvals: TWO }))],
    [
      'when a later rule is open to others',
      withRules(rule('all'), rule('more', { requesters: '[team:sre, team:engineering]' })),
    ],
    ['about a wildcard over a control-plane account', withRules(rule('all'))],
    ['about a day', withRules(rule('all', { more: 'max_duration: 1d, min_duration: 1m' }))],
  ])('%s', (_, edit) => {
    expect(linted(edit)).toEqual([]);
    expect(linted(edit, { members: teams({ sre: [1], engineering: [2], 'incident-commanders': [3, 4] }) })).toEqual([]);
  });

  test('about the size of teams whose members nobody told', () => {
    expect(linted(withRules(rule('all', { approvals: '[{ count: 9, from: [team:incident-commanders] }]' })))).toEqual(
      [],
    );
  });
});

test('without the files there are no places, without members nothing about teams, without a size nothing about it', () => {
  const row = FOUND.find(([, code]) => code === 'statement-over-limit');
  const edit = row?.[2] ?? {};
  const files = examplePolicyFiles();
  for (const [name, text] of Object.entries(edit)) files.set(name, Buffer.from(text));
  expect(lintPolicy(policyOf(files))).toEqual([]);
  expect(lintPolicy(policyOf(files), { size: inlineSize })).toMatchObject([{ line: 0, column: 0 }]);
});

test.each([true, false])('nothing about child teams where settings.yaml says children: %s', (children) => {
  const said = SETTINGS(
    'owners: { count: 2, from: [user:hubot-boss, user:octo-lead, team:incident-commanders] }',
  ).replace('engineering: 4100003', `engineering: { id: 4100003, children: ${children} }`);
  expect(said).toContain(String(children));
  const findings = linted({ 'settings.yaml': said }, { withChildTeams: new Set(['engineering']) });
  expect(codes(findings)).not.toContain('child-teams-count');
});

test('what a rule lets fall to another is said once, however many accounts it reaches', () => {
  const accounts = `${ACCOUNTS}three: { id: "333344445555", labels: [other] }\n`;
  const strict = ruleText('strict', '[team:sre]', STRICT);
  const other = rule('other', { accounts: '[three]', requesters: '[team:incident-commanders]' });
  const lax = ruleText('lax', '[team:engineering]', 'approvals: []');
  const findings = linted({ ...withRules(strict, other, lax), 'accounts.yaml': accounts });
  const loosened = findings.filter(
    ({ code, sentence }) => code === 'loosened-by-leaving' && sentence.includes('"lax"'),
  );
  expect(loosened.filter(({ sentence }) => sentence.includes('"strict"'))).toHaveLength(1);
});

test('a team of requesters that is empty is no reason to say that nobody can approve', () => {
  const edit = withRules(rule('all', { approvals: TWO }));
  const findings = linted(edit, { members: teams({ sre: [], engineering: [1], 'incident-commanders': [2] }) });
  expect(codes(findings)).not.toContain('nobody-can-approve');
});

describe('a rule is reached', () => {
  const unreached = (edit: Edit, members?: Members) =>
    codes(linted(edit, members === undefined ? {} : { members })).filter((code) => code === 'unreachable-rule');

  test('by a team of which only some are asked before', () => {
    const edit = withRules(rule('person', { requesters: '[user:octocat]' }), rule('team'));
    expect(unreached(edit, EVERYBODY)).toEqual([]);
    expect(unreached(edit, teams({ sre: [583231], engineering: [1], 'incident-commanders': [2] }))).toHaveLength(1);
  });

  test('by a team that is empty today, and by one of whom nobody knows the members', () => {
    const edit = withRules(rule('first'), rule('second', { requesters: '[team:engineering]' }));
    expect(unreached(edit, teams({ sre: [1], engineering: [], 'incident-commanders': [2] }))).toEqual([]);
    expect(unreached(edit)).toEqual([]);
  });

  test('by a person whose number is that of a team before', () => {
    const settings = Buffer.from(examplePolicyFiles().get('settings.yaml') ?? []).toString();
    const edit = withRules(rule('team'), rule('person', { requesters: '[user:octocat]' }));
    const twin = settings.replace('4100001', '583231');
    expect(twin).not.toBe(settings);
    expect(unreached({ ...edit, 'settings.yaml': twin })).toEqual([]);
  });
});

test('what stands in no file has no place', () => {
  expect(placesIn(new Map())('rules.yaml', ['rules', 0])).toEqual({ line: 0, column: 0 });
});

describe('the inline policy of a role', () => {
  const sized = (characters: number) =>
    codes(linted(withRules(rule('all')), { size: () => ({ characters, limit: 100 }) }));

  test('may have as many characters as AWS takes, and no more', () => {
    expect(sized(100)).toEqual([]);
    expect(sized(101)).toEqual(['statement-over-limit', 'statement-over-limit']);
  });

  test('is measured for each role, with its statements and its guards', () => {
    const asked: ResolvedGrant[] = [];
    const { guards, roles } = policyOf(examplePolicyFiles());
    linted(
      {},
      {
        size: (grant) => {
          asked.push(grant);
          return { characters: 0, limit: 1 };
        },
      },
    );
    expect(asked.map(({ role }) => role)).toEqual([...roles.keys()]);
    for (const one of asked) {
      const role = roles.get(one.role);
      expect(one.statements).toEqual(role?.statements);
      expect(one.managedPolicies).toEqual(role?.managedPolicies);
      expect(one.guards).toEqual(role?.guards.map((name) => guards.get(name)));
    }
  });
});

test.each([
  ['management', true],
  ['master-account', true],
  ['payer', true],
  ['organization', true],
  ['organisation-root', true],
  ['org', true],
  ['acme-management', true],
  ['acme-payer', true],
  ['managements', false],
  ['acme-org', false],
  ['management2', false],
  ['acme-payer-2', false],
  ['cyborg', false],
])('the name %s sounds like a control-plane account: %s', (name, sounds) => {
  const edit = { ...withRules(rule('all')), 'accounts.yaml': `${ACCOUNTS}${name}: { id: "999900001111" }\n` };
  expect(codes(linted(edit))).toEqual(sounds ? ['control-plane-account'] : []);
});

test('warnings stand in the order of the file, whichever check found them', () => {
  const much = { accounts: '[one, two, closed]', more: 'max_duration: 2d' };
  const findings = linted(
    withRules(rule('first', { ...much, requesters: '[team:engineering]' }), rule('second', much)),
  );
  const places = findings.map(({ line, column }) => line * 1_000 + column);
  expect(codes(findings)).toEqual([
    'control-plane-account',
    'unbounded-duration',
    'control-plane-account',
    'unbounded-duration',
  ]);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('people without a name are not one person', () => {
  const people = PEOPLE('- { github: nameless, id: 98 }\n- { github: other, id: 99 }');
  expect(codes(linted({ 'people.yaml': people }))).not.toContain('duplicate-identity');
});

test('errors stand before warnings', () => {
  const findings = linted(withRules(rule('all', { more: 'max_duration: 2d' }), rule('again')));
  expect(findings.map(({ severity }) => severity)).toEqual(['error', 'warning']);
});

describe('members', () => {
  const policy = policyOf(examplePolicyFiles());
  const read = (text: string) => readMembers('teams.yaml', Buffer.from(text), policy);

  test('are logins in any case, ids, and people whom people.yaml does not know', () => {
    expect(read('sre: [OctoCat, 480938, Stranger]\nengineering: []\n')).toEqual({
      kind: 'ok',
      value: new Map([
        ['sre', new Set([583231, 480938, 'stranger'])],
        ['engineering', new Set()],
      ]),
    });
    expect(read('{"sre": ["octocat"]}')).toMatchObject({ kind: 'ok' });
  });

  test.each([
    ['ser: [octocat]', 'There is no team "ser"'],
    ['sre: octocat', 'list'],
    ['sre: [1, &a 2]', 'Anchors'],
  ])('%j is refused', (text, words) => {
    const answer = read(text);
    expect(answer.kind === 'invalid' && answer.problems[0].message).toContain(words);
  });

  test('of a team that is not there are refused where it stands', () => {
    expect(read('sre: [1]\nser: [octocat]\n')).toEqual({
      kind: 'invalid',
      problems: [
        {
          file: 'teams.yaml',
          line: 2,
          column: 1,
          message: 'There is no team "ser" under teams in policies/settings.yaml.',
        },
      ],
    });
  });

  test('of more than 4 MiB are refused', () => {
    const answer = read(`sre: [1] #${'x'.repeat(4 * 1024 * 1024)}`);
    expect(answer.kind === 'invalid' && answer.problems[0].message).toContain('at most 4194304');
  });
});
