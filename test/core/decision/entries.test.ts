// Who stands for which entry, and whose rejection counts: judged straight, whatever the verdict would have said before.
import { describe, expect, test } from 'vitest';
import { judgeApproval } from '../../../app/core/decision/approval.ts';
import { statements } from '../../../app/core/decision/statements.ts';
import { judge } from '../../../app/core/decision/verdict.ts';
import type { ApprovalEntry, Selector } from '../../../app/core/policy/policy.ts';
import {
  type Asked,
  app,
  at,
  boss,
  bot,
  commander,
  comment,
  emptyLedger,
  facts,
  grantText,
  lead,
  octocat,
  outsider,
  pull,
  review,
  second,
} from './facts-builder.ts';

const APPROVE = '/approve-emergency';
const COMMANDERS: Selector = { kind: 'team', team: 'incident-commanders', id: 4100002 };
const person = ({ login, id }: typeof boss): Selector => ({ kind: 'user', login, id });
const entry = (...from: readonly [Selector, ...Selector[]]): ApprovalEntry => ({ count: 1, from });
const ask = (asked: Asked, ...entries: readonly ApprovalEntry[]) =>
  judgeApproval(facts(asked), { entries, approvalTtlSeconds: 900 });

describe('entries', () => {
  test('are met only by those whom they name: two of one team do not stand for somebody of another', () => {
    const both = [comment(APPROVE), comment(APPROVE, second)];
    expect(ask({ comments: both }, entry(COMMANDERS), entry(person(boss)))).toMatchObject({
      kind: 'waiting',
      missing: [{ entry: { from: [person(boss)] }, have: 0 }],
    });
    const right = [comment(APPROVE), comment(APPROVE, boss)];
    expect(ask({ comments: right }, entry(COMMANDERS), entry(person(boss))).kind).toBe('approved');
  });

  test('name whose words did not count', () => {
    const edited = comment(APPROVE, commander, { updatedAt: at(2) });
    expect(ask({ comments: [edited] }, entry(COMMANDERS))).toMatchObject({
      ignored: [
        {
          login: 'commander',
          commentId: edited.id,
          code: 'edited',
          sentence: 'An edited comment does not count. Write a new one.',
        },
      ],
    });
  });

  test("the app's own account is no person, whatever GitHub calls its type", () => {
    const self = { ...app, type: 'User' };
    expect(ask({ reviews: [review('APPROVED', self)] }, entry(person(self)))).toMatchObject({
      kind: 'waiting',
      ignored: [{ code: 'not-a-person' }],
    });
  });

  test('are not asked for where nobody knows who opened the pull request', () => {
    const comments = [comment(APPROVE), comment('/reject', outsider)];
    expect(ask({ comments, pull: pull({ author: null }) }, entry(COMMANDERS))).toMatchObject({
      kind: 'unapprovable',
      code: 'foreign-push',
      sentence: expect.stringContaining("@unknown's request alone"),
    });
  });
});

describe('a rejection', () => {
  const rejected = (asked: Asked, ...entries: readonly ApprovalEntry[]) => ask(asked, ...entries).kind === 'rejected';
  const two = [entry(COMMANDERS, person(lead)), entry(person(boss))];

  test.each([commander, lead, boss, octocat])('by $login, who may approve one entry or asked for it', (who) => {
    expect(rejected({ comments: [comment('/reject', who)] }, ...two)).toBe(true);
  });

  test.each([
    ['nobody', comment('/reject', null)],
    ['a bot', comment('/reject', { ...commander, type: 'Bot' })],
    ['a bot of no team', comment('/reject', bot)],
    ['an app', comment('/reject', commander, { appId: 9 })],
    ['an outsider', comment('/reject', outsider)],
    ['whoever edited it', comment('/reject', commander, { updatedAt: at(2) })],
  ])('by %s rejects nothing, and is no word that somebody must be told about', (_, one) => {
    expect(ask({ comments: [one] }, ...two)).toMatchObject({ kind: 'waiting', ignored: [] });
  });

  test('in the second of the reopening is from before it', () => {
    const asked = { comments: [comment('/reject', commander, { minutes: 2 })] };
    expect(rejected({ ...asked, reopenedAt: at(2) }, ...two)).toBe(false);
    expect(rejected({ ...asked, reopenedAt: at(2 - 1 / 60) }, ...two)).toBe(true);
  });
});

test('what was said is in the order of time, wherever it was said', () => {
  const said = statements(
    facts({
      comments: [comment(APPROVE, boss, { minutes: 4 }), comment('/reject', lead, { minutes: 2 })],
      reviews: [review('APPROVED', commander, 3), review('APPROVED', second, 1)],
    }),
  );
  expect(said.map(({ author }) => author?.login)).toEqual(['second-commander', 'octo-lead', 'commander', 'hubot-boss']);
});

test('a person whom GitHub does not place is named as one', () => {
  const asked: Asked = {
    text: `${grantText({ account: 'prod-payments' })}incident: INC-1\n`,
    membership: (who) => (who.kind === 'user' ? 'unknown' : 'not-member'),
    ledger: emptyLedger,
  };
  const verdict = judge(facts(asked));
  expect(verdict).toMatchObject({
    violations: [
      {
        code: 'membership-unknown',
        sentence:
          'GitHub does not say whether @octocat is in @octocat, which rule "production-admin" asks. This is judged again by itself within a minute.',
      },
    ],
  });
});
