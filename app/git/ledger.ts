// Reads the first-parent history of a repository into the ledger, verified from the configured root.
import { isUtf8 } from 'node:buffer';
import { LARGEST_GRANT } from '../core/grant/parse.ts';
import { type Folded, foldLedger } from '../core/ledger/fold.ts';
import type { Contents, History, HistoryCommit, Root, TreeChange } from '../core/ledger/history.ts';
import { parsePolicy } from '../core/policy/parse.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Parsed } from '../core/result.ts';
import { gitText } from './git.ts';
import { commitOf, describeObjects, firstParent, readObjects } from './objects.ts';
import { readPolicyFiles } from './policy-files.ts';
import { diffPairs, type Pair } from './raw-diff.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** `tip` is any commit name; `dir` any repository, bare or not. */
export async function readLedger(dir: string, root: Root, tip: string): Promise<Folded> {
  const before = readBefore?.dir === dir && readBefore.genesis === root.genesis ? readBefore : null;
  const history = await readHistory(dir, root.genesis, { tip, known: before?.history ?? null });
  if (history === null) {
    const reason = `the configured genesis ${root.genesis} is not in the first-parent history of ${tip}: the history was rewritten, or the wrong commit is configured`;
    return { kind: 'no-root', reason };
  }
  const blobs = await readGrantBlobs(dir, history, before?.blobs ?? new Map());
  readBefore = { dir, genesis: root.genesis, history, blobs };
  return foldLedger(root, history, await readContents(dir, history, blobs));
}

/** Read last, and the newest commit's own: a branch mostly moves by a commit or two, and what is before them never changes. */
let readBefore: Before | null = null;

