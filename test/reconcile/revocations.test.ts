// Early ends outlive the process, the comment that asked for them, and each other's writers.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
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

const fileOf = (id: string) => join(folder, Buffer.from(id).toString('hex'));

test('an end whose file cannot be read stands, is told, and keeps none of the others from being read', () => {
  const unread: string[] = [];
  const revocations = openRevocations(folder, { unread: (file) => unread.push(file) });
  revocations.set('other', 'revoked by hubot');
  mkdirSync(fileOf('db-down'));
  expect(revocations.get('db-down')).toBe('ended early; the file that says by whom cannot be read');
  expect([revocations.has('db-down'), revocations.get('other'), revocations.has('third')]).toEqual([
    true,
    'revoked by hubot',
    false,
  ]);
  expect(unread).toContain(fileOf('db-down'));
  revocations.set('db-down', 'later');
  revocations.forget('db-down');
  expect(revocations.list()).toEqual(['other']);
});

test('what was read once is known while the file cannot be read', () => {
  const revocations = openRevocations(folder);
  revocations.set('db-down', 'revoked by octocat');
  expect(revocations.get('db-down')).toBe('revoked by octocat');
  rmSync(fileOf('db-down'));
  mkdirSync(fileOf('db-down'));
  expect(revocations.get('db-down')).toBe('revoked by octocat');
});

test('a folder that cannot be read: what is known goes on counting, and nobody else has ended', () => {
  const place = join(folder, 'ended');
  const revocations = openRevocations(place);
  revocations.set('db-down', 'revoked by octocat');
  expect(revocations.has('db-down')).toBe(true);
  rmSync(place, { recursive: true });
  // What is not there, and cannot be looked for either.
  symlinkSync(place, place);
  expect([revocations.get('db-down'), revocations.has('other')]).toEqual(['revoked by octocat', false]);
  expect(revocations.list()).toEqual(['db-down']);
});
