// How the grants stand: by the ledger and by what failed last, with the same answer after a restart.
import { describe, expect, test } from 'vitest';
import { standingOf } from '../../app/reconcile/standing.ts';
import { at, built, type HistoryBuilder } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

type Failed = Readonly<Record<string, number>>;

function stood(
  build: (h: HistoryBuilder) => void,
  minutes: number,
  { failed = {}, revoked = {} }: { readonly failed?: Failed; readonly revoked?: Readonly<Record<string, string>> } = {},
) {
  const memory = emptyMemory(revoked);
  for (const [id, since] of Object.entries(failed)) memory.failing.set(id, { since: at(since), reason: 'AWS is down' });
  const ledger = built(build);
  return { memory, ledger, ...standingOf(ledger, memory, at(minutes)) };
}

const one = (h: HistoryBuilder) => void h.grant('payments-db', 0);

describe('a live grant', () => {
  test('is live until the deadline, and no trouble', () => {
    expect(stood(one, 59)).toMatchObject({ live: 1, failing: [], stuck: [], unproven: [] });
    expect(stood(one, 60).live).toBe(0);
  });

  test.each([
    [10, 0],
    [10.1, 1],
  ])('that fails since minute 0 is failing; at minute %s %i is stuck', (minutes, stuck) => {
    const seen = stood(one, minutes, { failed: { 'payments-db': 0 } });
    expect(seen.failing).toEqual([{ grant: 'payments-db', what: 'granting', since: at(0), reason: 'AWS is down' }]);
    expect(seen.stuck).toHaveLength(stuck);
  });

  test('whose id the ledger does not have any more is nobody', () => {
    expect(stood(one, 20, { failed: { other: 0 } })).toMatchObject({ failing: [], stuck: [] });
  });
});

describe('an ended grant', () => {
  test('is unproven since its deadline, and stuck ten minutes later, with nothing in memory', () => {
    const seen = stood(one, 71);
    expect(seen.unproven).toEqual([
      { grant: 'payments-db', what: 'removal', since: at(60), reason: 'the removal is under way' },
    ]);
    expect([seen.failing, seen.stuck.length, stood(one, 70).stuck.length]).toEqual([[], 1, 0]);
  });

  test('whose removal fails is failing as a removal, since its end and not since the failure', () => {
    const seen = stood(one, 65, { failed: { 'payments-db': 64 } });
    expect(seen.failing).toEqual([{ grant: 'payments-db', what: 'removal', since: at(60), reason: 'AWS is down' }]);
  });

  test('ended early is unproven since then', () => {
    const revoked = { 'payments-db': 'revoked by hubot (480938) 2026-11-22T03:20:00Z' };
    expect(stood(one, 31, { revoked })).toMatchObject({ live: 0, unproven: [{ since: at(20) }], stuck: [{}] });
  });

  test('is settled by the proof, in memory or in the record', () => {
    const { memory, ledger } = stood(one, 71);
    memory.proven.set('payments-db', { ended: 'deadline', proof: 'proven' });
    expect(standingOf(ledger, memory, at(71))).toMatchObject({ unproven: [], stuck: [] });
    const recorded = (h: HistoryBuilder) => {
      h.grant('payments-db', 0);
      h.merge(62, h.removal('payments-db'), { changes: [h.remove('payments-db')] });
    };
    expect(stood(recorded, 71)).toMatchObject({ live: 0, unproven: [], stuck: [] });
  });

  test('whose file somebody deleted is not proven by that, for as long as it is looked at', () => {
    const deleted = (h: HistoryBuilder) => {
      h.grant('payments-db', 0);
      h.push({ at: 5, changes: [h.remove('payments-db')] });
    };
    expect(stood(deleted, 20)).toMatchObject({ unproven: [{ grant: 'payments-db', since: at(5) }], stuck: [{}] });
    expect(stood(deleted, 25 * 60 + 1).unproven).toEqual([]);
  });
});
