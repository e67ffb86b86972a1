// Whoever waits too long for access, or for the proof that one is gone, has an alarm; it closes when the wait is over.
import { expect, test } from 'vitest';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context, EngineState } from '../../app/reconcile/context.ts';
import { sayStuck } from '../../app/reconcile/stuck-alarms.ts';
import { at, built } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

const LEDGER = built((h) => {
  h.grant('payments-db', 0);
});

function stage() {
  const lines: object[] = [];
  const log = { error: (facts: object) => void lines.push(facts), info: () => {} };
  const memory = emptyMemory();
  const state = { engine: { kind: 'unavailable', reason: 'x' } as EngineState, minutes: 0 };
  const now = () => at(state.minutes);
  const alarms = createAlarms({ log: log as never, now });
  const context = { alarms, memory, engine: () => state.engine, github: { now } } as unknown as Context;
  const look = (minutes: number): readonly string[] => {
    state.minutes = minutes;
    sayStuck(context, LEDGER);
    return alarms.open().map(({ code, subject }) => `${code} ${subject}`);
  };
  return { lines, memory, state, alarms, look };
}

test('access that is not there ten minutes after its first failure; closed when an attempt succeeds', () => {
  const { memory, lines, alarms, look } = stage();
  memory.failing.set('payments-db', { since: at(1), reason: 'AccessDenied by octocat' });
  expect(look(11)).toEqual([]);
  expect(look(12)).toEqual(['grant-stuck payments-db']);
  expect(lines).toEqual([
    {
      alarm: 'grant-stuck',
      grant: 'payments-db',
      since: '2026-11-22T03:01:00Z',
      error: 'AccessDenied by octocat',
    },
  ]);
  // The reason changes with each attempt, and the issue must not with it.
  expect(alarms.open()[0]?.sentence).not.toContain('AccessDenied');
  memory.failing.clear();
  expect(look(13)).toEqual([]);
});

test('a removal that is not proved ten minutes after the deadline; closed by the proof', () => {
  const { memory, look } = stage();
  expect(look(70)).toEqual([]);
  expect(look(71)).toEqual(['removal-unproven payments-db']);
  memory.proven.set('payments-db', { ended: 'deadline', proof: 'proven' });
  expect(look(72)).toEqual([]);
});

test('a process that stands by knows nothing of it', () => {
  const { state, look } = stage();
  state.engine = { kind: 'standby' };
  expect(look(90)).toEqual([]);
});
