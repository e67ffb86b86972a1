// The bare mirror of the access repository: fetched, never checked out, never pushed from.
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeChange } from '../core/ledger/history.ts';
import { git, gitText } from './git.ts';
import { diffTrees } from './raw-diff.ts';

export type Mirror = {
  readonly dir: string;
  /** Fetches the branch and, where given, the heads of pull requests; in one round trip. */
  readonly fetch: (pulls?: readonly number[]) => Promise<void>;
  readonly tip: () => Promise<string>;
  /** The fetched head of a pull request; null when it was never fetched. */
  readonly pullHead: (number: number) => Promise<string | null>;
  readonly mergeBase: (a: string, b: string) => Promise<string | null>;
  readonly changes: (from: string, to: string) => Promise<readonly TreeChange[]>;
  /** Tree id of the three-way merge; null on a conflict. */
  readonly mergeTree: (ours: string, theirs: string) => Promise<string | null>;
};

export type MirrorOptions = {
  readonly dir: string;
  /** Asked for at every fetch: GitHub may be out of reach when the mirror is opened, or the repository renamed. */
  readonly url: () => Promise<string>;
  readonly branch: string;
  /** An installation token; asked for at every fetch, as it lives for an hour. */
  readonly token: () => Promise<string>;
};

export async function openMirror(options: MirrorOptions): Promise<Mirror> {
  const { dir, branch } = options;
  if (!(await exists(join(dir, 'HEAD')))) await makeMirror(dir, branch);
  const text = (...args: string[]) => gitText({ dir, args });
  return {
    dir,
    fetch: coalesced((pulls) => fetchEach(options, pulls)),
    tip: () => text('rev-parse', '--verify', `refs/heads/${branch}^{commit}`),
    pullHead: async (number) =>
      emptyIsNull(await optional(dir, ['rev-parse', '--verify', '--quiet', `refs/pull/${number}/head^{commit}`])),
    mergeBase: async (a, b) => emptyIsNull(await optional(dir, ['merge-base', a, b])),
    changes: (from, to) => diffTrees(dir, from, to),
    mergeTree: async (ours, theirs) => {
      const { code, stdout } = await git({ dir, args: ['merge-tree', '--write-tree', ours, theirs], accept: [1] });
      return code === 0 ? stdout.toString('utf8').trim() : null;
    },
  };
}

/** Made aside and moved into place whole: another process may be making the same one, and either may die half-way. */
async function makeMirror(dir: string, branch: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const aside = await mkdtemp(`${dir}-`);
  await git({ dir: aside, args: ['init', '--bare', '--quiet', '--template=', `--initial-branch=${branch}`] });
  try {
    await rename(aside, dir);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!(await exists(join(dir, 'HEAD')))) throw error;
  }
}

async function fetchRefs({ dir, url, branch, token }: MirrorOptions, pulls: readonly number[]): Promise<void> {
  const refs = [
    `+refs/heads/${branch}:refs/heads/${branch}`,
    ...pulls.map((n) => `+refs/pull/${n}/head:refs/pull/${n}/head`),
  ];
  const from = await url();
  const authorization = `basic ${Buffer.from(`x-access-token:${await token()}`).toString('base64')}`;
  await git({
    dir,
    args: ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--force', '--end-of-options', from, ...refs],
    authorization,
  });
}

/** Pull requests whose heads could not be fetched, each with the reason. */
type Unfetched = ReadonlyMap<number, unknown>;

/** One round trip for all; when that fails, one for each, so that a head that cannot be fetched fails nobody else. */
async function fetchEach(options: MirrorOptions, pulls: readonly number[]): Promise<Unfetched> {
  try {
    await fetchRefs(options, pulls);
    return new Map();
  } catch (error) {
    if (pulls.length === 0) throw error;
  }
  await fetchRefs(options, []);
  const failed = new Map<number, unknown>();
  for (const pull of pulls) await fetchRefs(options, [pull]).catch((error: unknown) => failed.set(pull, error));
  return failed;
}

/** Fetches do not overlap (ref locks); calls that arrive meanwhile share the next one. */
function coalesced(run: (pulls: readonly number[]) => Promise<Unfetched>): Mirror['fetch'] {
  let running: Promise<unknown> = Promise.resolve();
  let next: { readonly pulls: Set<number>; readonly done: Promise<Unfetched> } | null = null;
  const join = (pulls: readonly number[]): Promise<Unfetched> => {
    if (next === null) {
      const wanted = new Set<number>();
      const done = running
        .catch(() => {})
        .then(() => {
          next = null;
          const fetching = run([...wanted]);
          running = fetching;
          return fetching;
        });
      next = { pulls: wanted, done };
    }
    for (const pull of pulls) next.pulls.add(pull);
    return next.done;
  };
  return async (pulls = []) => {
    const failed = await join(pulls);
    for (const pull of pulls) if (failed.has(pull)) throw failed.get(pull);
  };
}

async function optional(dir: string, args: readonly string[]): Promise<string> {
  return (await git({ dir, args, accept: [1, 128] })).stdout.toString('utf8').trim();
}

function emptyIsNull(text: string): string | null {
  return /^[0-9a-f]{40,64}$/.test(text) ? text : null;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
