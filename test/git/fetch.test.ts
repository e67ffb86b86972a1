// Heads that cannot be fetched cost little, once, and nobody else; a GitHub out of reach is nobody's fault.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branchFetcher, type FetchOptions, type Head, headsFetcher, PAUSE_MS } from '../../app/git/fetch.ts';
import { git } from '../../app/git/git.ts';
import { commitOf } from '../../app/git/objects.ts';
import { createRepository, type Repository } from './repository.ts';

let origin: Repository;
let dir: string;
let fetches: number;
let url: string;
let options: FetchOptions;
let now: number;

beforeEach(async () => {
  origin = createRepository();
  dir = mkdtempSync(join(tmpdir(), 'breakglass-fetch-'));
  await git({ dir, args: ['init', '--bare', '--quiet'] });
  origin.setBranch('main', origin.commit({ tree: origin.tree({ a: '1\n' }) }));
  [fetches, now, url] = [0, 0, `file://${origin.dir}`];
  options = {
    dir,
    branch: 'main',
    url: async () => url,
    token: async () => {
      fetches += 1;
      return 'secret';
    },
  };
});
afterEach(() => {
  origin.remove();
  rmSync(dir, { recursive: true, force: true });
});

const fetcher = () => headsFetcher(options, branchFetcher(options), () => now);
const head = (number: number): Head => ({ number, sha: `${number}`.repeat(40).slice(0, 40) });
const there = (number: number): Head => {
  origin.git(['update-ref', `refs/pull/${number}/head`, 'refs/heads/main']);
  return head(number);
};

test('whoever can be fetched is, whatever stands beside it', async () => {
  const fetch = fetcher();
  const good = [1, 2, 3, 4, 5].map(there);
  await expect(fetch([head(98), ...good, head(99)])).rejects.toThrow('git fetch failed');
  for (const { number } of good) expect(await commitOf(dir, `refs/pull/${number}/head`), `${number}`).not.toBeNull();
});

test('a head that failed is left alone, longer each time, and fails at once meanwhile', async () => {
  const fetch = fetcher();
  await expect(fetch([head(99)])).rejects.toThrow('git fetch failed');
  let pauseMs = PAUSE_MS.first;
  for (let i = 0; i < 12; i += 1) {
    fetches = 0;
    now += pauseMs - 1;
    await expect(fetch([head(99)])).rejects.toThrow('git fetch failed');
    expect(fetches).toBe(0);
    now += 1;
    await expect(fetch([head(99)])).rejects.toThrow('git fetch failed');
    expect(fetches).toBeGreaterThan(0);
    pauseMs = Math.min(PAUSE_MS.most, pauseMs * 2);
  }
});

test('what was pushed since is another head, and is asked for at once', async () => {
  const fetch = fetcher();
  await expect(fetch([{ number: 7, sha: 'a'.repeat(40) }])).rejects.toThrow('git fetch failed');
  there(7);
  await fetch([{ number: 7, sha: 'b'.repeat(40) }]);
  expect(await commitOf(dir, 'refs/pull/7/head')).not.toBeNull();
});

test('a head that could not be fetched and now can counts from the next time on', async () => {
  const fetch = fetcher();
  await expect(fetch([head(7)])).rejects.toThrow('git fetch failed');
  there(7);
  now += PAUSE_MS.first;
  await fetch([head(7)]);
  await fetch([head(7)]);
});

test('with GitHub out of reach no head is left alone for it', async () => {
  const fetch = fetcher();
  url = 'file:///nowhere/at/all';
  await expect(fetch([there(1), head(99)])).rejects.toThrow('git fetch failed');
  url = `file://${origin.dir}`;
  await fetch([head(1)]);
  expect(await commitOf(dir, 'refs/pull/1/head')).not.toBeNull();
});

test('twenty heads that cannot be fetched cost nothing more while they are left alone', async () => {
  const fetch = fetcher();
  const bad = Array.from({ length: 20 }, (_, i) => head(100 + i));
  await expect(fetch(bad)).rejects.toThrow('git fetch failed');
  fetches = 0;
  await fetch([...bad, there(1)]).catch(() => {});
  expect(await commitOf(dir, 'refs/pull/1/head')).not.toBeNull();
  expect(fetches).toBe(1);
});
