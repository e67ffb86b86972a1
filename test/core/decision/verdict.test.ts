// Every reason to refuse a pull request, and that an honest one has none.
import { describe, expect, test } from 'vitest';
import { judge } from '../../../app/core/decision/verdict.ts';
import { VIOLATION_CODES, type ViolationCode } from '../../../app/core/decision/violation.ts';
import type { Ledger } from '../../../app/core/ledger/ledger.ts';
import { parsePolicy } from '../../../app/core/policy/parse.ts';
import { HistoryBuilder, hash, REPOSITORY } from '../ledger/history-builder.ts';
import {
  type Asked,
  at,
  boss,
  bot,
  emptyLedger,
  facts,
  GRANT,
  grantText,
  hubot,
  memberships,
  octocat,
  outsider,
  PRODUCTION,
  pull,
  TEAMS,
  world,
} from './facts-builder.ts';

const text = (fields: Parameters<typeof grantText>[0]) =>
  `${grantText({ account: 'prod-payments', ...fields })}incident: INC-1\n`;
const test_ = (fields: Parameters<typeof grantText>[0] = {}) => grantText(fields);

/** A ledger with grants of octocat on staging, live from 03:00 for an hour each. */
function granted(...ids: readonly string[]): Ledger {
  const history = new HistoryBuilder();
  for (const id of ids) history.grant(id, 0);
  return history.ledger();
}

const live = granted('live-one');
const two = granted('live-one', 'live-two');
const longer = grantText({ duration: '2h' });
const extension = (asked: Asked = {}): Asked => ({
  id: 'live-one',
  text: longer,
  changes: [world.edit('live-one', asked.text ?? longer)],
  ledger: live,
  ...asked,
});
const owners = (asked: Asked = {}): Asked => ({
  change: { kind: 'owners', paths: ['policies/rules.yaml'], policies: true },
  mergedPolicy: { tree: hash('next'), policy: { kind: 'ok', value: emptyLedger.policy.value } },
  ...asked,
});
const removal = (id: string, asked: Asked = {}): Asked => ({
  changes: [world.remove(id)],
  ledger: live,
  removals: new Map([[id, { kind: 'live' }]]),
  ...asked,
});

const codes = (asked: Asked): readonly ViolationCode[] => {
  const verdict = judge(facts(asked));
  return verdict.kind === 'denied' ? verdict.violations.map((one) => one.code) : [];
};

const blockedBy = (code: 'policy-tests-fail' | 'no-owner-can-approve') => ({
  blocking: [
    {
      code,
      sentence: 'The test "x" fails: correct the policy or the test.',
      file: 'policies/tests/x.yaml',
      line: 1,
      column: 1,
    },
  ],
  listed: [],
});

