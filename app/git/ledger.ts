// Reads the first-parent history of a repository into the ledger, verified from the configured root.
import { isUtf8 } from 'node:buffer';
import { LARGEST_GRANT } from '../core/grant/parse.ts';
import { type Folded, foldLedger } from '../core/ledger/fold.ts';
import type { Contents, History, HistoryCommit, Root, TreeChange } from '../core/ledger/history.ts';
import { parsePolicy } from '../core/policy/parse.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Parsed } from '../core/result.ts';
import { gitText } from './git.ts';
import { describeObjects, readObjects } from './objects.ts';
import { readPolicyFiles } from './policy-files.ts';
import { diffCommits, diffTrees } from './raw-diff.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** `tip` is any commit name; `dir` any repository, bare or not. */
export async function readLedger(dir: string, root: Root, tip: string): Promise<Folded> {
  const history = await readHistory(dir, root.genesis, tip);
  if (history === null) {
    const reason = `the configured genesis ${root.genesis} is not in the first-parent history of ${tip}: the history was rewritten, or the wrong commit is configured`;
    return { kind: 'no-root', reason };
  }
  return foldLedger(root, history, await readContents(dir, history));
}

async function readHistory(dir: string, genesis: string, tip: string): Promise<History | null> {
  const listed = await gitText({ dir, args: ['rev-list', '--first-parent', '--end-of-options', tip] });
  const newestFirst = listed.split('\n');
  const at = newestFirst.indexOf(genesis);
  if (at < 0) return null;
  const shas = newestFirst.slice(0, at + 1).reverse();
  const later = shas.slice(1).map((sha, i) => [sha, shas[i] ?? genesis] as const);
  const [objects, trees, changes, first] = await Promise.all([
    readObjects(dir, shas),
    describeObjects(
      dir,
      shas.map((sha) => `${sha}:policies`),
    ),
    diffCommits(dir, later, 'grants'),
    diffTrees(dir, EMPTY_TREE, genesis),
  ]);
  const commits = shas.map((sha, i): HistoryCommit => {
    const own = i === 0 ? first.filter((one) => one.path.startsWith('grants/')) : (changes.get(sha) ?? []);
    const tree = trees[i];
    return {
      ...readCommit(objects[i]?.bytes ?? Buffer.alloc(0)),
      sha,
      policiesTree: tree?.type === 'tree' ? tree.id : null,
      changes: own,
    };
  });
  const [head, ...rest] = commits;
  return head === undefined ? null : [head, ...rest];
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

async function readContents(dir: string, history: History): Promise<Contents> {
  const trees = [...new Set(history.flatMap((one) => (one.policiesTree === null ? [] : [one.policiesTree])))];
  const blobs = await readGrantBlobs(
    dir,
    history.flatMap((one) => one.changes),
  );
  const files = new Map(
    await Promise.all(trees.map(async (tree) => [tree, await readPolicyFiles(dir, tree)] as const)),
  );
  return {
    blob: (id) => blobs.get(id) ?? null,
    policy: (tree) => parsedPolicy(tree, files.get(tree) ?? new Map()),
  };
}

/** A blob that is larger than any grant may be is not read at all. */
async function readGrantBlobs(dir: string, changes: readonly TreeChange[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const wanted = [...new Set(changes.filter((one) => one.newMode === '100644').map((one) => one.newBlob))];
  const described = await describeObjects(dir, wanted);
  const small = wanted.filter((_, i) => (described[i]?.size ?? Number.POSITIVE_INFINITY) <= LARGEST_GRANT);
  const read = await readObjects(dir, small);
  return new Map(read.flatMap((one) => (one === null ? [] : [[one.id, one.bytes] as const])));
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
