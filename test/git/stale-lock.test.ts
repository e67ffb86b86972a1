// A git that is killed while it writes a ref leaves its lock for good; the next one must not fail on it for good.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branchFetcher } from '../../app/git/fetch.ts';
import { git } from '../../app/git/git.ts';
import { commitOf } from '../../app/git/objects.ts';
import { createRepository, type Repository } from './repository.ts';

let origin: Repository;
let mirror: Repository;
const REF = 'refs/heads/main';
beforeEach(() => {
  [origin, mirror] = [createRepository(), createRepository()];
  origin.setBranch('main', origin.commit({ tree: origin.tree({ a: '1\n' }) }));
});
afterEach(() => {
  origin.remove();
  mirror.remove();
});

const fetch = () =>
  branchFetcher({ dir: mirror.dir, branch: 'main', url: async () => `file://${origin.dir}`, token: async () => 'x' })();

const locks = () =>
  readdirSync(mirror.dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock'));

/** Kills the git that is about to write refs, at the moment when it holds their locks. */
function killWriters(): () => void {
  const hook = join(mirror.dir, 'hooks', 'reference-transaction');
  mkdirSync(join(mirror.dir, 'hooks'), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\n[ "$1" = prepared ] && kill -9 $PPID\nexit 0\n');
  return () => chmodSync(hook, 0o600);
}

function lockOf(ref: string, ageMs: number): string {
  const lock = join(mirror.dir, `${ref}.lock`);
  mkdirSync(join(lock, '..'), { recursive: true });
  writeFileSync(lock, '');
  const then = new Date(Date.now() - ageMs);
  utimesSync(lock, then, then);
  return lock;
}

test('a fetch goes on after one that was killed with its locks held', async () => {
  const stop = killWriters();
  chmodSync(join(mirror.dir, 'hooks', 'reference-transaction'), 0o700);
  await expect(fetch()).rejects.toThrow('git fetch failed');
  stop();
  expect(locks()).not.toEqual([]);
  await sleep(1_100);
  await fetch();
  expect(await commitOf(mirror.dir, REF)).toBe(await commitOf(origin.dir, REF));
  expect(locks()).toEqual([]);
});

test('so does the note of what was verified last', async () => {
  const sha = mirror.commit({ tree: mirror.tree({ a: '1\n' }) });
  lockOf('refs/breakglass/trusted', 2_000);
  await git({ dir: mirror.dir, args: ['update-ref', 'refs/breakglass/trusted', sha] });
  expect(await commitOf(mirror.dir, 'refs/breakglass/trusted')).toBe(sha);
  expect(locks()).toEqual([]);
});

test('a lock of this moment is somebody’s', async () => {
  const lock = lockOf(REF, 0);
  await expect(fetch()).rejects.toThrow(/File exists/);
  expect(existsSync(lock)).toBe(true);
});

test('so is one while a git works in the repository, for as long as a git may run', async () => {
  const other = spawn('git', ['-C', mirror.dir, 'hash-object', '--stdin'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const lock = lockOf(REF, 60_000);
  await expect(fetch()).rejects.toThrow(/File exists/);
  expect(existsSync(lock)).toBe(true);
  lockOf(REF, 120_000);
  await fetch();
  expect(existsSync(lock)).toBe(false);
  other.kill();
});

test('a lock elsewhere is never touched, whatever a message names', async () => {
  const elsewhere = join(origin.dir, 'x.lock');
  writeFileSync(elsewhere, '');
  const { removeStaleLocks } = await import('../../app/git/stale-lock.ts');
  const said = `fatal: Unable to create '${elsewhere}': File exists.\nUnable to create '${mirror.dir}/../x.lock': File exists`;
  expect(await removeStaleLocks(mirror.dir, said)).toBe(false);
  expect(existsSync(elsewhere)).toBe(true);
});
