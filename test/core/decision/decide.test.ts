// Verdict and approval together: the phase, the colour of the check, and the record to be signed.
import { describe, expect, test } from 'vitest';
import { conclusionOf, decide, entriesOf, type Phase } from '../../../app/core/decision/decide.ts';
import type { RemovalState } from '../../../app/core/decision/facts.ts';
import { HistoryBuilder, hash, REPOSITORY } from '../ledger/history-builder.ts';
import {
  type Asked,
  at,
  boss,
  commander,
  comment,
  emptyLedger,
  facts,
  grantText,
  HEAD,
  hubot,
  lead,
  octocat,
  PRODUCTION,
  pull,
  push,
  world,
} from './facts-builder.ts';

const APPROVE = '/approve-emergency';
const phase = (asked: Asked) => decide(facts(asked)).phase;
const owners: Asked = {
  change: { kind: 'owners', paths: ['policies/rules.yaml'], policies: true },
  mergedPolicy: { tree: hash('next'), policy: { kind: 'ok', value: emptyLedger.policy.value } },
};
const history = new HistoryBuilder();
history.grant('live-one', 0);
const live = history.ledger();

const cases: readonly (readonly [string, Asked, Phase['kind'], ReturnType<typeof conclusionOf>])[] = [
  ['nobody said anything', {}, 'waiting', 'action_required'],
  ['approved', { comments: [comment(APPROVE)] }, 'approved', 'success'],
  ['approved by the rule itself', { text: grantText({ account: 'staging' }) }, 'approved', 'success'],
  ['denied', { text: grantText({ account: 'prod-payments' }), comments: [comment(APPROVE)] }, 'denied', 'failure'],
  ['a draft, approved', { pull: pull({ draft: true }), comments: [comment(APPROVE)] }, 'denied', 'failure'],
  ['rejected', { comments: [comment('/reject')] }, 'closed', 'failure'],
  ['the request lapsed', { comments: [comment(APPROVE)], now: at(180) }, 'closed', 'failure'],
  ['the approval lapsed', { comments: [comment(APPROVE)], now: at(16) }, 'closed', 'failure'],
  ["another's push", { comments: [comment(APPROVE)], pushes: [push({ actor: hubot })] }, 'unapprovable', 'failure'],
  ['no push log yet', { comments: [comment(APPROVE)], pushes: [] }, 'unapprovable', 'action_required'],
  ["the owners' ground, one of two", { ...owners, comments: [comment(APPROVE, boss)] }, 'waiting', 'action_required'],
  [
    "the owners' ground, both",
    { ...owners, comments: [comment(APPROVE, boss), comment(APPROVE, lead)] },
    'approved',
    'success',
  ],
  [
    'a workflow file, approved by both: a person merges it',
    {
      ...owners,
      change: { kind: 'owners', paths: ['.github/workflows/ci.yml'], policies: false },
      comments: [comment(APPROVE, boss), comment(APPROVE, lead)],
    },
    'by-hand',
    'success',
  ],
  [
    "the owners' ground, both, days ago",
    { ...owners, comments: [comment(APPROVE, boss), comment(APPROVE, lead)], now: at(6 * 1440) },
    'approved',
    'success',
  ],
  [
    "the owners' ground, both, a week ago",
    { ...owners, comments: [comment(APPROVE, boss), comment(APPROVE, lead)], now: at(7 * 1440 + 1) },
    'closed',
    'failure',
  ],
];

test.each(cases)('%s: %s', (_, asked, kind, colour) => {
  const decision = decide(facts(asked));
  expect(decision.phase.kind).toBe(kind);
  expect(conclusionOf(decision.phase)).toBe(colour);
});

test('nothing but an approval of an allowed change is green, and nothing is grey', () => {
  for (const [, asked] of cases) {
    const { verdict, approval, phase: now } = decide(facts(asked));
    const colour = conclusionOf(now);
    expect(['success', 'failure', 'action_required']).toContain(colour);
    expect(colour === 'success').toBe(verdict.kind === 'allowed' && approval?.kind === 'approved');
  }
});

