// The ledger of a repository: its first-parent history and what that names, verified from the configured root.
import { LARGEST_GRANT } from '../core/grant/parse.ts';
import { type Folded, foldLedger } from '../core/ledger/fold.ts';
import type { Contents, History, Root } from '../core/ledger/history.ts';
import { parsePolicy } from '../core/policy/parse.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Parsed } from '../core/result.ts';
import { readHistory } from './history.ts';
import { describeObjects, readObjects } from './objects.ts';
import { readPolicyFiles } from './policy-files.ts';

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

/** What was read last: a branch mostly moves by a commit or two, and what is before them never changes. */
let readBefore: Before | null = null;

type Before = {
  readonly dir: string;
  readonly genesis: string;
  readonly history: History;
  /** Of its grant files, by id. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
};

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
