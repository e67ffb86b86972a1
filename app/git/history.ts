// The first-parent history of a repository since genesis, read on from where it was read before.
import { isUtf8 } from 'node:buffer';
import type { History, HistoryCommit, TreeChange } from '../core/ledger/history.ts';
import { gitText } from './git.ts';
import { commitOf, describeObjects, firstParentPath, readObjects, readTree } from './objects.ts';
import { diffPairs, type Pair } from './raw-diff.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

type Reading = { readonly tip: string; readonly known: History | null };

/** Oldest first; null where genesis is not in it. `known` is a history that was read before: only what came after it is read. */
export async function readHistory(dir: string, genesis: string, { tip, known }: Reading): Promise<History | null> {
  const later = known === null ? null : await laterThan(dir, known, tip);
  if (known === null || later === null) return await readWhole(dir, genesis, tip);
  return [...known, ...(await readCommits(dir, later))];
}

const NEAR = 50;

/** The commits from the newest that is known to `tip`, oldest first; null where they are not found nearby. */
async function laterThan(dir: string, known: History, tip: string): Promise<readonly Step[] | null> {
  const newest = known.at(-1)?.sha;
  const from = await commitOf(dir, tip);
  if (newest === undefined || from === null) return null;
  const path = await firstParentPath(dir, { from, to: newest, most: NEAR });
  return path?.slice(1).map((sha, i): Step => ({ sha, parent: path[i] ?? newest })) ?? null;
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
  const [objects, roots, changes] = await Promise.all([
    readObjects(dir, shas),
    // Not by `<sha>:policies`, which is missing as well where a tree cannot be read for a moment.
    Promise.all(shas.map((sha) => readTree(dir, `${sha}^{tree}`))),
    changesBelowGrants(dir, steps),
  ]);
  return shas.map((sha, i): HistoryCommit => {
    const tree = roots[i]?.find((one) => one.name === 'policies');
    const commit = objects[i];
    if (commit?.type !== 'commit') throw new Error(`the commit ${sha} cannot be read from ${dir}`);
    return {
      ...readCommit(commit.bytes),
      sha,
      policiesTree: tree?.mode === '040000' ? tree.id : null,
      changes: changes[i] ?? [],
    };
  });
}

async function changesBelowGrants(dir: string, steps: readonly Step[]): Promise<readonly (readonly TreeChange[])[]> {
  const pairs = await Promise.all(
    steps.map(async ({ sha, parent }): Promise<Pair> => {
      if (parent !== null) return { commit: sha, parent };
      const [tree] = await describeObjects(dir, [`${sha}^{tree}`]);
      if (tree?.type !== 'tree') throw new Error(`the tree of the genesis commit ${sha} cannot be read from ${dir}`);
      return { from: EMPTY_TREE, to: tree.id };
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
