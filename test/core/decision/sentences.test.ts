// What people are told when a pull request is refused, held word for word: it is all that they have to go by.
import { describe, expect, test } from 'vitest';
import { judge } from '../../../app/core/decision/verdict.ts';
import { type Violation, violation } from '../../../app/core/decision/violation.ts';
import type { Ledger } from '../../../app/core/ledger/ledger.ts';
import { HistoryBuilder, hash } from '../ledger/history-builder.ts';
import {
  type Asked,
  at,
  boss,
  commander,
  emptyLedger,
  facts,
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

function told(asked: Asked): readonly Violation[] {
  const verdict = judge(facts(asked));
  return verdict.kind === 'denied' ? verdict.violations : [];
}

const production = (fields: Parameters<typeof grantText>[0]) =>
  `${grantText({ account: 'prod-payments', ...fields })}incident: INC-1\n`;

const history = new HistoryBuilder();
history.grant('live-one', 0);
const live = history.ledger();
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

describe('a pull request', () => {
  test.each<readonly [Asked, string, string]>([
    [
      { pull: pull({ author: null }) },
      'author-unknown',
      'GitHub does not say who opened this pull request. Open it again from a live account.',
    ],
    [
      { pull: pull({ head: { ...pull().head, repositoryId: 7 } }) },
      'fork',
      'Requests come from a branch of this repository, not from a fork. Push the branch here and open it again.',
    ],
    [
      { pull: pull({ base: { ...pull().base, ref: 'dev' } }) },
      'wrong-base',
      'This pull request must go into "main". Change its base branch.',
    ],
    [{ pull: pull({ draft: true }) }, 'draft', 'This pull request is a draft. Press "Ready for review".'],
    [{ changes: [] }, 'nothing-changed', 'This pull request changes nothing.'],
  ])('%#', (asked, code, sentence) => {
    expect(told(asked)).toContainEqual({ code, sentence });
  });
});

describe('a request', () => {
  test.each<readonly [Asked, string, string]>([
    [{ grantFile: null }, 'unreadable-grant', 'The grant file cannot be read.'],
    [
      { pull: pull({ author: hubot }) },
      'not-the-requester',
      'The requester is "octocat", but this pull request was opened by "hubot". Whoever needs the access opens the request.',
    ],
    [
      {
        text: production({ requester: 'outsider' }),
        pull: pull({ author: outsider }),
        membership: memberships({ sre: [outsider] }),
      },
      'unknown-person',
      '@outsider (GitHub id 9009) is not in policies/people.yaml. The owners add people there.',
    ],
    [
      { awsUser: 'no' },
      'person-without-aws',
      'IAM Identity Center has no user for @octocat under the id in policies/people.yaml. The owners must correct the key aws there.',
    ],
    [
      {
        text: production({ requester: 'hubot-boss' }),
        pull: pull({ author: boss }),
        membership: memberships({ sre: [boss] }),
      },
      'person-without-aws',
      '"hubot-boss" has no Identity Center user in policies/people.yaml. Ask the owners to add the key aws.',
    ],
    [
      { text: production({ role: 'admn' }) },
      'unknown-role',
      'There is no role "admn" in policies/roles.yaml. Did you mean "admin"?',
    ],
    [
      { inlinePolicy: { characters: 10_241, limit: 10_240 } },
      'policy-too-large',
      'Role "admin" makes an inline policy of 10241 characters; AWS takes 10240. The owners must shorten the role in policies/roles.yaml.',
    ],
    [{ teamProblems: ['Team "sre" is not it.'] }, 'team-mismatch', 'Team "sre" is not it.'],
    [
      { text: production({ duration: '14m59s' }) },
      'too-short',
      'Rule "production-admin" grants at least 15m; this asks for 14m59s. Write a longer duration; you can end it early with /revoke.',
    ],
    [{ now: at(180) }, 'request-lapsed', 'This request lapsed 3h after it was opened. Open a new one.'],
    [
      { text: production({ role: 'identity-repair' }), membership: memberships({ ...TEAMS, sre: 'unknown' }) },
      'membership-unknown',
      'GitHub does not say whether @octocat is in team sre, which rule "production-identity-repair" asks. This is judged again by itself within a minute.',
    ],
  ])('%#', (asked, code, sentence) => {
    expect(told(asked).map((one) => [one.code, one.sentence])).toContainEqual([code, sentence]);
  });

  test('names its file where a line of it is wrong', () => {
    for (const asked of [{ grantFile: null }, { text: production({ role: 'admn' }) }])
      expect(told(asked).map(({ file }) => file)).toEqual(['grants/first.yaml']);
  });

  test('whom no rule lets is told the closest one, and where there is none nothing of it', () => {
    const [closest] = told({ text: production({ role: 'identity-repair' }), membership: memberships({}) });
    expect(closest?.sentence).toMatch(
      /^No rule lets @octocat have identity-repair on prod-payments\. The closest rule is "production-identity-repair": .+\.$/,
    );
    const none = { ...emptyLedger.policy.value, rules: [] };
    const [only] = told({ ledger: { ...emptyLedger, policy: { ...emptyLedger.policy, value: none } } });
    expect(only?.sentence).toBe('No rule lets @octocat have admin on prod-payments.');
  });

  test('a long id is shortened in what is proposed instead', () => {
    const id = `a${'b'.repeat(62)}`;
    const [said] = told({ id, ledger: { ...emptyLedger, usedIds: new Set([id]) } });
    expect(said?.sentence).toBe(
      `The id "${id}" was used before; an id is granted once in all history. Rename the file, for example to a${'b'.repeat(59)}-2.yaml.`,
    );
  });

  test('what a day allows', () => {
    const [entry] = live.grants.values();
    if (entry === undefined) throw new Error('one is needed');
    const ended = Array.from({ length: 6 }, (_, i) => ({
      ...entry,
      id: `g-${i}`,
      startedAt: at(-1434),
      deadline: at(-60),
      record: { ...entry.record, rule: 'production-admin' },
    }));
    const ledger: Ledger = { ...emptyLedger, grants: new Map(ended.map((one) => [one.id, one])) };
    expect(told({ ledger })).toEqual([
      {
        code: 'too-many-today',
        sentence: 'Rule "production-admin" allows 6 in 24 hours, and there were 6. Ask the owners.',
      },
    ]);
    // Exactly a day ago is not within a day.
    const lastDay = at(-1434 + 1440);
    expect(told({ ledger, now: lastDay })).toEqual([]);
  });

  test('what somebody revoked is not live', () => {
    const two = new HistoryBuilder();
    two.grant('live-one', 0);
    two.grant('live-two', 0);
    const asked: Asked = { text: grantText({}), ledger: two.ledger() };
    expect(told(asked).map(({ code }) => code)).toEqual(['too-many-live']);
    expect(told({ ...asked, revoked: (id) => (id === 'live-two' ? 'revoked by octocat' : undefined) })).toEqual([]);
  });
});

describe('an extension', () => {
  test.each<readonly [Asked, string, string]>([
    [
      extension({ ledger: emptyLedger }),
      'not-live',
      'Grant "live-one" cannot be extended: it was never granted. Open a new request.',
    ],
    [
      extension({ revoked: () => 'revoked by octocat (583231)' }),
      'not-live',
      'Grant "live-one" cannot be extended: revoked by octocat (583231). Open a new request.',
    ],
    [
      extension({ text: grantText({ duration: '2h', reason: 'Other' }) }),
      'extension-changes-more',
      'An extension raises the duration and changes nothing else. Put the other lines back.',
    ],
    [
      extension({ text: `${grantText({})}# again\n` }),
      'extension-not-longer',
      'An extension must raise the duration; it is 1h now.',
    ],
    [
      extension({ pull: pull({ author: { ...octocat, id: hubot.id } }) }),
      'not-the-requester',
      'Only @octocat may ask to extend this grant.',
    ],
  ])('%#', (asked, code, sentence) => {
    expect(told(asked)).toContainEqual({ code, sentence });
  });
});

describe("the owners' ground", () => {
  const commit = emptyLedger.policy.commit.slice(0, 12);
  test.each<readonly [Asked, Violation]>([
    [
      owners({ change: { kind: 'owners', paths: ['.github/workflows/x.yml', 'policies/rules.yaml'], policies: true } }),
      {
        code: 'mixed-change',
        sentence:
          'Workflow files and policies/ go into pull requests of their own: only a person can merge the first, only the app the second.',
      },
    ],
    [
      owners({ mergedPolicy: null }),
      { code: 'policy-unreadable', sentence: 'After this merge there would be no policies/ folder. Keep it.' },
    ],
    [
      owners({
        mergedPolicy: {
          tree: hash('x'),
          policy: { kind: 'invalid', problems: [{ file: 'policies/a.yaml', line: 3, column: 4, message: 'Wrong.' }] },
        },
      }),
      { code: 'policy-unreadable', sentence: 'Wrong.', file: 'policies/a.yaml', line: 3, column: 4 },
    ],
    [
      owners({ ledger: { ...emptyLedger, policyDiverged: true } }),
      {
        code: 'policy-diverged',
        sentence: `policies/ on the branch is not the policy in force (that of commit ${commit}). First open a pull request that puts it back: git restore --source ${commit} policies`,
      },
    ],
  ])('%#', (asked, violation) => {
    expect(told(asked)).toEqual([violation]);
  });

  test('workflow files alone, and policies/ alone, are no mixture', () => {
    const change = (paths: readonly string[], policies: boolean): Asked =>
      owners({ change: { kind: 'owners', paths, policies } });
    expect(told(change(['.github/workflows/x.yml'], false))).toEqual([]);
    expect(told(change(['policies/rules.yaml', 'README.md'], true))).toEqual([]);
  });
});

test('a violation has a file only where it is about one', () => {
  expect(violation('draft', 'A draft.')).toStrictEqual({ code: 'draft', sentence: 'A draft.' });
  expect(violation('draft', 'A draft.', 'x')).toStrictEqual({ code: 'draft', sentence: 'A draft.', file: 'x' });
});

test('a removal', () => {
  const removal = (id: string): Asked => ({
    changes: [world.remove(id)],
    ledger: live,
    removals: new Map([[id, { kind: 'live' }]]),
  });
  expect(told(removal('who-knows'))).toEqual([
    {
      code: 'not-a-grant',
      sentence: 'grants/who-knows.yaml is no grant that this ledger knows.',
      file: 'grants/who-knows.yaml',
    },
  ]);
  expect(told(removal('live-one'))).toEqual([
    {
      code: 'not-yours-to-remove',
      sentence:
        'Grant "live-one" is live. It may be ended by its requester, an approver of its rule or a revoker; ask one of them, or let its deadline pass.',
      file: 'grants/live-one.yaml',
    },
  ]);
});

test('a request of somebody who is no user names the mismatch, whatever the file says', () => {
  const bot = { ...commander, type: 'Bot' };
  expect(told({ text: PRODUCTION.replace('octocat', 'commander'), pull: pull({ author: bot }) })).toContainEqual({
    code: 'not-the-requester',
    sentence:
      'The requester is "commander", but this pull request was opened by "commander". Whoever needs the access opens the request.',
  });
});
