// What was pushed around the app: said once, open for a day or until people put it back, and not again at a restart.
import { describe, expect, test } from 'vitest';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import { sayHistory } from '../../app/reconcile/history-alarms.ts';
import { at, GRANT, grantText, HistoryBuilder } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

function app(said: readonly string[] = []) {
  let now = at(0);
  const errors: string[] = [];
  const log = { error: ({ alarm }: { alarm: string }) => void errors.push(alarm), info: () => {} };
  const alarms = createAlarms({ log: log as never, now: () => now });
  const memory = emptyMemory();
  for (const key of said) memory.saidAlarms.add(key);
  return {
    errors,
    said: memory.saidAlarms,
    open: () => alarms.open().map(({ code }) => code),
    look: (history: HistoryBuilder, minutes: number) => {
      now = at(minutes);
      sayHistory({ alarms, memory }, history.ledger());
    },
  };
}

describe('a grant pushed by hand', () => {
  const history = () => {
    const h = new HistoryBuilder();
    h.push({ at: 1, changes: [h.add('mine')] });
    return h;
  };

  test('is open for a day, also when the app has taken it out within seconds', () => {
    const h = history();
    const one = app();
    one.look(h, 1);
    h.push({ at: 2, changes: [h.remove('mine')] });
    one.look(h, 2);
    expect(one.open()).toEqual(['grant-unauthorized']);
    one.look(h, 24 * 60 + 2);
    expect(one.open()).toEqual([]);
    expect(one.errors).toEqual(['grant-unauthorized']);
  });

  test('is said though it was gone before anybody looked', () => {
    const h = history();
    h.push({ at: 2, changes: [h.remove('mine')] });
    const one = app();
    one.look(h, 3);
    expect([one.errors, one.open()]).toEqual([['grant-unauthorized'], ['grant-unauthorized']]);
  });

  test('that still stands is said again after a day', () => {
    const one = app();
    const h = history();
    for (const minutes of [1, 2, 24 * 60 + 2, 24 * 60 + 3]) {
      one.look(h, minutes);
      expect(one.open()).toEqual(['grant-unauthorized']);
    }
    expect(one.errors).toHaveLength(2);
  });

  test('after a restart, what was said and has passed is not said again', () => {
    const h = history();
    h.push({ at: 2, changes: [h.remove('mine')] });
    const before = app();
    before.look(h, 3);
    const after = app([...before.said]);
    after.look(h, 4);
    expect([after.errors, after.open()]).toEqual([[], []]);
  });

  test('two in one commit are two', () => {
    const h = new HistoryBuilder();
    h.push({ at: 1, changes: [h.add('mine'), h.add('yours')] });
    const one = app();
    one.look(h, 1);
    expect(one.errors).toEqual(['grant-unauthorized', 'grant-unauthorized']);
  });
});

test('a policy pushed by hand is open until it is put back; a second one takes the place of the first', () => {
  const h = new HistoryBuilder();
  h.push({ at: 1, policiesTree: h.policy({ 'rules.yaml': (text) => `${text}# lax\n` }) });
  const one = app();
  one.look(h, 1);
  one.look(h, 60 * 48);
  expect([one.open(), one.errors.length]).toEqual([['policy-unauthorized'], 1]);
  h.push({ at: 3, policiesTree: h.policy({ 'rules.yaml': (text) => `${text}# laxer\n` }) });
  one.look(h, 60 * 48 + 1);
  expect([one.open(), one.errors.length]).toEqual([['policy-unauthorized'], 2]);
  h.push({ at: 4, policiesTree: h.policies });
  one.look(h, 60 * 48 + 2);
  expect([one.open(), one.errors.length]).toEqual([[], 2]);
});

test('an edit of a live grant, and a message that claims what it has not, are open for a day at least', () => {
  const h = new HistoryBuilder();
  h.grant('payments-db', 0);
  h.push({ at: 1, changes: [h.edit('payments-db', grantText({ duration: '4h' }))] });
  const record = h.record('other', 2);
  h.merge(2, { ...record, repositoryId: 7 }, { changes: [h.add('other', GRANT)] });
  const one = app();
  one.look(h, 3);
  expect(one.open().toSorted()).toEqual(['authorization-invalid', 'grant-edited', 'grant-unauthorized']);
  h.push({ at: 4, changes: [h.remove('payments-db'), h.remove('other')] });
  one.look(h, 24 * 60 + 3);
  expect(one.open()).toEqual([]);
});
