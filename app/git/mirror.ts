// The bare mirror of the access repository: fetched, never checked out, never pushed from.
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TreeChange } from '../core/ledger/history.ts';
import { branchFetcher, type FetchOptions, type Head, headsFetcher } from './fetch.ts';
import { git } from './git.ts';
import { remembered } from './immutable.ts';
import { readAnew } from './object-reader.ts';
import { commitOf, describeObjects, readObjects } from './objects.ts';
import { policiesTreeOf, readPolicyFiles } from './policy-files.ts';
import { readPolicyWithTests } from './policy-test-files.ts';
import { diffTrees } from './raw-diff.ts';

export type Mirror = {
  readonly dir: string;
  /**
   * Fetches the branch where it has moved and, beside it, the heads that are given. The branch is there even when this throws
   * for a head. `surely`: git itself must have fetched, as before a merge, whose commit is read by it.
   */
  readonly fetch: (heads?: readonly Head[], how?: 'surely') => Promise<void>;
  /** How long ago the branch was last asked for, in milliseconds; Infinity before the first fetch. */
  readonly fetchedAgoMs: () => number;
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

export async function openMirror(options: FetchOptions): Promise<Mirror> {
  const { dir, branch } = options;
  // One after the other: the second must not put aside what the first has made.
  let making: Promise<unknown> = Promise.resolve();
  const made = (): Promise<void> => {
    const next = making.then(() => makeUnlessThere(dir, branch));
    making = next.catch(() => {});
    return next;
  };
  await made();
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  const fetchBranch = branchFetcher(options);
  const fetchHeads = headsFetcher(options, fetchBranch);
  const fetch = async (heads: readonly Head[] = [], how?: 'surely'): Promise<void> => {
    // Not the time of day, which somebody may set back.
    const began = performance.now();
    await made();
    const fetching = fetchHeads(heads);
    // Whichever fails first, the other is heard as well.
    fetching.catch(() => {});
    await fetchBranch(how);
    fetchedAtMs = began;
    await fetching;
  };
  return {
    dir,
    fetch,
    fetchedAgoMs: () => performance.now() - fetchedAtMs,
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
const isSmall = (changes: readonly TreeChange[]): boolean =>
  changes.length <= 100 && changes.every((one) => one.path.length <= 500);

/**
 * A mirror that is gone or damaged is fetched anew. What is not a repository must not be left to git, which would take the
 * one around it, where the data folder lies in a checkout.
 */
async function makeUnlessThere(dir: string, branch: string): Promise<void> {
  if (await isRepository(dir)) return;
  if (await exists(dir)) await rename(dir, `${dir}.damaged-${Date.now()}`);
  await makeMirror(dir, branch);
  readAnew(dir);
}

/** As git itself asks. A disk that does not answer is no answer. */
async function isRepository(dir: string): Promise<boolean> {
  const isFolder = async (name: string) => (await stat(join(dir, name))).isDirectory();
  try {
    const head = await readFile(join(dir, 'HEAD'), 'utf8');
    return /^(ref: refs\/|[0-9a-f]{40})/.test(head) && (await isFolder('objects')) && (await isFolder('refs'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return false;
    throw error;
  }
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

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
