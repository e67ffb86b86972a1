// What is kept on disk between two processes: read back as it was, and no trouble when it is lost or broken.
import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  readWatch,
  rememberedBy,
  restoredAlarms,
  restoreMemory,
  type Saved,
  writeWatch,
} from '../../app/reconcile/watch-file.ts';
import { at, built } from '../core/ledger/history-builder.ts';
import { emptyMemory } from './remembered.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'watch-'));
const trouble = { grant: 'payments-db', what: 'granting', since: at(1), reason: 'AWS is down' } as const;
const saved: Saved = {
  at: at(10),
  lastPass: at(9),
  problems: ['git fetch: no'],
  engine: 'ready',
  alarms: [
    { code: 'grant-stuck', subject: 'a', sentence: 'x', since: at(1), until: null, announced: true },
    { code: 'drift-repaired', subject: 'b', sentence: 'y', since: at(2), until: at(3), announced: false },
  ],
  standing: { live: 1, failing: [trouble], stuck: [], unproven: [] },
  clocks: { aws: 1.5, github: null },
  saidAlarms: ['grant-edited x'],
  alarmIssue: 7,
  proofs: {
    granted: [{ grant: 'payments-db', at: at(1), requests: ['r1'] }],
    removed: [{ grant: 'other', ended: 'deadline', proof: 'proven 2026-11-22T03:00:00Z' }],
  },
  passSeconds: 60,
};

test('is read back as it was, by nobody but its owner, and leaves nothing beside it', () => {
  const dir = folder();
  writeWatch(dir, saved);
  expect(readWatch(dir)).toEqual(saved);
  expect(statSync(join(dir, 'watch.json')).mode & 0o077).toBe(0);
  writeWatch(dir, { ...saved, lastPass: null, standing: null });
  expect(readWatch(dir)).toMatchObject({ lastPass: null, standing: null });
  expect(readdirSync(dir)).toEqual(['watch.json']);
});

test.each([
  ['nothing', null],
  ['half a file', '{"at": "2026-11-2'],
  ['something else', '[]'],
  ['null', 'null'],
  ['a time that is none', JSON.stringify({ ...saved, at: 'yesterday' })],
  ['no list of alarms', JSON.stringify({ ...saved, alarms: undefined })],
])('%s on disk is nothing to go on from', (_, text) => {
  const dir = folder();
  if (text !== null) writeFileSync(join(dir, 'watch.json'), text);
  expect(readWatch(dir)).toBeNull();
});

test('an alarm whose code another version had is left out', () => {
  const dir = folder();
  const [first] = saved.alarms;
  writeFileSync(join(dir, 'watch.json'), JSON.stringify({ ...saved, alarms: [first, { ...first, code: 'gone' }] }));
  expect(restoredAlarms(readWatch(dir))).toEqual([first]);
});

describe('a new process', () => {
  test('goes on where the last one ended', () => {
    const memory = emptyMemory();
    restoreMemory({ memory }, saved);
    expect(memory.failing).toEqual(new Map([['payments-db', { since: at(1), reason: 'AWS is down' }]]));
    expect([...memory.saidAlarms]).toEqual(['grant-edited x']);
    expect(memory.alarmIssue).toEqual({ number: 7, quiet: false });
    const { proofs, ...rest } = rememberedBy({ memory }, null, at(20));
    expect(rest).toEqual({ saidAlarms: ['grant-edited x'], alarmIssue: 7 });
    // A removal is proved anew: nobody reads a proof back from a file.
    expect(proofs).toEqual({ granted: saved.proofs.granted, removed: [] });
  });

  test('begins with nothing where there is nothing', () => {
    const memory = emptyMemory();
    restoreMemory({ memory }, null);
    expect([restoredAlarms(null), memory.failing.size, memory.alarmIssue.number]).toEqual([[], 0, null]);
  });
});

test('proofs of grants that were recorded long ago are let go, those of a pending removal kept', () => {
  const memory = emptyMemory();
  restoreMemory({ memory }, saved);
  memory.proven.set('payments-db', { ended: 'deadline', proof: 'proven' });
  const ledger = built((h) => {
    h.grant('payments-db', 0);
    h.merge(62, h.removal('payments-db'), { changes: [h.remove('payments-db')] });
  });
  const kept = (days: number) => rememberedBy({ memory }, ledger, at(62 + days * 24 * 60)).proofs;
  expect([kept(90).granted.length, kept(91).granted.length]).toEqual([1, 0]);
  expect(kept(91).removed).toEqual([{ grant: 'payments-db', ended: 'deadline', proof: 'proven' }]);
});