const cases: Readonly<Record<ViolationCode, readonly (readonly [string, Asked])[]>> = {
  'nothing-changed': [['an empty pull request', { changes: [] }]],
  'mixed-change': [
    [
      'a workflow file and policies/',
      owners({ change: { kind: 'owners', paths: ['.github/workflows/x.yml', 'policies/rules.yaml'], policies: true } }),
    ],
    ['a grant and another file', { changes: [world.add('first'), { ...world.add('x'), path: 'README.md' }] }],
  ],
  'several-grants': [['two grants', { changes: [world.add('first'), world.add('second')] }]],
  'bad-path': [['an odd name', { changes: [{ ...world.add('first'), path: 'grants/First.yaml' }] }]],
  'not-a-plain-file': [['a symbolic link', { changes: [world.add('first', GRANT, { newMode: '120000' })] }]],
  'unreadable-grant': [
    ['not YAML', { text: 'reason: [' }],
    ['a key too many', { text: `${PRODUCTION}admin: true\n` }],
    ['a file that cannot be read', { grantFile: null }],
  ],
  draft: [
    ['a draft', { pull: pull({ draft: true }) }],
    ['a draft of the owners', owners({ pull: pull({ draft: true }) })],
    ['a draft that removes', removal('live-one', { pull: pull({ draft: true }) })],
  ],
  fork: [
    ['a fork', { pull: pull({ head: { ...pull().head, repositoryId: 7 } }) }],
    ['a deleted fork', { pull: pull({ head: { ...pull().head, repositoryId: null } }) }],
  ],
  'wrong-base': [
    ['another branch', { pull: pull({ base: { ...pull().base, ref: 'dev' } }) }],
    ['another repository', { pull: pull({ base: { ...pull().base, repositoryId: 7 } }) }],
  ],
  'author-unknown': [
    ['a ghost', { pull: pull({ author: null }) }],
    ['a ghost that removes', removal('live-one', { pull: pull({ author: null }) })],
  ],
  'not-the-requester': [
    ["another's request", { pull: pull({ author: hubot }) }],
    ['an extension by another', extension({ pull: pull({ author: { ...octocat, id: hubot.id } }) })],
  ],
  'id-used': [
    ['a live id', { id: 'live-one', ledger: live }],
    ['an id of a stray', { ledger: { ...emptyLedger, usedIds: new Set(['first']) } }],
  ],
  'unknown-account': [['a misspelt account', { text: text({ account: 'prod-paymnts' }) }]],
  'unknown-role': [['a misspelt role', { text: text({ role: 'admn' }) }]],
  'unknown-person': [
    [
      'a stranger',
      {
        text: text({ requester: 'outsider' }),
        pull: pull({ author: outsider }),
        membership: memberships({ sre: [outsider] }),
      },
    ],
    ['the login of a person under another id', { pull: pull({ author: { ...octocat, id: 1 } }) }],
  ],
  'person-without-aws': [
    ['a user that AWS does not have', { awsUser: 'no' }],
    [
      'an approver only',
      {
        text: text({ requester: 'hubot-boss' }),
        pull: pull({ author: boss }),
        membership: memberships({ sre: [boss] }),
      },
    ],
  ],
  'control-plane-account': [['the management account', { text: text({ account: 'management', role: 'read-only' }) }]],
  'no-rule': [
    ['a role that no rule gives here', { text: text({ role: 'identity-repair' }), membership: memberships({}) }],
  ],
  'membership-unknown': [
    [
      'GitHub does not say',
      { text: text({ role: 'identity-repair' }), membership: memberships({ ...TEAMS, sre: 'unknown' }) },
    ],
  ],
  'too-long': [
    ['past the rule', { text: text({ duration: '2h1s' }) }],
    ['an extension past the rule', extension({ text: grantText({ duration: '9h' }) })],
  ],
  'too-short': [['below the rule', { text: text({ duration: '14m59s' }) }]],
  'incident-required': [['no incident', { text: grantText({ account: 'prod-payments' }) }]],
  'too-many-live': [['a third one', { text: test_(), ledger: two }]],
  'too-many-today': [['as many as a day has', { ledger: manyToday(6) }]],
  'policy-too-large': [['a long role', { inlinePolicy: { characters: 10_241, limit: 10_240 } }]],
  'request-lapsed': [
    ['exactly at its time', { now: at(180) }],
    ['later', { now: at(181) }],
    ['an extension', extension({ pull: pull({ createdAt: at(-180) }) })],
  ],
  'not-live': [
    ['never granted', extension({ ledger: emptyLedger })],
    ['at the deadline', extension({ now: at(60) })],
    [
      'removed',
      extension({
        ledger: {
          ...live,
          grants: new Map(
            [...live.grants].map(([id, entry]) => [
              id,
              { ...entry, removed: { commit: hash('x'), at: at(1), record: null } },
            ]),
          ),
        },
      }),
    ],
  ],
  'extension-changes-more': [['another reason', extension({ text: grantText({ duration: '2h', reason: 'Other' }) })]],
  'extension-not-longer': [
    ['the same', extension({ text: `${GRANT}# again\n` })],
    ['shorter', extension({ text: grantText({ duration: '30m' }) })],
  ],
  'policy-diverged': [
    ['on top of a policy that a push brought', owners({ ledger: { ...emptyLedger, policyDiverged: true } })],
  ],
  'policy-unreadable': [
    ['a policy that does not parse', owners({ mergedPolicy: { tree: hash('x'), policy: parsePolicy(new Map()) } })],
    ['no policy at all', owners({ mergedPolicy: { tree: null, policy: parsePolicy(new Map()) } })],
    ['a merge that could not be read', owners({ mergedPolicy: null })],
  ],
  'policy-tests-fail': [['a policy whose own test fails', owners({ policyReport: blockedBy('policy-tests-fail') })]],
  'no-owner-can-approve': [['a policy without owners', owners({ policyReport: blockedBy('no-owner-can-approve') })]],
  'not-yours-to-remove': [['a live grant', removal('live-one')]],
  'not-a-grant': [['a file that the ledger does not know', removal('who-knows')]],
  'team-mismatch': [['a team made again', { teamProblems: ['Team "sre" is not the one that the owners meant.'] }]],
};

/** `count` grants under the first rule that ended within the last day. */
function manyToday(count: number): Ledger {
  const [entry] = live.grants.values();
  if (entry === undefined) throw new Error('one is needed');
  const ended = Array.from({ length: count }, (_, i) => ({
    ...entry,
    id: `g-${i}`,
    startedAt: at(-1434),
    deadline: at(-60),
    record: { ...entry.record, rule: 'production-admin' },
  }));
  return { ...emptyLedger, grants: new Map(ended.map((one) => [one.id, one])) };
}

