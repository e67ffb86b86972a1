// Early ends outlive the process, the comment that asked for them, and each other's writers.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRevocations } from '../../app/reconcile/revocations.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'revocations-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what one process wrote, the next and a second one read', () => {
  const first = openRevocations(join(folder, 'ended'));
  const second = openRevocations(join(folder, 'ended'));
  first.set('db-down', 'revoked by octocat (583231) 2026-11-22T03:04:00Z');
  second.set('other', 'revoked by hubot (480938) 2026-11-22T03:05:00Z');
  const restarted = openRevocations(join(folder, 'ended'));
  expect([restarted.get('db-down'), restarted.has('other'), restarted.has('third')]).toEqual([
    'revoked by octocat (583231) 2026-11-22T03:04:00Z',
    true,
    false,
  ]);
});

test('the first word stands until the end is recorded', () => {
  const revocations = openRevocations(folder);
  revocations.set('db-down', 'first');
  revocations.set('db-down', 'second');
  expect(revocations.get('db-down')).toBe('first');
  revocations.forget('db-down');
  expect(revocations.has('db-down')).toBe(false);
});

test('no id becomes another path', () => {
  const revocations = openRevocations(folder);
  revocations.set('../../etc/passwd', 'x');
  expect(readdirSync(folder)).toEqual([Buffer.from('../../etc/passwd').toString('hex')]);
});
