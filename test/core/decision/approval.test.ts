// Who approved which commit, and why everything else that was said does not count.
import { describe, expect, test } from 'vitest';
import {
  type Approval,
  type ApprovalTerms,
  IGNORED_CODES,
  type IgnoredCode,
  isPassing,
  judgeApproval,
  wordsToAsk,
} from '../../../app/core/decision/approval.ts';
import type { ApprovalEntry, Selector } from '../../../app/core/policy/policy.ts';
import {
  type Asked,
  app,
  at,
  boss,
  bot,
  commander,
  comment,
  facts,
  HEAD,
  hubot,
  lead,
  memberships,
  octocat,
  outsider,
  push,
  review,
  second,
  TEAMS,
} from './facts-builder.ts';

const COMMANDERS: Selector = { kind: 'team', team: 'incident-commanders', id: 4100002 };
const person = (login: string, id: number): Selector => ({ kind: 'user', login, id });
const terms = (...entries: readonly ApprovalEntry[]): ApprovalTerms => ({ entries, approvalTtlSeconds: 900 });
const ONE = terms({ count: 1, from: [COMMANDERS] });
const TWO = terms({ count: 2, from: [COMMANDERS] });
const APPROVE = '/approve-emergency';
const OTHER = '1'.repeat(40);
const AFTER_A_PUSH = [push({ after: OTHER }), push({ before: OTHER, kind: 'push', at: at(0.5) })];

const ask = (asked: Asked, on: ApprovalTerms = ONE): Approval => judgeApproval(facts(asked), on);
const names = (approval: Approval) =>
  approval.kind === 'approved' ? approval.by.map((by) => by.login) : approval.kind;

describe('counts', () => {
  test.each<readonly [string, Asked]>([
    ['a comment by an approver', { comments: [comment(APPROVE)] }],
    ['with the full commit id', { comments: [comment(`${APPROVE} ${HEAD}`)] }],
    ['after a push, with the full commit id', { comments: [comment(`${APPROVE} ${HEAD}`)], pushes: AFTER_A_PUSH }],
    ['an approving review', { reviews: [review('APPROVED')] }],
    [
      'an approving review after a push, with the full commit id in its words',
      { reviews: [review('APPROVED', commander, 1, `Looks right.\n\n${APPROVE} ${HEAD}`)], pushes: AFTER_A_PUSH },
    ],
    [
      'an approving review whose words name no commit, whether they were edited or not',
      { reviews: [review('APPROVED', commander, 1, `Fine, see \`${APPROVE} ${OTHER}\``)], edits: new Map() },
    ],
    [
      'after the pull request was opened again',
      { comments: [comment(APPROVE, commander, { minutes: 2 })], reopenedAt: at(1) },
    ],
    [
      'after asking for changes',
      { reviews: [review('CHANGES_REQUESTED', commander, 1)], comments: [comment(APPROVE, commander, { minutes: 2 })] },
    ],
    [
      'after asking for changes, dismissed',
      { reviews: [review('DISMISSED', commander, 2)], comments: [comment(APPROVE)] },
    ],
    [
      "in spite of others' change requests",
      { reviews: [review('CHANGES_REQUESTED', outsider, 2)], comments: [comment(APPROVE)] },
    ],
    [
      'in spite of an edited rejection',
      { comments: [comment('/reject', second, { updatedAt: at(3) }), comment(APPROVE)] },
    ],
    ["in spite of an outsider's rejection", { comments: [comment('/reject', outsider), comment(APPROVE)] }],
    ["in spite of an app's rejection", { comments: [comment('/reject', second, { appId: 99 }), comment(APPROVE)] }],
  ])('%s', (_, asked) => {
    expect(names(ask(asked))).toEqual(['commander']);
  });

  test('the record names who, the node and the second', () => {
    const said = comment(APPROVE, commander, { nodeId: 'IC_x', minutes: 2 });
    expect(ask({ comments: [said] })).toMatchObject({
      at: at(2),
      by: [{ login: 'commander', id: 7001, nodeId: 'IC_x', at: '2026-11-22T03:02:00Z' }],
    });
  });

  test('a rule that needs nobody approves by itself, on a branch of the requester alone', () => {
    expect(ask({}, terms())).toEqual({ kind: 'approved', by: [], at: null, ignored: [] });
    expect(ask({ pushes: [push({ actor: hubot })] }, terms())).toMatchObject({
      kind: 'unapprovable',
      code: 'foreign-push',
    });
    expect(ask({ pushes: [] }, terms())).toMatchObject({ kind: 'unapprovable', code: 'push-log-unknown' });
  });
});

