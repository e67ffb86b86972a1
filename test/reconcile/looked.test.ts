// What the timer asks GitHub again: what changed, what was left open, and now and then what did not change.
import { describe, expect, test } from 'vitest';
import type { Seen } from '../../app/core/decision/evidence.ts';
import { type End, endOf } from '../../app/core/ledger/ends.ts';
import type { Ledger } from '../../app/core/ledger/ledger.ts';
import type { Budget, Pull } from '../../app/github/port.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { beginLook, doubtAll, dueMerged, dueOpen, noteJudged, noteRead } from '../../app/reconcile/looked.ts';
import { at, facts, octocat } from '../core/decision/facts-builder.ts';
import { built } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

const PASS_MS = 60_000;
const EMPTY = built(() => {});
const LIVE = built((history) => history.grant('one', 1));
const KNOWN: Seen['answers'] = { teams: [{ team: 'sre', wanted: 1, actual: 1 }], people: [] };

function pull(number: number, more: Partial<Pull> = {}): Pull {
  const repositoryId = 1296269;
  return {
    number,
    state: 'open',
    merged: false,
    mergeCommit: null,
    mergedBy: null,
    draft: false,
    author: octocat,
    head: { sha: 'h', ref: 'b', repositoryId },
    base: { sha: 'm', ref: 'main', repositoryId },
    createdAt: at(0),
    updatedAt: at(0),
    title: 'Please',
    url: '',
    ...more,
  };
}

function stage() {
  let now = at(10);
  let budget: Budget | null = null;
  const asked: Date[] = [];
  const changed = new Map<number, Date>();
  const memory = emptyMemory();
  const github = {
    now: () => now,
    budget: () => budget,
    changedSince: async (since: Date) => {
      asked.push(since);
      return changed;
    },
  };
  const context = { memory, github } as unknown as Context;
  const endsOf = (ledger: Ledger): ReadonlyMap<string, End> =>
    new Map(
      [...ledger.grants.values()].flatMap((entry): [string, End][] => {
        const end = endOf(entry, ledger.policy.value, now, memory.revoked.get(entry.id));
        return end === null ? [] : [[entry.id, end]];
      }),
    );
  return {
    memory,
    asked,
    changed,
    context,
    minute: (minute: number) => {
      now = at(minute);
    },
    left: (remaining: number, limit = 5_000) => {
      budget = { limit, remaining };
    },
    /** A whole judgement, of something that hangs on grants or not. */
    judge: (
      one: Pull,
      { ledger = EMPTY, kind = 'request', answers = KNOWN, passes = 10, meanwhile = () => {} } = {} as Partial<{
        ledger: Ledger;
        kind: 'request' | 'refused';
        answers: Seen['answers'];
        passes: number;
        meanwhile: () => void;
      }>,
    ) => {
      const look = { ...beginLook(context, one.number), pull: one };
      const some = facts({ ledger, now, revoked: memory.revoked.get });
      const change = kind === 'refused' ? ({ kind, violations: [] } as never) : some.change;
      meanwhile();
      noteJudged(context, look, { facts: { ...some, change }, seen: { tip: '', mergeBase: null, answers } }, passes);
    },
    due: (open: readonly Pull[], ledger = EMPTY) =>
      dueOpen(context, open, { ledger, ends: endsOf(ledger), passMs: PASS_MS }),
    read: (one: Pull, ledger = LIVE) => noteRead(context, { ...beginLook(context, one.number), pull: one }, ledger),
    dueMerged: (ledger = LIVE) => dueMerged(context, { ledger, ends: endsOf(ledger), passMs: PASS_MS }),
  };
}

