// The mirror: fetches the branch and pull request heads, diffs, and merges without checking anything out.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { git } from '../../app/git/git.ts';
import { type Mirror, openMirror } from '../../app/git/mirror.ts';
import { describeObjects, readObjects } from '../../app/git/objects.ts';
import { diffPairs } from '../../app/git/raw-diff.ts';
import { createRepository, type Files, type Repository } from './repository.ts';

let origin: Repository;
let mirror: Mirror;
let dir: string;
let base: string;
let tokens: number;
/** How long a fetch that has begun does not go on. */
let held: Promise<unknown>;

const commit = (files: Files, ...parents: readonly string[]) => origin.commit({ tree: origin.tree(files), parents });
const pull = (number: number, sha: string) => void origin.git(['update-ref', `refs/pull/${number}/head`, sha]);
const heads = (...numbers: readonly number[]) => numbers.map((number) => ({ number, sha: 'as the API says' }));

beforeEach(async () => {
  origin = createRepository();
  dir = mkdtempSync(join(tmpdir(), 'breakglass-mirror-'));
  tokens = 0;
  held = Promise.resolve();
  base = commit({ a: '1\n', b: '1\n' });
  origin.setBranch('main', base);
  const token = async () => {
    tokens += 1;
    await held;
    return 'secret';
  };
  mirror = await openMirror({
    dir: join(dir, 'mirror.git'),
    url: async () => `file://${origin.dir}`,
    branch: 'main',
    token,
  });
});
afterEach(() => {
  origin.remove();
  rmSync(dir, { recursive: true, force: true });
});

describe('fetch', () => {
  test('brings the branch and the heads asked for, and checks nothing out', async () => {
    const head = commit({ a: '2\n', b: '1\n' }, base);
    pull(7, head);
    await mirror.fetch();
    expect(await mirror.tip()).toBe(base);
    expect(await mirror.pullHead(7)).toBeNull();
    await mirror.fetch(heads(7));
    expect(await mirror.pullHead(7)).toBe(head);
    expect(existsSync(join(mirror.dir, 'HEAD'))).toBe(true);
    expect(readdirSync(mirror.dir)).not.toContain('a');
  });

  test('follows a rewritten branch and a force-pushed head, so that both are seen as they are', async () => {
    pull(7, commit({ a: '2\n' }, base));
    await mirror.fetch(heads(7));
    const other = commit({ a: '9\n' });
    origin.setBranch('main', other);
    pull(7, other);
    await mirror.fetch(heads(7));
    expect([await mirror.tip(), await mirror.pullHead(7)]).toEqual([other, other]);
  });

  test('opens an existing mirror again with what it had', async () => {
    await mirror.fetch();
    const again = await openMirror({
      dir: mirror.dir,
      url: async () => 'file:///nowhere',
      branch: 'main',
      token: async () => 'x',
    });
    expect(await again.tip()).toBe(base);
    await expect(again.fetch()).rejects.toThrow('git fetch failed');
  });

  test.each<[string, (dir: string) => void]>([
    ['is gone', (dir) => rmSync(dir, { recursive: true })],
    ['has lost its objects', (dir) => rmSync(join(dir, 'objects'), { recursive: true })],
    ['was cut short by a crash', (dir) => writeFileSync(join(dir, 'HEAD'), '')],
    [
      'is no folder',
      (dir) => {
        rmSync(dir, { recursive: true });
        writeFileSync(dir, '');
      },
    ],
  ])('makes a mirror anew that %s, and never takes the repository around it for its own', async (_, damage) => {
    const around = createRepository();
    const options = { dir: join(around.dir, 'mirror.git'), url: async () => `file://${origin.dir}`, branch: 'main' };
    const inside = await openMirror({ ...options, token: async () => 'x' });
    await inside.fetch();
    damage(inside.dir);
    await Promise.all([inside.fetch(), inside.fetch()]);
    expect((await git({ dir: inside.dir, args: ['rev-parse', 'main'] })).stdout.toString().trim()).toBe(base);
    expect(around.git(['for-each-ref'])).toBe('');
    around.remove();
  });

  test('calls that come while one runs share the next one', async () => {
    const shas = [1, 2, 3].map((n) => commit({ a: `${n}\n` }, base));
    shas.forEach((sha, i) => {
      pull(i + 1, sha);
    });
    // One runs until all have asked, however slowly a busy machine lets them.
    held = sleep(500);
    const running = mirror.fetch();
    await Promise.resolve();
    await Promise.all([running, mirror.fetch(heads(1)), mirror.fetch(heads(2)), mirror.fetch(heads(3))]);
    expect(await Promise.all([1, 2, 3].map(mirror.pullHead))).toEqual(shas);
    // The branch twice, and the heads at most twice beside it.
    expect(tokens).toBeLessThanOrEqual(4);
  });

  test('a failure is told to whoever asked and does not stop the next fetch', async () => {
    await expect(mirror.fetch(heads(404))).rejects.toThrow(/git fetch failed/);
    await mirror.fetch();
    expect(await mirror.tip()).toBe(base);
  });

  test('objects that break the rules of Git are refused', async () => {
    const bad = origin
      .git(
        ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
        Buffer.concat([Buffer.from('100644 .git\0'), Buffer.alloc(20, 1)]),
      )
      .trim();
    origin.setBranch('main', origin.commit({ tree: bad, parents: [base] }));
    await expect(mirror.fetch()).rejects.toThrow('git fetch failed');
  });
});