describe('entries are met by different people', () => {
  test('two of one team', () => {
    expect(ask({ comments: [comment(APPROVE)] }, TWO)).toMatchObject({ kind: 'waiting', missing: [{ have: 1 }] });
    expect(ask({ comments: [comment(APPROVE), comment(APPROVE, commander, { minutes: 2 })] }, TWO).kind).toBe(
      'waiting',
    );
    expect(ask({ comments: [comment(APPROVE)], reviews: [review('APPROVED', commander, 2)] }, TWO).kind).toBe(
      'waiting',
    );
    expect(names(ask({ comments: [comment(APPROVE), comment(APPROVE, second)] }, TWO))).toEqual([
      'commander',
      'second-commander',
    ]);
  });

  test('somebody who fits both stands where nobody else can', () => {
    const both = terms(
      { count: 1, from: [person('hubot-boss', boss.id), person('octo-lead', lead.id)] },
      { count: 1, from: [person('octo-lead', lead.id)] },
    );
    expect(ask({ comments: [comment(APPROVE, lead)] }, both).kind).toBe('waiting');
    expect(names(ask({ comments: [comment(APPROVE, lead), comment(APPROVE, boss, { minutes: 2 })] }, both))).toEqual([
      'octo-lead',
      'hubot-boss',
    ]);
  });
});

describe('time', () => {
  const said = { comments: [comment(APPROVE, commander, { minutes: 1 })] };
  test.each([
    ['a second before its time is over', 16 - 1 / 60, 'approved'],
    ['exactly then', 16, 'lapsed'],
    ['later', 60, 'lapsed'],
  ])('%s', (_, minutes, kind) => {
    expect(ask({ ...said, now: at(minutes) }).kind).toBe(kind);
  });

  test('counts from the last approval that was needed', () => {
    const comments = [comment(APPROVE, commander, { minutes: 1 }), comment(APPROVE, second, { minutes: 10 })];
    expect(ask({ comments, now: at(20) }, TWO)).toMatchObject({ kind: 'approved', at: at(10) });
    expect(ask({ comments, now: at(25) }, TWO)).toMatchObject({
      kind: 'lapsed',
      sentence:
        'The approval of 2026-11-22T03:10:00Z was not followed by the merge within 15m, so it no longer counts.',
    });
  });

  test('a fresh approval replaces an old one: of the same person, or of another', () => {
    for (const who of [commander, second]) {
      const comments = [comment(APPROVE, commander, { minutes: 1 }), comment(APPROVE, who, { minutes: 18 })];
      expect(ask({ comments, now: at(20) })).toMatchObject({ kind: 'approved', at: at(18) });
    }
  });
});

/** A review after a push, whose words say which commit. */
const named = (nodeId: string) => ({ ...review('APPROVED', commander, 1, `${APPROVE} ${HEAD}`), nodeId });

