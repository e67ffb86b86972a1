// Every fact of a decision as `breakglass explain` shows it: what it was, and where anybody can look it up.
import { describe, expect, test } from 'vitest';
import { type Fact, factsOf } from '../../../app/core/decision/provenance.ts';
import type { PolicyReport } from '../../../app/core/policy/policy-test-report.ts';
import { hash, REPOSITORY } from '../ledger/history-builder.ts';
import {
  type Asked,
  app,
  at,
  boss,
  comment,
  emptyLedger,
  facts,
  HEAD,
  hubot,
  octocat,
  pull,
  push,
  review,
  world,
  ZERO,
} from './facts-builder.ts';

const AT = '/repos/acme/access';
const PULL = `GET ${AT}/pulls/42`;

function listed(asked: Asked = {}, seen: { readonly mergeBase?: string | null } = {}): readonly Fact[] {
  return factsOf({
    repository: { owner: 'acme', name: 'access' },
    seen: {
      tip: hash('tip'),
      mergeBase: hash('merge base'),
      answers: {
        teams: [
          { team: 'sre', wanted: 11, actual: 11 },
          { team: 'gone', wanted: null, actual: null },
        ],
        people: [{ team: 'sre', login: 'octocat', userId: 583231, answer: 'member' }],
      },
      ...seen,
    },
    facts: facts(asked),
  });
}

const REPORT: PolicyReport = {
  blocking: [{ code: 'policy-tests-fail', sentence: 'The test "x" fails.', file: 'x.yaml', line: 1, column: 1 }],
  listed: [],
};

/** The facts of that name alone. */
const named = (name: string, asked: Asked, seen: { readonly mergeBase?: string | null } = {}) =>
  listed(asked, seen).filter(({ fact }) => fact === name);

test('a plain request, whole and in order', () => {
  const blob = world.blob(
    'requester: octocat\naccount: prod-payments\nrole: admin\nduration: 1h\nreason: Testing\nincident: INC-1\n',
  );
  const { policy } = emptyLedger;
  expect(listed()).toEqual([
    { fact: 'time', value: '2026-11-22T03:05:00Z', from: "GitHub's Date header" },
    { fact: 'author', value: 'octocat (User 583231)', from: PULL },
    { fact: 'opened', value: '2026-11-22T03:00:00Z', from: PULL },
    { fact: 'opened again', value: 'never', from: `GET ${AT}/issues/42/events` },
    { fact: 'draft', value: 'no', from: PULL },
    { fact: 'into', value: `main of repository ${REPOSITORY}`, from: PULL },
    {
      fact: 'head',
      value: `${HEAD} on grant-me of repository ${REPOSITORY}`,
      from: `${PULL}; refs/pull/42/head of the mirror is the same`,
    },
    { fact: 'the app', value: `App 77, user ${app.id}`, from: 'GET /app' },
    { fact: 'served', value: `main of repository ${REPOSITORY}`, from: "the app's configuration" },
    { fact: 'tip', value: hash('tip'), from: 'refs/heads/main of the mirror' },
    { fact: 'merge base', value: hash('merge base'), from: 'git merge-base of tip and head' },
    {
      fact: 'change',
      value: `request: grants/first.yaml, blob ${blob}`,
      from: 'git diff-tree from the merge base to the head',
    },
    {
      fact: 'ledger',
      value: `position 0, commit ${emptyLedger.tip}: 0 grants, 0 strays, 0 ids used`,
      from: 'first-parent history from the configured genesis, signatures verified',
    },
    {
      fact: 'policy in force',
      value: `tree ${policy.tree} of commit ${policy.commit}`,
      from: 'the last authorized policy commit of the ledger',
    },
    {
      fact: 'push',
      value: `branch_creation by octocat (User 583231) 2026-11-22T02:59:00Z: ${ZERO} to ${HEAD}`,
      from: `GET ${AT}/activity?ref=refs/heads/grant-me`,
    },
    { fact: 'team sre', value: 'id 11; settings.yaml says 11', from: 'GET /orgs/acme/teams/sre' },
    { fact: 'team gone', value: 'id none; settings.yaml says none', from: 'GET /orgs/acme/teams/gone' },
    {
      fact: 'membership',
      value: 'octocat (583231) in sre: member',
      from: 'GET /orgs/acme/teams/sre/memberships/octocat',
    },
    {
      fact: 'inline policy',
      value: '1000 characters of 10240',
      from: 'rendered from the policy in force',
    },
    { fact: 'user in AWS', value: 'not asked', from: 'identitystore:DescribeUser' },
  ]);
});

