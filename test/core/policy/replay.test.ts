// History judged again: what a proposed policy would have decided otherwise, and what that answer stands on.
import { describe, expect, test } from 'vitest';
import type { GrantEntry } from '../../../app/core/ledger/ledger.ts';
import { type PolicyChange, policyReport } from '../../../app/core/policy/policy-test-report.ts';
import { differenceText, historyOf, type Replay, replay } from '../../../app/core/policy/replay.ts';
import type { GrantRecord } from '../../../app/core/record/record.ts';
import { grantText, HistoryBuilder, type PolicyEdit } from '../ledger/history-builder.ts';
import { examplePolicyFiles, policyOf } from './example-policy.ts';

const PRODUCTION = `${grantText({ account: 'prod-payments' })}incident: INC-1\n`;

type Granted = { readonly id: string; readonly at: number; readonly text?: string } & Partial<GrantRecord>;

/** Those grants as the ledger has them, and what `rules` in place of the example's would make of them. */
function replayed(granted: readonly Granted[], edit: PolicyEdit, genesis: PolicyEdit = {}): Replay {
  const { history, builder } = historyWith(granted, genesis);
  return replay(history, builder.policyValue(builder.policy(edit)));
}

function historyWith(granted: readonly Granted[], genesis: PolicyEdit = {}) {
  const builder = new HistoryBuilder({ edit: genesis });
  for (const { id, at, ...more } of granted) {
    const change = more.text === undefined ? builder.add(id) : builder.add(id, more.text);
    builder.merge(at, builder.record(id, at, more), { changes: [change] });
  }
  const { grants } = builder.ledger();
  expect(grants.size).toBe(granted.length);
  return { builder, history: historyOf(grants.values(), (tree) => builder.policyValue(tree)) };
}

const rules = (before: string | RegExp, after: string): PolicyEdit => ({
  'rules.yaml': (text) => {
    expect(text).toMatch(before);
    return text.replace(before, after);
  },
});

const STAGING: Granted = { id: 'staging', at: 1 };
const ADMIN: Granted = { id: 'admin', at: 1, text: PRODUCTION, rule: 'production-admin' };

test('under the same policy nothing differs', () => {
  expect(replayed([STAGING, ADMIN], {})).toEqual({ replayed: 2, differences: [], unjudged: [] });
});

describe('what differs', () => {
  test.each<[string, Granted, PolicyEdit, Partial<Replay['differences'][number]>]>([
    [
      'a shorter limit',
      { ...ADMIN, text: PRODUCTION.replace('1h', '2h') },
      rules('max_duration: 2h', 'max_duration: 1h'),
      { kind: 'denied', now: { kind: 'denied', violations: [expect.objectContaining({ code: 'too-long' })] } },
    ],
    [
      'another name',
      ADMIN,
      rules('name: production-admin', 'name: prod-admin'),
      { kind: 'other-rule', now: { kind: 'allowed', rule: 'prod-admin', approvals: '1 of team:incident-commanders' } },
    ],
    [
      'another person',
      ADMIN,
      rules('count: 1, from: [team:incident-commanders]', 'count: 2, from: [team:incident-commanders]'),
      {
        kind: 'other-approvals',
        now: { kind: 'allowed', rule: 'production-admin', approvals: '2 of team:incident-commanders' },
      },
    ],
    [
      'a rule before it',
      ADMIN,
      rules(
        'rules:\n',
        'rules:\n  - { name: first, roles: ["*"], accounts: ["*"], requesters: [user:octocat], approvals: [] }\n',
      ),
      { kind: 'other-rule', now: { kind: 'allowed', rule: 'first', approvals: 'by the rule itself' } },
    ],
  ])('%s', (_, granted, edit, difference) => {
    expect(replayed([granted], edit)).toEqual({
      replayed: 1,
      unjudged: [],
      differences: [
        {
          grantId: 'admin',
          pullRequest: 42,
          requester: 'octocat',
          was: { kind: 'allowed', rule: 'production-admin', approvals: '1 of team:incident-commanders' },
          assumed: [],
          ...difference,
        },
      ],
    });
  });

  test.each([
    ['the person', { 'people.yaml': (text: string) => text.replace('583231', '583232') }, 'unknown-person'],
    [
      'the role',
      {
        'roles.yaml': (text: string) => text.replace('admin:', 'root:'),
        'rules.yaml': (text: string) => text.replaceAll('[admin', '[root'),
      },
      'unknown-role',
    ],
    ['the account', { 'accounts.yaml': (text: string) => text.replace('staging:', 'stage:') }, 'unknown-account'],
  ] as const)('%s is no longer there', (_, edit, code) => {
    const { differences } = replayed([STAGING], edit);
    expect(differences[0]?.now).toMatchObject({ kind: 'denied', violations: [{ code }] });
  });

  test('a login that was renamed since is the same person', () => {
    const edit = {
      'people.yaml': (text: string) => text.replace('octocat', 'octodog'),
      'rules.yaml': (text: string) => text.replace('user:octocat', 'user:octodog'),
    };
    expect(replayed([ADMIN], edit).differences).toEqual([]);
  });
});