describe('is not counted, and says why', () => {
  const cases: Readonly<Record<IgnoredCode, readonly Asked[]>> = {
    'unusable-command': [
      { comments: [comment(`> ${APPROVE}`)] },
      { comments: [comment(`${APPROVE} ${HEAD.slice(0, 12)}`)] },
      { comments: [comment('/approve-emergency\n/reject')] },
    ],
    edited: [
      { comments: [comment(APPROVE, commander, { updatedAt: at(2) })] },
      { comments: [comment(APPROVE, commander, { updatedAt: at(0.5) })] },
      { comments: [comment(APPROVE, commander, { nodeId: 'IC_e' })], edits: new Map([['IC_e', 'edited']]) },
      { reviews: [named('PRR_e')], edits: new Map([['PRR_e', 'edited']]) },
    ],
    'edit-unknown': [
      { comments: [comment(APPROVE, commander, { nodeId: 'IC_u' })], edits: new Map([['IC_u', 'unknown']]) },
      { comments: [comment(APPROVE)], edits: new Map() },
      { reviews: [named('PRR_u')], edits: new Map([['PRR_u', 'unknown']]) },
    ],
    'not-a-person': [
      { comments: [comment(APPROVE, bot)] },
      { comments: [comment(APPROVE, null)] },
      { comments: [comment(APPROVE, commander, { appId: 99 })] },
      { comments: [comment(APPROVE, { ...commander, type: 'Mannequin' })] },
      { reviews: [review('APPROVED', bot)] },
      { reviews: [review('APPROVED', app)] },
    ],
    'own-request': [
      { comments: [comment(APPROVE, octocat)], membership: memberships({ 'incident-commanders': [octocat] }) },
      { reviews: [review('APPROVED', octocat)] },
    ],
    'not-an-approver': [
      { comments: [comment(APPROVE, outsider)] },
      { reviews: [review('APPROVED', hubot)] },
      { comments: [comment(APPROVE, { ...commander, id: 1 })] },
    ],
    'approver-unknown': [
      { comments: [comment(APPROVE)], membership: memberships({ ...TEAMS, 'incident-commanders': 'unknown' }) },
    ],
    'before-reopening': [
      { comments: [comment(APPROVE)], reopenedAt: at(2) },
      { comments: [comment(APPROVE)], reopenedAt: at(1) },
      { reviews: [review('APPROVED')], reopenedAt: at(2) },
    ],
    'changes-requested': [
      { reviews: [review('APPROVED', commander, 1), review('CHANGES_REQUESTED', commander, 2)] },
      { comments: [comment(APPROVE)], reviews: [review('CHANGES_REQUESTED', commander, 1)] },
    ],
    'sha-needed': [
      { comments: [comment(APPROVE)], pushes: AFTER_A_PUSH },
      { reviews: [review('APPROVED')], pushes: AFTER_A_PUSH },
    ],
    'other-sha': [
      { comments: [comment(`${APPROVE} ${OTHER}`)] },
      { comments: [comment(`${APPROVE} ${OTHER}`)], pushes: AFTER_A_PUSH },
      { reviews: [review('APPROVED', commander, 1, `${APPROVE} ${OTHER}`)] },
    ],
  };

  test('an approval that counted and is then edited or deleted counts no more', () => {
    const said = comment(APPROVE);
    expect(names(ask({ comments: [said] }))).toEqual(['commander']);
    expect(ask({ comments: [] }).kind).toBe('waiting');
    expect(ask({ comments: [{ ...said, updatedAt: at(2) }] })).toMatchObject({
      kind: 'waiting',
      ignored: [{ code: 'edited' }],
    });
  });

  test('every code has a case', () => {
    expect(Object.keys(cases).sort()).toEqual([...IGNORED_CODES].sort());
    for (const [code, all] of Object.entries(cases)) expect(all.length, code).toBeGreaterThan(0);
  });

  test.each(Object.entries(cases).flatMap(([code, all]) => all.map((asked, i) => [code, i, asked] as const)))(
    '%s (%i)',
    (code, _, asked) => {
      const approval = ask(asked);
      expect(approval.kind).toBe('waiting');
      if (approval.kind !== 'waiting') return;
      expect(approval.ignored.map((one) => one.code)).toEqual([code]);
      expect(approval.missing).toMatchObject([{ have: 0 }]);
      expect(approval.ignored[0]?.commentId ?? null).toBe(asked.comments?.[0]?.id ?? null);
    },
  );

  test("nothing is said of remarks, of the app's own words, or of reviews that approve nothing", () => {
    const comments = [comment('LGTM'), comment(APPROVE, app), comment(APPROVE, commander, { appId: 77 })];
    const reviews = [
      review('COMMENTED'),
      review('PENDING'),
      review('DISMISSED'),
      { ...review('APPROVED'), submittedAt: null },
    ];
    expect(ask({ comments, reviews })).toMatchObject({ kind: 'waiting', ignored: [] });
  });

  test('a commit is named in full in what is to be copied', () => {
    expect(ask({ comments: [comment(APPROVE)], pushes: AFTER_A_PUSH })).toMatchObject({
      shaNeeded: true,
      ignored: [{ sentence: expect.stringContaining(`/approve-emergency ${HEAD}`) }],
    });
  });
});