describe('git', () => {
  test('a failure names the command and what git said, never the token', async () => {
    const failed = git({
      dir: mirror.dir,
      args: ['rev-parse', '--verify', 'nothing'],
      authorization: 'basic c2VjcmV0',
    });
    await expect(failed).rejects.toThrow(/^git rev-parse failed \(exit 128\): fatal:/);
    await expect(failed).rejects.not.toThrow(/c2VjcmV0/);
  });

  test('is killed when it takes too long, with the helpers that hold its pipes', async () => {
    const started = Date.now();
    const hangs = git({ dir: mirror.dir, args: ['-c', 'alias.wait=!sleep 20', 'wait'], timeoutMs: 100 });
    await expect(hangs).rejects.toThrow('killed by SIGTERM');
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test('though its helpers do not listen', async () => {
    const started = Date.now();
    const wait = "alias.wait=!trap '' TERM; sleep 600 & wait; sleep 600";
    const hangs = git({ dir: mirror.dir, args: ['-c', wait, 'wait'], timeoutMs: 500 });
    await expect(hangs).rejects.toThrow('git -c failed');
    expect(Date.now() - started).toBeLessThan(10_000);
  });
});

describe('merge base, ancestry, changes', () => {
  test('renames are taken apart; modes, blobs and odd names are as they are', async () => {
    const odd = 'b\n:100644 A \u001b"x';
    const head = commit(
      { c: '1\n', b: { mode: '100755', text: '1\n' }, [odd]: { mode: '120000', text: '/etc/passwd' } },
      base,
    );
    pull(1, head);
    await mirror.fetch(heads(1));
    const changes = await mirror.changes(base, head);
    expect(changes.map(({ path, status, oldMode, newMode }) => [path, status, oldMode, newMode])).toEqual([
      ['a', 'D', '100644', '000000'],
      ['b', 'M', '100644', '100755'],
      [odd, 'A', '000000', '120000'],
      ['c', 'A', '000000', '100644'],
    ]);
    expect(changes[0]?.oldBlob).toBe(changes[3]?.newBlob);
  });

  test('unrelated histories have no merge base', async () => {
    const other = commit({ z: '1\n' });
    pull(1, other);
    await mirror.fetch(heads(1));
    expect(await mirror.mergeBase(base, other)).toBeNull();
    expect(await mirror.mergeBase(base, base)).toBe(base);
  });

  test('several commits at once, each against the parent named, and only below the path', async () => {
    const second = commit({ a: '2\n', grants: '1\n' }, base);
    const third = commit({ a: '3\n', grants: '2\n' }, second);
    const fourth = commit({ a: '4\n', grants: '2\n' }, third);
    const pairs = [
      { commit: second, parent: base },
      { from: origin.tree({ a: '1\n' }), to: origin.tree({ a: '2\n', grants: '3\n' }) },
      { commit: third, parent: second },
      { commit: fourth, parent: third },
    ];
    const found = await diffPairs(origin.dir, pairs, 'grants');
    expect(found.map((changes) => changes.map((one) => `${one.status} ${one.path}`))).toEqual([
      ['A grants'],
      ['A grants'],
      ['M grants'],
      [],
    ]);
  });
});

describe('mergeTree', () => {
  test('is the tree of the merge, or null on a conflict', async () => {
    const ours = commit({ a: '2\n', b: '1\n' }, base);
    const theirs = commit({ a: '1\n', b: '2\n' }, base);
    const conflict = commit({ a: '3\n', b: '1\n' }, base);
    [ours, theirs, conflict].forEach((sha, i) => {
      pull(i + 1, sha);
    });
    await mirror.fetch(heads(1, 2, 3));
    expect(await mirror.mergeTree(ours, theirs)).toBe(origin.tree({ a: '2\n', b: '2\n' }));
    expect(await mirror.mergeTree(ours, conflict)).toBeNull();
  });
});

describe('objects', () => {
  test('in the order asked, exact to the byte, null for what is not there', async () => {
    const bytes = Buffer.from(`${'a'.repeat(40)} blob 3\nabc\n\0missing\n`);
    const id = origin.blob(bytes);
    const empty = origin.blob('');
    const asked = [id, 'f'.repeat(40), empty, `${base}:a`, `${base}:nothing here`];
    const read = await readObjects(origin.dir, asked);
    expect(read.map((one) => one?.bytes.toString() ?? null)).toEqual([bytes.toString(), null, '', '1\n', null]);
    const described = await describeObjects(origin.dir, asked);
    expect(described.map((one) => one?.size ?? null)).toEqual([bytes.length, null, 0, 2, null]);
    expect([await readObjects(origin.dir, []), await describeObjects(origin.dir, [])]).toEqual([[], []]);
  });
});
