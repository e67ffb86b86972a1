// How much was taken away without an end, over restarts and over a day.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openUnexplainedRemovals } from '../../app/reconcile/unexplained-removals.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'removals-'));
  file = join(folder, 'removals.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const T = (hours: number) => new Date(Date.UTC(2026, 10, 22, hours));

test('none at first; what was added is there after a restart, and nothing else lies beside it', () => {
  const removals = openUnexplainedRemovals(file);
  expect([...removals.recent(T(0))]).toEqual([]);
  removals.add('bg-a', T(1));
  removals.add('bg-b', T(2));
  expect([...openUnexplainedRemovals(file).recent(T(3))]).toEqual(['bg-a', 'bg-b']);
  expect(readdirSync(folder)).toEqual(['removals.json']);
});

test('each name counts once, and for 24 hours after the last time', () => {
  const removals = openUnexplainedRemovals(file);
  removals.add('bg-a', T(1));
  removals.add('bg-b', T(2));
  removals.add('bg-a', T(3));
  expect(removals.recent(T(3)).size).toBe(2);
  expect([...removals.recent(T(26))]).toEqual(['bg-a']);
  expect([...removals.recent(T(27))]).toEqual([]);
});

test.each(['', '{', '{}', '[{"name":1,"at":"2026-11-22T01:00:00Z"}]', '[{"name":"a","at":"soon"}]', '[null]'])(
  'a file that says %j is not read as "none"',
  (text) => {
    writeFileSync(file, text);
    expect(() => openUnexplainedRemovals(file).recent(T(1))).toThrow();
  },
);