describe('what may be otherwise', () => {
  test.each<readonly [string, string, Asked]>([
    ['author', 'unknown', { pull: pull({ author: null }) }],
    ['opened again', '2026-11-22T03:02:00Z', { reopenedAt: at(2) }],
    ['draft', 'yes', { pull: pull({ draft: true }) }],
    [
      'head',
      `${HEAD} on grant-me of repository unknown`,
      { pull: pull({ head: { ...pull().head, repositoryId: null } }) },
    ],
    [
      'policy in force',
      `tree ${emptyLedger.policy.tree} of commit ${emptyLedger.policy.commit}; policies/ on the branch is another`,
      { ledger: { ...emptyLedger, policyDiverged: true } },
    ],
    [
      'policy after the merge',
      `tree ${hash('next')}, parses`,
      { mergedPolicy: { tree: hash('next'), policy: { kind: 'ok', value: emptyLedger.policy.value } } },
    ],
    [
      'policy after the merge',
      'tree none, does not parse',
      {
        mergedPolicy: {
          tree: null,
          policy: { kind: 'invalid', problems: [{ file: 'policies', line: 0, column: 0, message: 'None.' }] },
        },
      },
    ],
    ['inline policy', 'not asked', { inlinePolicy: null }],
    ['user in AWS', 'no', { awsUser: 'no' }],
    ['removal of first', 'live', { removals: new Map([['first', { kind: 'live' }]]) }],
    [
      'removal of first',
      'waiting: It is being removed.',
      { removals: new Map([['first', { kind: 'waiting', sentence: 'It is being removed.' }]]) },
    ],
    [
      'removal of first',
      'proven: requests 1 2',
      { removals: new Map([['first', { kind: 'proven', ended: 'deadline', proof: 'requests 1 2' }]]) },
    ],
    ['policy: policy-tests-fail', 'The test "x" fails.', { policyReport: REPORT }],
    [
      'change',
      `removal: grants/first.yaml, blob ${world.remove('first').oldBlob}; grants/second.yaml, blob ${world.remove('second').oldBlob}`,
      { changes: [world.remove('first'), world.remove('second')] },
    ],
    [
      'change',
      "owners' ground: README.md, policies/rules.yaml",
      { change: { kind: 'owners', paths: ['README.md', 'policies/rules.yaml'], policies: true } },
    ],
    [
      'change',
      'refused: draft, fork',
      {
        change: {
          kind: 'refused',
          violations: [
            { code: 'draft', sentence: 'A draft.' },
            { code: 'fork', sentence: 'A fork.' },
          ],
        },
      },
    ],
    ['change', 'refused: several-grants', { changes: [world.add('first'), world.add('second')] }],
    [
      'push',
      `push by unknown 2026-11-22T03:03:00Z: ${HEAD} to ${hash('next')}`,
      { pushes: [push({ actor: null, at: at(3), before: HEAD, after: hash('next'), kind: 'push' })] },
    ],
  ])('%s: %s', (fact, value, asked) => {
    expect(named(fact, asked).map((one) => one.value)).toEqual([value]);
  });

  test('no merge base', () => {
    expect(named('merge base', {}, { mergeBase: null })[0]?.value).toBe('none');
  });

  test('each of these has its source', () => {
    const sources = [
      named('policy after the merge', {
        mergedPolicy: { tree: null, policy: { kind: 'ok', value: emptyLedger.policy.value } },
      }),
      named('removal of first', { removals: new Map([['first', { kind: 'live' }]]) }),
      named('policy: policy-tests-fail', { policyReport: REPORT }),
    ];
    expect(sources.flat().map(({ from }) => from)).toEqual([
      'git merge-tree of tip and head',
      'the ledger, and what this process knows of AWS',
      'policy tests and lint, of base and of the merge',
    ]);
  });
});

test('a team of which only its own members count is asked otherwise', () => {
  const answers = {
    teams: [{ team: 'sre', wanted: 11, actual: 'unknown', directOnly: true }],
    people: [{ team: 'sre', login: 'octocat', userId: 583231, answer: 'unknown' }],
  } as const;
  const from = 'POST /graphql, members(membership: IMMEDIATE) of the team';
  const { tip, mergeBase } = { tip: hash('tip'), mergeBase: null };
  const repository = { owner: 'acme', name: 'access' };
  const shown = factsOf({ repository, seen: { tip, mergeBase, answers }, facts: facts() });
  expect(shown.filter((one) => one.from === from)).toEqual([
    { fact: 'team sre', value: 'id unknown; settings.yaml says 11', from },
    { fact: 'membership', value: 'octocat (583231) in sre: unknown', from },
  ]);
});

describe('what people said', () => {
  test.each<readonly [string, Parameters<typeof comment>]>([
    ['octocat (User 583231) 2026-11-22T03:01:00Z: "Hello"', ['Hello', octocat]],
    ['unknown 2026-11-22T03:01:00Z: "Hello"', ['Hello', null]],
    ['hubot (User 480938) by App 9 2026-11-22T03:01:00Z: "Hello"', ['Hello', hubot, { appId: 9 }]],
    [
      'hubot (User 480938) 2026-11-22T03:01:00Z, edited 2026-11-22T03:04:00Z: "Hello"',
      ['Hello', hubot, { updatedAt: at(4) }],
    ],
    [
      String.raw`hubot (User 480938) 2026-11-22T03:01:00Z: "a b \u001b[31m \"c\""`,
      [' a\n\n b \u001b[31m "c"\n', hubot],
    ],
    [`hubot (User 480938) 2026-11-22T03:01:00Z: "${'a'.repeat(80)}"`, ['a'.repeat(80), hubot]],
    [`hubot (User 480938) 2026-11-22T03:01:00Z: "${'a'.repeat(79)}…"`, ['a'.repeat(81), hubot]],
  ])('%s', (value, written) => {
    const one = comment(...written);
    expect(named(`comment ${one.nodeId}`, { comments: [one] })).toEqual([
      { fact: `comment ${one.nodeId}`, value, from: `GET ${AT}/issues/42/comments` },
    ]);
  });

  test('reviews, with their state', () => {
    const [one, pending] = [review('APPROVED', boss), { ...review('PENDING', boss), submittedAt: null }];
    const from = `GET ${AT}/pulls/42/reviews`;
    expect(listed({ reviews: [one, pending] }).filter(({ fact }) => fact.startsWith('review'))).toEqual([
      { fact: `review ${one.nodeId}`, value: 'APPROVED by hubot-boss (User 1234567) 2026-11-22T03:01:00Z', from },
      { fact: `review ${pending.nodeId}`, value: 'PENDING by hubot-boss (User 1234567) ', from },
    ]);
  });
});
