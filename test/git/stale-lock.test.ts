// A git that is killed while it writes a ref leaves its lock for good; the next one must not fail on it for good.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { branchFetcher } from '../../app/git/fetch.ts';
import { commitOf } from '../../app/git/objects.ts';
import { removeStaleLocks } from '../../app/git/stale-lock.ts';
import { trust } from '../../app/git/trusted-tip.ts';
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

const fetch = (dir = mirror.dir) =>
  branchFetcher({ dir, branch: 'main', url: async () => `file://${origin.dir}`, token: async () => 'x' })();

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
  age(lock, ageMs);
  return lock;
}

function age(file: string, ms: number): void {
  const then = new Date(Date.now() - ms);
  utimesSync(file, then, then);
}

test('a fetch goes on after one that was killed with its locks held', async () => {
  const stop = killWriters();
  chmodSync(join(mirror.dir, 'hooks', 'reference-transaction'), 0o700);
  await expect(fetch()).rejects.toThrow('git fetch failed');
  stop();
  expect(locks()).not.toEqual([]);
  await expect(fetch()).rejects.toThrow('File exists');
  for (const name of locks()) age(join(mirror.dir, name), 11_000);
  await fetch();
  expect(await commitOf(mirror.dir, REF)).toBe(await commitOf(origin.dir, REF));
  expect(locks()).toEqual([]);
});

test('so does the note of what was verified last', async () => {
  const sha = mirror.commit({ tree: mirror.tree({ a: '1\n' }) });
  lockOf('refs/breakglass/trusted', 11_000);
  await trust(mirror.dir, sha);
  expect(await commitOf(mirror.dir, 'refs/breakglass/trusted')).toBe(sha);
  expect(locks()).toEqual([]);
});

test('a lock of this moment is somebody’s', async () => {
  const lock = lockOf(REF, 0);
  await expect(fetch()).rejects.toThrow(/File exists/);
  expect(existsSync(lock)).toBe(true);
});

const HOLDERS: readonly [string, (dir: string) => string[], (dir: string) => string][] = [
  ['of ours', (dir) => ['-C', dir, 'hash-object', '--stdin'], () => '/'],
  ['that names it otherwise', (dir) => ['--git-dir', dir, 'hash-object', '--stdin'], () => '/'],
  ['of somebody who stands in it', () => ['hash-object', '--stdin'], (dir) => dir],
];

test.each(HOLDERS)(
  'so is one while a git %s works in the repository, for as long as a git may run',
  async (_, args, cwd) => {
    const other = spawn('git', args(mirror.dir), { cwd: cwd(mirror.dir), stdio: ['pipe', 'ignore', 'ignore'] });
    const lock = lockOf(REF, 60_000);
    await expect(fetch()).rejects.toThrow(/File exists/);
    expect(existsSync(lock)).toBe(true);
    lockOf(REF, 200_000);
    await fetch();
    expect(existsSync(lock)).toBe(false);
    other.kill();
  },
);

test('a lock elsewhere is never touched, whatever a message names', async () => {
  const elsewhere = join(origin.dir, 'x.lock');
  writeFileSync(elsewhere, '');
  const said = `fatal: Unable to create '${elsewhere}': File exists.\nUnable to create '${mirror.dir}/../x.lock': File exists`;
  expect(await removeStaleLocks(mirror.dir, said)).toBe(false);
  expect(existsSync(elsewhere)).toBe(true);
});

test('through a link as well, whose real path is what git names', async () => {
  const link = `${mirror.dir}-link`;
  symlinkSync(mirror.dir, link);
  lockOf(REF, 11_000);
  await fetch(link);
  expect(locks()).toEqual([]);
  unlinkSync(link);
});

test('by the clock of the disk, so that a lock of this moment is none of an hour ago', async () => {
  const lock = lockOf(REF, 0);
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  expect(await removeStaleLocks(mirror.dir, `fatal: Unable to create '${lock}': File exists.`)).toBe(false);
  vi.restoreAllMocks();
  expect(existsSync(lock)).toBe(true);
});