describe('the words whose history GitHub is asked for', () => {
  const asked = (more: Asked) => wordsToAsk(facts(more)).map((one) => one.nodeId);

  test('are the newest of each person that would count, whoever may approve', () => {
    const comments = [
      comment(APPROVE, commander, { nodeId: 'older' }),
      comment(APPROVE, outsider, { nodeId: 'anybody', minutes: 2 }),
      comment(APPROVE, commander, { nodeId: 'newest', minutes: 3 }),
      comment(`${APPROVE} ${OTHER}`, commander, { nodeId: 'other-sha', minutes: 4 }),
      comment(APPROVE, commander, { nodeId: 'edited', minutes: 5, updatedAt: at(6) }),
      comment(APPROVE, octocat, { nodeId: 'own' }),
      comment(APPROVE, bot, { nodeId: 'bot' }),
      comment('/reject', second, { nodeId: 'reject' }),
      comment(`> ${APPROVE}`, second, { nodeId: 'unusable' }),
      comment('LGTM', second, { nodeId: 'remark' }),
    ];
    expect(asked({ comments }).toSorted()).toEqual(['anybody', 'newest']);
  });

  test('come with what they say', () => {
    const body = `Looks right.\n\n${APPROVE}`;
    expect(wordsToAsk(facts({ comments: [comment(body, commander, { nodeId: 'IC_1' })] }))).toEqual([
      { nodeId: 'IC_1', body },
    ]);
  });

  test('are none of a review that names no commit, and none before an opening again or where nobody can approve', () => {
    expect(asked({ reviews: [review('APPROVED')] })).toEqual([]);
    expect(asked({ reviews: [named('PRR_1')] })).toEqual(['PRR_1']);
    expect(asked({ comments: [comment(APPROVE)], reopenedAt: at(2) })).toEqual([]);
    expect(asked({ comments: [comment(APPROVE)], pushes: AFTER_A_PUSH })).toEqual([]);
    expect(asked({ comments: [comment(APPROVE)], pushes: [push({ actor: hubot })] })).toEqual([]);
  });

  test('decide for each person by their newest alone: what was not asked never counts', () => {
    const comments = [
      comment(APPROVE, commander, { nodeId: 'older' }),
      comment(APPROVE, commander, { nodeId: 'newest', minutes: 2 }),
    ];
    expect(ask({ comments, edits: new Map([['newest', 'unedited']]) }).kind).toBe('approved');
    expect(
      ask({
        comments,
        edits: new Map([
          ['older', 'unedited'],
          ['newest', 'edited'],
        ]),
      }),
    ).toMatchObject({ kind: 'waiting', ignored: [{ code: 'edited' }] });
  });

  test('one of two that counts does not carry the other', () => {
    const comments = [comment(APPROVE, commander, { nodeId: 'one' }), comment(APPROVE, second, { nodeId: 'two' })];
    expect(ask({ comments, edits: new Map([['one', 'unedited']]) }, TWO)).toMatchObject({
      kind: 'waiting',
      missing: [{ have: 1 }],
      ignored: [{ login: 'second-commander', code: 'edit-unknown' }],
    });
  });
});

test('what GitHub did not say is asked again; what it said is not', () => {
  expect(IGNORED_CODES.filter(isPassing)).toEqual(['approver-unknown', 'edit-unknown']);
});

describe('rejection', () => {
  test.each([
    ['the requester', octocat],
    ['an approver', commander],
  ])('by %s closes, whoever approved before or after', (_, who) => {
    const comments = [
      comment(APPROVE, second),
      comment('/reject', who, { minutes: 2 }),
      comment(APPROVE, second, { minutes: 3 }),
    ];
    expect(ask({ comments })).toEqual({ kind: 'rejected', sentence: `@${who.login} rejected this request.` });
    expect(ask({ comments, pushes: [] }).kind).toBe('rejected');
    // Nothing is granted yet that /revoke could end, but nobody who says it wants the request to be granted.
    expect(ask({ comments: [comment(APPROVE, second), comment('/revoke', who, { minutes: 2 })] }).kind).toBe(
      'rejected',
    );
  });

  test('opening again asks anew', () => {
    expect(ask({ comments: [comment('/reject')], reopenedAt: at(2) }).kind).toBe('waiting');
    expect(ask({ comments: [comment('/reject', commander, { minutes: 3 })], reopenedAt: at(2) }).kind).toBe('rejected');
  });
});

test('a branch that somebody else pushed to is never approvable, whatever was said', () => {
  const comments = [comment(`${APPROVE} ${HEAD}`)];
  expect(ask({ comments, pushes: [push({ actor: hubot })] })).toMatchObject({
    kind: 'unapprovable',
    code: 'foreign-push',
  });
  expect(ask({ comments, pushes: [push({ actor: commander })] })).toMatchObject({
    kind: 'unapprovable',
    code: 'foreign-push',
  });
});
