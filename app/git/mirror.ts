// The bare mirror of the access repository: fetched, never checked out, never pushed from.
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeChange } from '../core/ledger/history.ts';
import { git } from './git.ts';
import { remembered } from './immutable.ts';
import { commitOf, describeObjects, readObjects } from './objects.ts';
import { policiesTreeOf, readPolicyFiles } from './policy-files.ts';
import { readPolicyWithTests } from './policy-test-files.ts';
import { diffTrees } from './raw-diff.ts';

export type Mirror = {
  readonly dir: string;
  /** Fetches the branch and, where given, the heads of pull requests; in one round trip. */
  readonly fetch: (pulls?: readonly number[]) => Promise<void>;
  /** When the branch was last asked for, by this machine's clock; -Infinity before the first fetch. */
  readonly fetchedAtMs: () => number;
  readonly tip: () => Promise<string>;
  /** The fetched head of a pull request; null when it was never fetched. */
  readonly pullHead: (number: number) => Promise<string | null>;
  readonly mergeBase: (a: string, b: string) => Promise<string | null>;
  readonly changes: (from: string, to: string) => Promise<readonly TreeChange[]>;
  /** Tree id of the three-way merge; null on a conflict. */
  readonly mergeTree: (ours: string, theirs: string) => Promise<string | null>;
  /** A blob by id; null when there is none. */
  readonly blob: (id: string) => Promise<Uint8Array | null>;
  /** Of an object by id, in bytes; null when there is none. */
  readonly sizeOf: (id: string) => Promise<number | null>;
  /** Tree id of `policies/` in a commit or tree; null when there is none. */
  readonly policiesTree: (treeish: string) => Promise<string | null>;
  readonly policyFiles: (tree: string) => Promise<Files>;
  /** With `tests/` below it. */
  readonly policyWithTests: (tree: string) => Promise<Files>;
};

type Files = ReadonlyMap<string, Uint8Array>;

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
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  const fetch = coalesced(async (pulls) => {
    const began = Date.now();
    const failed = await fetchEach(options, pulls);
    fetchedAtMs = began;
    return failed;
  });
  return {
    dir,
    fetch,
    fetchedAtMs: () => fetchedAtMs,
    tip: async () => {
      const tip = await commitOf(dir, `refs/heads/${branch}`);
      if (tip === null) throw new Error(`the mirror has no branch ${branch} yet`);
      return tip;
    },
    pullHead: (number) => commitOf(dir, `refs/pull/${number}/head`),
    mergeBase: remembered((a, b) => mergeBase(dir, a, b)),
    changes: remembered((from, to) => diffTrees(dir, from, to), isSmall),
    mergeTree: remembered((ours, theirs) => mergeTree(dir, ours, theirs)),
    blob: async (id) => (await readObjects(dir, [id]))[0]?.bytes ?? null,
    sizeOf: async (id) => (await describeObjects(dir, [id]))[0]?.size ?? null,
    policiesTree: (treeish) => policiesTreeOf(dir, treeish),
    policyFiles: (tree) => readPolicyFiles(dir, tree),
    policyWithTests: (tree) => readPolicyWithTests(dir, tree),
  };
}

async function mergeBase(dir: string, a: string, b: string): Promise<string | null> {
  const { stdout } = await git({ dir, args: ['merge-base', a, b], accept: [1] });
  return stdout.toString('utf8').trim() || null;
}

async function mergeTree(dir: string, ours: string, theirs: string): Promise<string | null> {
  const { code, stdout } = await git({ dir, args: ['merge-tree', '--write-tree', ours, theirs], accept: [1] });
  return code === 0 ? stdout.toString('utf8').trim() : null;
}

/** A pull request of thousands of files is not worth the memory. */
const isSmall = (changes: readonly TreeChange[]): boolean => changes.length <= 100;

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

/** One round trip for all; when that fails, halves of them, so that a head that cannot be fetched fails nobody else. */
async function fetchEach(options: MirrorOptions, pulls: readonly number[]): Promise<Unfetched> {
  try {
    await fetchRefs(options, pulls);
    return new Map();
  } catch (error) {
    if (pulls.length === 0) throw error;
    // Without any head: whether it is the heads at all.
    await fetchRefs(options, []);
    return pulls.length === 1 ? new Map([[pulls[0] ?? 0, error]]) : await fetchHalves(options, pulls);
  }
}

async function fetchHalves(options: MirrorOptions, pulls: readonly number[]): Promise<Unfetched> {
  const half = Math.ceil(pulls.length / 2);
  const first = await fetchEach(options, pulls.slice(0, half));
  return new Map([...first, ...(await fetchEach(options, pulls.slice(half)))]);
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

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