describe('an open pull request', () => {
  test('that nobody judged is due, and not again while nothing changes', () => {
    const { judge, due, minute } = stage();
    expect(due([pull(1), pull(2)])).toEqual([1, 2]);
    judge(pull(1));
    minute(11);
    expect(due([pull(1), pull(2)])).toEqual([2]);
  });

  test.each<readonly [string, Partial<Pull>]>([
    ['it was updated', { updatedAt: at(3) }],
    ['its time went back', { updatedAt: at(-3) }],
    ['its head', { head: { sha: 'other', ref: 'b', repositoryId: 1 } }],
    ['its base', { base: { sha: 'm', ref: 'elsewhere', repositoryId: 1 } }],
    ['draft', { draft: true }],
    ['its title', { title: 'Another' }],
  ])('is due in the next pass when something changed: %s', (_, change) => {
    const { judge, due, minute } = stage();
    judge(pull(1));
    minute(11);
    expect(due([pull(1, change)])).toEqual([1]);
  });

  test('is due when the branch moved, and with it maybe the policy', () => {
    const { judge, due } = stage();
    judge(pull(1), { kind: 'refused' });
    expect(due([pull(1)], LIVE)).toEqual([1]);
  });

  test('is due when a grant ended, where grants count', () => {
    const { judge, due, memory } = stage();
    judge(pull(1), { ledger: LIVE });
    judge(pull(2), { ledger: LIVE, kind: 'refused' });
    expect(due([pull(1), pull(2)], LIVE)).toEqual([]);
    memory.revoked.set('one', 'revoked by octocat 2026-11-22T03:10:00Z');
    expect(due([pull(1), pull(2)], LIVE)).toEqual([1]);
  });

  test('judged in the moment of its change is due once more: times have whole seconds', () => {
    const { judge, due, minute } = stage();
    const one = pull(1, { updatedAt: at(10) });
    judge(one);
    minute(11);
    expect(due([one])).toEqual([1]);
    judge(one);
    minute(12);
    expect(due([one])).toEqual([]);
  });

  test.each<readonly [string, Partial<Seen['answers']>]>([
    ['a team', { teams: [{ team: 'sre', wanted: 1, actual: 'unknown' }] }],
    ['a person', { people: [{ team: 'sre', login: 'x', userId: 1, answer: 'unknown' }] }],
  ])('is due as long as GitHub does not say who %s is', (_, unknown) => {
    const { judge, due } = stage();
    judge(pull(1), { answers: { ...KNOWN, ...unknown } });
    expect(due([pull(1)])).toEqual([1]);
  });

  test('whose judgement began and did not end is due', () => {
    const { judge, due, context } = stage();
    judge(pull(1));
    beginLook(context, 1);
    expect(due([pull(1)])).toEqual([1]);
  });

  test('is due after an event about people, also when it was being judged at that moment', () => {
    const { judge, due, context } = stage();
    judge(pull(1));
    judge(pull(2), { meanwhile: () => doubtAll(context) });
    expect(due([pull(1), pull(2)])).toEqual([1, 2]);
    judge(pull(1));
    expect(due([pull(1), pull(2)])).toEqual([2]);
  });

  test('that is closed is forgotten', () => {
    const { judge, due, memory } = stage();
    judge(pull(1));
    due([]);
    expect(memory.looked.open.size).toBe(0);
  });
});

describe('where nothing changed', () => {
  test('it is judged again after eight to twelve passes, spread over the numbers', () => {
    const { judge, due, minute } = stage();
    const open = [20, 21, 22, 23, 24].map((number) => pull(number));
    for (const one of open) judge(one);
    const seen = [17, 18, 19, 20, 21, 22].map((passed) => {
      minute(passed);
      const numbers = due(open);
      for (const number of numbers) judge(pull(number));
      return numbers;
    });
    expect(seen).toEqual([[], [20], [21], [22], [23], [24]]);
  });

  test('sooner, where other things than the pull request may hold it up', () => {
    const { judge, due, minute } = stage();
    judge(pull(20), { passes: 3 });
    minute(11);
    expect(due([pull(20)])).toEqual([20]);
  });

  test('three in a pass at most, the longest unseen first, so that a hundred do not use up the hour', () => {
    const { judge, due, minute } = stage();
    const open = Array.from({ length: 100 }, (_, i) => pull(100 - i));
    open.forEach((one, i) => {
      minute(1 + i / 100);
      judge(one);
    });
    minute(60);
    expect(due(open)).toEqual([100, 99, 98]);
  });

  test.each([
    [499, 4_000, []],
    [500, 4_000, [1]],
    [1_499, 15_000, []],
    [1_500, 15_000, [1]],
  ])('with %i requests of %i left in the hour', (remaining, limit, numbers) => {
    const { judge, due, minute, left } = stage();
    judge(pull(1));
    minute(60);
    left(remaining, limit);
    expect(due([pull(1)])).toEqual(numbers);
    expect(due([pull(1, { updatedAt: at(50) })])).toEqual([1]);
  });
});

describe("a live grant's pull request", () => {
  test('is read once for a /revoke, then when it changed, all by one request', async () => {
    const { dueMerged, read, changed, asked, minute } = stage();
    expect([await dueMerged(), asked]).toEqual([[42], []]);
    read(pull(42));
    minute(11);
    expect(await dueMerged()).toEqual([]);
    expect(asked).toEqual([at(9)]);
    changed.set(42, at(0)).set(7, at(11));
    expect(await dueMerged()).toEqual([]);
    changed.set(42, at(10.5));
    expect(await dueMerged()).toEqual([42]);
  });

  test('is read again after a while, under another policy, and in the moment of a change', async () => {
    const { dueMerged, read, minute } = stage();
    read(pull(42, { updatedAt: at(9.99) }));
    expect(await dueMerged()).toEqual([42]);
    read(pull(42));
    const other = { ...LIVE, policy: { ...LIVE.policy, tree: 'another' } };
    expect(await dueMerged(other)).toEqual([42]);
    minute(19);
    expect(await dueMerged()).toEqual([]);
    minute(20);
    expect(await dueMerged()).toEqual([42]);
  });

  test('is no business of ours once the grant has ended', async () => {
    const { dueMerged, read, memory, asked, minute } = stage();
    read(pull(42));
    minute(62);
    expect([await dueMerged(), asked, memory.looked.merged.size]).toEqual([[], [], 0]);
  });
});