describe('what is to be signed', () => {
  test('a grant: all but the moment', () => {
    const said = comment(APPROVE, commander, { nodeId: 'IC_x' });
    expect(phase({ comments: [said] })).toEqual({
      kind: 'approved',
      title: 'Grant admin on prod-payments to @octocat for 1h (#42)',
      draft: {
        kind: 'grant',
        seconds: 3600,
        startedAt: null,
        record: {
          kind: 'grant',
          repositoryId: REPOSITORY,
          pullRequest: 42,
          grantId: 'first',
          grantBlob: world.blob(PRODUCTION),
          requester: { login: 'octocat', id: 583231 },
          reason: 'Testing',
          incident: 'INC-1',
          access: expect.stringMatching(/^sha256:/),
          approvedBy: [{ login: 'commander', id: 7001, nodeId: 'IC_x', at: '2026-11-22T03:01:00Z' }],
          approvedHead: HEAD,
          policies: emptyLedger.policy.tree,
          rule: 'production-admin',
        },
      },
    });
  });

  test('an extension keeps the first start', () => {
    const text = grantText({ duration: '2h' });
    const asked: Asked = { id: 'live-one', text, changes: [world.edit('live-one', text)], ledger: live };
    expect(phase(asked)).toMatchObject({
      title: 'Extend admin on staging to @octocat to 2h (#42)',
      draft: { kind: 'grant', seconds: 7200, startedAt: at(0), record: { kind: 'extension', grantId: 'live-one' } },
    });
  });

  test("the owners' change names the tree of the merge", () => {
    const asked = { ...owners, comments: [comment(APPROVE, boss), comment(APPROVE, lead, { minutes: 2 })] };
    expect(phase(asked)).toMatchObject({
      title: 'Change approved by the owners (#42)',
      draft: {
        kind: 'complete',
        record: {
          kind: 'change',
          policies: hash('next'),
          author: { id: octocat.id },
          approvedBy: [{ id: boss.id }, { id: lead.id }],
        },
      },
    });
  });

  test('a removal waits for the proof of every grant, and needs nobody', () => {
    const stray = {
      id: 'stray',
      path: 'grants/stray.yaml',
      commit: hash('x'),
      at: at(0),
      blob: hash('y'),
      reason: 'pushed',
    };
    const asked: Asked = {
      changes: [world.remove('live-one'), world.remove('stray')],
      ledger: { ...live, strays: [stray] },
    };
    const states = (entries: readonly (readonly [string, RemovalState])[]) => new Map(entries);
    const proven = { kind: 'proven', ended: 'deadline', proof: 'proven twice' } as const;
    expect(phase({ ...asked, removals: states([['stray', proven]]) })).toEqual({ kind: 'waiting' });
    expect(
      phase({
        ...asked,
        removals: states([
          ['stray', proven],
          ['live-one', { kind: 'waiting', sentence: '' }],
        ]),
      }),
    ).toEqual({ kind: 'waiting' });
    expect(
      phase({
        ...asked,
        removals: states([
          ['stray', proven],
          ['live-one', proven],
        ]),
      }),
    ).toMatchObject({
      kind: 'approved',
      title: 'End access of 2 grants (#42)',
      draft: {
        record: {
          kind: 'removal',
          head: HEAD,
          removed: [{ grantId: 'live-one', ended: 'deadline', proof: 'proven twice' }, { grantId: 'stray' }],
        },
      },
    });
    expect(decide(facts(asked)).approval).toBeNull();
  });
});

test('who is asked: the rule, the owners, or nobody', () => {
  const entries = (asked: Asked) => {
    const { verdict } = decide(facts(asked));
    return verdict.kind === 'allowed' ? entriesOf(verdict.allowed) : verdict.kind;
  };
  expect(entries({})).toMatchObject([{ count: 1, from: [{ team: 'incident-commanders' }] }]);
  expect(entries(owners)).toMatchObject([{ count: 2 }]);
  expect(entries({ changes: [world.remove('live-one')], ledger: live })).toEqual([]);
});