describe('violations', () => {
  test('every code of the closed list has a case', () => {
    expect(Object.keys(cases).sort()).toEqual([...VIOLATION_CODES].sort());
    for (const [code, all] of Object.entries(cases)) expect(all.length, code).toBeGreaterThan(0);
  });

  test.each(Object.entries(cases).flatMap(([code, all]) => all.map(([name, asked]) => [code, name, asked] as const)))(
    '%s: %s',
    (code, _, asked) => {
      expect(codes(asked)).toContain(code);
    },
  );

  test('each one alone denies', () => {
    for (const [code, all] of Object.entries(cases))
      expect(
        all.some(([, asked]) => codes(asked).join() === code),
        code,
      ).toBe(true);
  });

  test('each is a sentence that ends, says something to do, and is said once', () => {
    for (const [code, all] of Object.entries(cases))
      for (const [name, asked] of all) {
        const verdict = judge(facts(asked));
        if (verdict.kind !== 'denied') throw new Error(`${code}: ${name} is allowed`);
        const said = verdict.violations.map((one) => one.sentence);
        expect(new Set(said).size, `${code}: ${name}`).toBe(said.length);
        for (const sentence of said) expect(sentence, `${code}: ${name}`).toMatch(/^\S.{15,}\S$/s);
      }
  });

  test('all of them are told at once', () => {
    const asked: Asked = {
      pull: pull({ draft: true }),
      text: grantText({ account: 'prod-payments', duration: '3h' }),
      teamProblems: ['A team is wrong.'],
      now: at(300),
    };
    expect([...codes(asked)].sort()).toEqual([
      'draft',
      'incident-required',
      'request-lapsed',
      'team-mismatch',
      'too-long',
    ]);
  });

  test('a problem of the file names its place', () => {
    const verdict = judge(facts({ text: `${PRODUCTION}admin: true\n` }));
    expect(verdict).toMatchObject({
      violations: [{ code: 'unreadable-grant', file: 'grants/first.yaml', line: 7, column: 1 }],
    });
  });
});

describe('sentences', () => {
  test.each<readonly [string, Asked, string]>([
    [
      'too-long',
      { text: text({ duration: '3h' }) },
      'Rule "production-admin" allows at most 2h; this asks for 3h. Write a shorter duration.',
    ],
    [
      'incident',
      { text: grantText({ account: 'prod-payments' }) },
      'Rule "production-admin" needs an incident. Add a line such as: incident: INC-1234',
    ],
    [
      'account',
      { text: text({ account: 'prod-paymnts' }) },
      'There is no account "prod-paymnts" in policies/accounts.yaml. Did you mean "prod-payments"?',
    ],
    [
      'id',
      { id: 'live-one', ledger: live },
      'The id "live-one" was used before; an id is granted once in all history. Rename the file, for example to live-one-2.yaml.',
    ],
    [
      'requester',
      { pull: pull({ author: hubot }) },
      'The requester is "octocat", but this pull request was opened by "hubot". Whoever needs the access opens the request.',
    ],
    [
      'live',
      { text: test_(), ledger: two },
      'Rule "test-admin" allows 2 live at a time, and "live-one" is live. Extend that one, or end it with /revoke on its request.',
    ],
    [
      'ended',
      extension({ now: at(60) }),
      'Grant "live-one" cannot be extended: deadline 2026-11-22T04:00:00Z. Open a new request.',
    ],
  ])('%s', (_, asked, sentence) => {
    const verdict = judge(facts(asked));
    expect(verdict.kind === 'denied' && verdict.violations.map((one) => one.sentence)).toContain(sentence);
  });
});