type Before = {
  readonly dir: string;
  readonly genesis: string;
  readonly history: History;
  /** Of its grant files, by id. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
};

type Reading = { readonly tip: string; readonly known: History | null };

async function readHistory(dir: string, genesis: string, { tip, known }: Reading): Promise<History | null> {
  const later = known === null ? null : await laterThan(dir, known, tip);
  if (known === null || later === null) return await readWhole(dir, genesis, tip);
  return [...known, ...(await readCommits(dir, later))];
}

const NEAR = 50;

/** The commits from the newest that is known to `tip`, oldest first, with their parents; null where they are not found nearby. */
async function laterThan(dir: string, known: History, tip: string): Promise<readonly Step[] | null> {
  const newest = known.at(-1)?.sha;
  const steps: Step[] = [];
  let sha = await commitOf(dir, tip);
  while (sha !== null && sha !== newest && steps.length < NEAR) {
    const parent: string | null = await firstParent(dir, sha);
    if (parent !== null) steps.unshift({ sha, parent });
    sha = parent;
  }
  return sha !== null && sha === newest ? steps : null;
}

/** A commit and its first parent; null for genesis, which brings everything that it has, whatever was before it. */
type Step = { readonly sha: string; readonly parent: string | null };

async function readWhole(dir: string, genesis: string, tip: string): Promise<History | null> {
  const listed = await gitText({ dir, args: ['rev-list', '--first-parent', '--end-of-options', tip] });
  const newestFirst = listed.split('\n');
  const at = newestFirst.indexOf(genesis);
  if (at < 0) return null;
  const shas = newestFirst.slice(0, at + 1).reverse();
  const steps = shas.map((sha, i): Step => ({ sha, parent: shas[i - 1] ?? null }));
  const [first, ...rest] = await readCommits(dir, steps);
  return first === undefined ? null : [first, ...rest];
}

async function readCommits(dir: string, steps: readonly Step[]): Promise<readonly HistoryCommit[]> {
  const shas = steps.map(({ sha }) => sha);
  const [objects, policies, changes] = await Promise.all([
    readObjects(dir, shas),
    describeObjects(
      dir,
      shas.map((sha) => `${sha}:policies`),
    ),
    changesBelowGrants(dir, steps),
  ]);
  return shas.map((sha, i): HistoryCommit => {
    const tree = policies[i];
    const commit = objects[i];
    if (commit?.type !== 'commit') throw new Error(`the commit ${sha} cannot be read from ${dir}`);
    return {
      ...readCommit(commit.bytes),
      sha,
      policiesTree: tree?.type === 'tree' ? tree.id : null,
      changes: changes[i] ?? [],
    };
  });
}

async function changesBelowGrants(dir: string, steps: readonly Step[]): Promise<readonly (readonly TreeChange[])[]> {
  const pairs = await Promise.all(
    steps.map(async ({ sha, parent }): Promise<Pair> => {
      if (parent !== null) return { commit: sha, parent };
      const [tree] = await describeObjects(dir, [`${sha}^{tree}`]);
      return { from: EMPTY_TREE, to: tree?.id ?? EMPTY_TREE };
    }),
  );
  return await diffPairs(dir, pairs, 'grants');
}

/** From the raw object: a message can hold any byte, so no output format of `git log` is safe to take apart. */
function readCommit(bytes: Buffer): { readonly committedAt: Date; readonly message: string } {
  // Bytes that are not UTF-8 must not be read as if they were: that would give two messages the same text.
  const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
  const end = text.indexOf('\n\n');
  const headers = end < 0 ? text : text.slice(0, end);
  const seconds = /^committer .*> (\d{1,12}) [+-]\d{4}$/m.exec(headers)?.[1];
  return { committedAt: new Date(Number(seconds ?? 0) * 1000), message: end < 0 ? '' : text.slice(end + 2) };
}

async function readContents(dir: string, history: History, blobs: ReadonlyMap<string, Uint8Array>): Promise<Contents> {
  const trees = [...new Set(history.flatMap((one) => (one.policiesTree === null ? [] : [one.policiesTree])))];
  // What is known already is held from here on: the cache may forget it meanwhile.
  const known = new Map(trees.map((tree) => [tree, parsedPolicies.get(tree)] as const));
  const unread = trees.filter((tree) => known.get(tree) === undefined);
  const files = new Map(
    await Promise.all(unread.map(async (tree) => [tree, await readPolicyFiles(dir, tree)] as const)),
  );
  return {
    blob: (id) => blobs.get(id) ?? null,
    policy: (tree) => known.get(tree) ?? parsedPolicy(tree, files.get(tree) ?? new Map()),
  };
}

/** A blob that is larger than any grant may be is not read at all. */
async function readGrantBlobs(
  dir: string,
  history: History,
  known: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const changes = history.flatMap((one) => one.changes).filter((one) => one.newMode === '100644');
  const wanted = [...new Set(changes.map((one) => one.newBlob))];
  const unread = wanted.filter((id) => !known.has(id));
  const described = await describeObjects(dir, unread);
  const small = unread.filter((_, i) => (described[i]?.size ?? Number.POSITIVE_INFINITY) <= LARGEST_GRANT);
  const read = new Map(
    (await readObjects(dir, small)).flatMap((one) => (one === null ? [] : [[one.id, one.bytes] as const])),
  );
  return new Map(
    wanted.flatMap((id) => {
      const bytes = known.get(id) ?? read.get(id);
      return bytes === undefined ? [] : [[id, bytes] as const];
    }),
  );
}

/** Content by tree id never changes, so a parsed policy is kept for the life of the process. */
const parsedPolicies = new Map<string, Parsed<Policy>>();
const MOST_POLICIES = 200;

export function parsedPolicy(tree: string, files: ReadonlyMap<string, Uint8Array>): Parsed<Policy> {
  const known = parsedPolicies.get(tree);
  if (known !== undefined) return known;
  const parsed = parsePolicy(files);
  if (parsedPolicies.size >= MOST_POLICIES) parsedPolicies.clear();
  parsedPolicies.set(tree, parsed);
  return parsed;
}