describe('membership', () => {
  const own = (requesters: string, after = requesters) => ({
    genesis: rules(
      /requesters: \[team:engineering, team:sre\]\n {4}approvals: \[\]\n {4}max_duration: 8h\n {4}max_live: 2/,
      `requesters: ${requesters}\n    approvals: []`,
    ),
    proposed: rules(
      /requesters: \[team:engineering, team:sre\]\n {4}approvals: \[\]\n {4}max_duration: 8h\n {4}max_live: 2/,
      `requesters: ${after}\n    approvals: []`,
    ),
  });

  test('the one team of the rule is proven', () => {
    const { genesis, proposed } = own('[team:sre]', '[team:sre, team:engineering]');
    expect(replayed([STAGING], proposed, genesis).differences).toEqual([]);
  });

  test('another team is assumed not to have them, and that is said', () => {
    const { genesis, proposed } = own('[team:sre]', '[team:engineering]');
    const [one] = replayed([STAGING], proposed, genesis).differences;
    expect(one).toMatchObject({ kind: 'denied', assumed: ['@octocat was not in team:engineering'] });
    expect(one === undefined ? '' : differenceText(one)).toMatch(
      /^Grant "staging" \(#42, @octocat\) was allowed by rule "test-admin", approved by the rule itself; now denied \(no-rule\): No rule .* Assumed: @octocat was not in team:engineering\.$/,
    );
  });

  test('of two teams each is tried, and an answer that hangs on it says so', () => {
    const { proposed } = own('[]', '[team:sre]');
    expect(replayed([STAGING], proposed).differences).toMatchObject([
      { kind: 'denied', assumed: ['@octocat was in team:engineering', '@octocat was not in team:sre'] },
    ]);
  });

  test('of two teams that give the same answer one is told', () => {
    const { proposed } = own('[]', '[user:hubot]');
    expect(replayed([STAGING], proposed).differences).toMatchObject([{ kind: 'denied', assumed: [] }]);
  });

  test('a rule that came first and did not match proves that they were in none of its teams', () => {
    const strict =
      '  - { name: first, roles: [admin], accounts: [staging], requesters: [team:incident-commanders], approvals: [] }\n';
    const genesis = rules('rules:\n', `rules:\n${strict}`);
    const proposed = rules(
      'rules:\n',
      `rules:\n${strict.replace('approvals: []', 'approvals: [{ count: 1, from: [team:sre] }]')}`,
    );
    expect(replayed([STAGING], proposed, genesis).differences).toEqual([]);
  });
});

describe('budgets', () => {
  const two = [STAGING, { id: 'second', at: 2 }];

  test('a new one counts what the person had then', () => {
    expect(replayed(two, rules('max_live: 2', 'max_live: 1')).differences).toMatchObject([
      { grantId: 'second', now: { kind: 'denied', violations: [{ code: 'too-many-live' }] } },
    ]);
  });

  test('what would have been denied takes no place', () => {
    const three = [...two, { id: 'third', at: 3 }];
    const denied = replayed(three, rules('max_live: 2', 'max_per_day: 2'), rules('max_live: 2', 'max_live: 9'));
    expect(denied.differences.map(({ grantId }) => grantId)).toEqual(['third']);
  });

  test('one that the history itself seems to break is a gap in what is known, and no difference', () => {
    // Ended by /revoke, and its file taken out later: by the ledger alone it was live.
    const early = [STAGING, { id: 'second', at: 2 }, { id: 'third', at: 3 }];
    expect(replayed(early, {}).differences).toEqual([]);
    expect(replayed(early, rules('max_live: 2', 'max_live: 1')).differences.map(({ grantId }) => grantId)).toEqual([
      'second',
    ]);
  });

  test('it ends with the deadline, and with the file', () => {
    const { history, builder } = historyWith([STAGING, { id: 'second', at: 90 }]);
    const proposed = builder.policyValue(builder.policy(rules('max_live: 2', 'max_live: 1')));
    expect(replay(history, proposed).differences).toEqual([]);
    const removed = (entry: GrantEntry, minutes: number) => ({
      ...entry,
      removed: { commit: 'c', at: new Date(entry.startedAt.getTime() + minutes * 60_000), record: null },
    });
    const pair = historyWith(two);
    const [first, second] = pair.history.map(({ entry }) => entry);
    if (first === undefined || second === undefined) throw new Error('two grants');
    const policyAt = (tree: string) => pair.builder.policyValue(tree);
    const again = (minutes: number) => replay(historyOf([removed(first, minutes), second], policyAt), proposed);
    expect(again(0.5).differences).toEqual([]);
    expect(again(5).differences).toHaveLength(1);
  });
});

describe('what cannot be judged', () => {
  test('a policy that is gone', () => {
    const { history } = historyWith([STAGING]);
    const answer = replay(
      historyOf(
        history.map(({ entry }) => entry),
        () => null,
      ),
      policyOf(examplePolicyFiles()),
    );
    expect(answer).toEqual({
      replayed: 0,
      differences: [],
      unjudged: [{ grantId: 'staging', why: 'the policy that allowed it cannot be read any more' }],
    });
  });

  test('a record that names a rule which its policy lacks', () => {
    const answer = replayed([{ ...STAGING, rule: 'no-such-rule' }], {});
    expect(answer.unjudged).toMatchObject([{ why: expect.stringContaining('does not have its rule') }]);
  });
});

describe('a change of the policy', () => {
  type Files = ReturnType<typeof examplePolicyFiles>;

  function side(edit: PolicyEdit) {
    const files: Files = examplePolicyFiles();
    for (const [name, change] of Object.entries(edit))
      files.set(name, Buffer.from(change(Buffer.from(files.get(name) ?? []).toString())));
    return { policy: policyOf(files), files };
  }

  const change = (head: PolicyEdit, more: Partial<PolicyChange> = {}): PolicyChange => ({
    base: side({}),
    head: side(head),
    history: [],
    ...more,
  });

  const LAXER = rules('max_duration: 2h', 'max_duration: 6h');
  const TEST = 'tests/production.yaml';

  test('that changes nothing is silent', () => {
    expect(policyReport(change({}))).toEqual({ blocking: [], listed: [] });
    const [unknown] = policyReport(change({}, { teams: null })).listed;
    expect(unknown).toContain('GitHub does not say who is in the teams');
  });

  test('cannot go green while a test fails, and names it with its line', () => {
    const { blocking } = policyReport(change(LAXER));
    expect(blocking).toMatchObject([
      { code: 'policy-tests-fail', file: 'policies/tests/production.yaml', line: expect.any(Number) },
      { code: 'policy-tests-fail' },
    ]);
    expect(blocking[0]?.sentence).toBe(
      'Test "nobody gets admin for longer than two hours" fails: it expects "denied: too-long", and the policy says "allowed by rule "production-admin", approved 1 of team:incident-commanders".',
    );
  });

  test('is not compared with tests of the policy in force that cannot be read, and that is said', () => {
    const base = side({ 'tests/old.yaml': () => 'cases: 1\n' });
    expect(policyReport(change({}, { base })).listed).toEqual([
      'Tests of the policy in force cannot be read; they were not compared.',
    ]);
  });

  test('nor while a test cannot be read', () => {
    const { blocking } = policyReport(change({ 'tests/new.yaml': () => 'cases: 1\n' }));
    expect(blocking).toMatchObject([{ code: 'policy-tests-fail', file: 'policies/tests/new.yaml', line: 1 }]);
  });

  test('that brings its own expectation is listed with both', () => {
    const edit = {
      ...LAXER,
      [TEST]: (text: string) =>
        text
          .replace('duration: 2h1s', 'duration: 6h1s')
          .replace(
            /\{ account: prod-payments, role: admin, duration: 3h, incident: INC-1234 \}(\n.*\n) {4}expect: \{ denied: \[too-long\] \}/,
            (_, extended) =>
              `{ account: prod-payments, role: admin, duration: 3h, incident: INC-1234 }${extended}    expect:\n      allowed: production-admin\n      approvals: [{ count: 1, from: [team:incident-commanders] }]`,
          ),
    };
    const { blocking, listed } = policyReport(change(edit));
    expect(blocking).toEqual([]);
    expect(listed).toEqual([
      expect.stringMatching(
        /^Test "nobody gets admin for longer than two hours" \(@hubot \(sre\): admin on prod-payments for 2h1s\) expected "denied: too-long", and it would no longer hold: "allowed .*"; now \(.* for 6h1s\) it expects "denied: too-long"\.$/,
      ),
      expect.stringMatching(
        /^Test "not by extending it either" .* it would no longer hold.*now .* it expects "allowed by rule/,
      ),
    ]);
  });

  test('that takes tests out says which, and whether they would hold', () => {
    const { blocking, listed } = policyReport(
      change({
        ...LAXER,
        [TEST]: (text) => text.replace(/ {2}- name: nobody gets admin[\s\S]*?(?= {2}- name: but up to)/, ''),
      }),
    );
    expect(blocking).toEqual([]);
    expect(listed).toMatchObject(
      [/is taken out; it expects "denied: too-long", and it would no longer hold/, /taken out/].map((words) =>
        expect.stringMatching(words),
      ),
    );
    const kept = policyReport(
      change({ 'tests/staging.yaml': (text) => text.replace(/ {2}- name: IAM[\s\S]*?(?= {2}- name: somebody)/, '') }),
    );
    expect(kept.listed).toEqual([expect.stringMatching(/is taken out; .* it would still hold\.$/)]);
  });

  test('that asks for something else and expects the same is listed only where the policy no longer agrees', () => {
    const asks = (text: string) => text.replace('duration: 2h1s', 'duration: 2h2s');
    expect(policyReport(change({ [TEST]: asks })).listed).toEqual([]);
    const { listed } = policyReport(
      change({ ...LAXER, [TEST]: (text) => asks(text).replace('duration: 2h2s', 'duration: 7h') }),
    );
    expect(listed).toContainEqual(
      expect.stringMatching(
        /for 2h1s\) expected "denied: too-long", and it would no longer hold: .*; now \(.* for 7h\) it/,
      ),
    );
  });

  test('that keeps the words of a test and changes its facts is listed', () => {
    const edit = {
      'rules.yaml': (text: string) => text.replace(/request_ttl: 3h/, 'request_ttl: 5h'),
      [TEST]: (text: string) => text.replace('waited: 3h', 'waited: 5h'),
    };
    const { blocking, listed } = policyReport(change(edit));
    expect(blocking).toEqual([]);
    expect(listed).toEqual([
      'Test "a request lapses after three hours" expects "denied: request-lapsed" as before, but under other facts; under those of before it fails.',
    ]);
  });

  test('that leaves no owner is blocked, and other findings are listed when they are new', () => {
    const members = new Map([
      ['sre', new Set([1])],
      ['engineering', new Set<number>()],
      ['incident-commanders', new Set([2, 3])],
    ]);
    const edit = {
      'settings.yaml': (text: string) =>
        text.replace(
          /from: \[user:hubot-boss, user:octo-lead, team:incident-commanders\]/,
          'from: [user:octo-lead, team:engineering]',
        ),
      'rules.yaml': (text: string) => text.replace('max_per_day: 10', 'max_duration: 3d'),
    };
    const { blocking, listed } = policyReport(change(edit, { teams: { members, withChildTeams: new Set() } }));
    expect(blocking).toMatchObject([{ code: 'no-owner-can-approve', file: 'policies/settings.yaml', line: 3 }]);
    expect(listed).toEqual([expect.stringMatching(/^warning policies\/rules\.yaml:\d+ unbounded-duration: /)]);
  });

  test('shows what it would have decided otherwise, and no more than anybody reads', () => {
    const granted = Array.from({ length: 40 }, (_, i) => ({ ...ADMIN, id: `admin-${i}`, at: i * 200 }));
    const { history } = historyWith(granted, rules('max_per_day: 6', 'max_per_day: 60'));
    const edit = rules('name: production-admin', 'name: prod-admin');
    const { listed } = policyReport(change(edit, { history }));
    const differences = listed.filter((line) => line.startsWith('Grant '));
    expect(differences).toHaveLength(25);
    expect(differences[0]).toContain('now allowed by rule "prod-admin"');
    expect(listed.at(-1)).toBe('and 15 more: breakglass policy replay');
    const { listed: all } = policyReport(change(edit, { history: history.slice(0, 25) }));
    expect(all.filter((line) => line.startsWith('Grant '))).toHaveLength(25);
    expect(all.at(-1)).not.toContain('more:');
  });
});