describe('allowed', () => {
  const allowed = (asked: Asked) => {
    const verdict = judge(facts(asked));
    if (verdict.kind === 'denied') throw new Error(JSON.stringify(verdict.violations));
    return verdict.allowed;
  };

  test('an honest request, with its rule and what approvers must know', () => {
    expect(allowed({})).toMatchObject({
      kind: 'grant',
      rule: { name: 'production-admin' },
      warnings: ['Touches cardholder data. Tell the PCI officer.'],
      extends: null,
    });
    expect(allowed({ text: text({ role: 'identity-repair', duration: '1h' }) })).toMatchObject({
      rule: { name: 'production-identity-repair' },
      warnings: [
        expect.any(String),
        'Role "identity-repair" drops the guard "no-persistence": what it creates or assumes may outlive the deadline.',
      ],
    });
  });

  test('the access that is signed is that of the merge, whenever it was judged', () => {
    const [now, later] = [allowed({}), allowed({ now: at(30) })];
    expect(now.kind === 'grant' && now.access).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(later).toMatchObject({ access: now.kind === 'grant' ? now.access : '' });
  });

  test('an extension signs the access of the grant, not of a later policy', () => {
    const history = new HistoryBuilder();
    history.grant('live-one', 0);
    const before = allowed(extension({ ledger: history.ledger() }));
    const tree = history.policy({
      'roles.yaml': (yaml) => yaml.replace('guards: [no-persistence, no-hiding]', 'guards: []'),
    });
    history.merge(1, history.change(tree), { policiesTree: tree });
    const after = allowed(extension({ ledger: history.ledger() }));
    expect(before).toMatchObject({ kind: 'extension', extends: { id: 'live-one' } });
    expect(after).toMatchObject({ kind: 'extension', access: before.kind === 'extension' ? before.access : '' });
  });

  test('bounds are inclusive, logins have no case, a lapse has one second left', () => {
    for (const asked of [
      { text: text({ duration: '2h' }) },
      { text: text({ duration: '15m' }) },
      { text: text({ requester: 'OctoCat' }) },
      { now: at(180 - 1 / 60) },
    ])
      expect(codes(asked)).toEqual([]);
  });

  test('budgets count a person and a rule, and neither ended grants nor older days', () => {
    expect(codes({ text: test_(), ledger: live })).toEqual([]);
    expect(codes({ text: test_(), ledger: two, now: at(60) })).toEqual([]);
    expect(codes({ ledger: two })).toEqual([]);
    expect(codes({ text: test_({ requester: 'hubot' }), pull: pull({ author: hubot }), ledger: two })).toEqual([]);
    expect(codes({ ledger: manyToday(5) })).toEqual([]);
    expect(codes({ ledger: manyToday(6), now: at(6) })).toEqual([]);
    expect(codes(extension({ ledger: two }))).toEqual([]);
  });

  test('what owners keep: their own entry decides, and a wrong team does not keep them from correcting it', () => {
    const asked = owners({ teamProblems: ['Team "sre" is not the one that the owners meant.'] });
    expect(allowed(asked)).toMatchObject({ kind: 'owners', policies: hash('next'), owners: { count: 2 } });
  });

  test('a change is for the owners in force, never for those that it brings', () => {
    const { value } = emptyLedger.policy;
    const mine = { count: 1, from: [{ kind: 'user', login: 'outsider', id: outsider.id }] } as const;
    const brought = { ...value, settings: { ...value.settings, owners: mine } };
    const asked = owners({ mergedPolicy: { tree: hash('next'), policy: { kind: 'ok', value: brought } } });
    expect(allowed(asked)).toMatchObject({ kind: 'owners', owners: value.settings.owners });
    expect(value.settings.owners).not.toEqual(mine);
  });

  test('owners may put a diverged policy back', () => {
    const tree = emptyLedger.policy.tree;
    const back = owners({
      ledger: { ...emptyLedger, policyDiverged: true },
      mergedPolicy: { tree, policy: { kind: 'ok', value: emptyLedger.policy.value } },
    });
    expect(allowed(back)).toMatchObject({ kind: 'owners', policies: tree });
  });

  test('a bot may open what the owners keep, never a request', () => {
    expect(allowed(owners({ pull: pull({ author: bot }) })).kind).toBe('owners');
    expect(codes({ pull: pull({ author: { ...octocat, type: 'Bot' } }) })).toContain('not-the-requester');
  });

  test('a removal of what has ended, of a stray, of several', () => {
    const waiting = { kind: 'waiting', sentence: 'ended' } as const;
    expect(allowed(removal('live-one', { removals: new Map([['live-one', waiting]]) }))).toEqual({
      kind: 'removal',
      ids: ['live-one'],
    });
    const stray = {
      id: 'stray',
      path: 'grants/stray.yaml',
      commit: hash('x'),
      at: at(0),
      blob: hash('y'),
      reason: 'pushed',
    };
    const both: Asked = {
      changes: [world.remove('live-one'), world.remove('stray')],
      ledger: { ...live, strays: [stray] },
      removals: new Map([['live-one', waiting]]),
    };
    expect(allowed(both)).toEqual({ kind: 'removal', ids: ['live-one', 'stray'] });
  });

  test('the repository is known by its number', () => {
    expect(pull().base.repositoryId).toBe(REPOSITORY);
    expect(codes({ configured: { repositoryId: 8, branch: 'main' } })).toEqual(
      expect.arrayContaining(['fork', 'wrong-base']),
    );
  });
});
