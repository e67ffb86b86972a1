// The access repository as a handful of maps: commits, trees, branches, three-way merges. What git does, without git.
import { createHash } from 'node:crypto';
import type { HistoryCommit, TreeChange } from '../../app/core/ledger/history.ts';

/** `policies/` of one commit; the same files are the same object. */
export type PolicyFiles = { readonly id: string; readonly files: ReadonlyMap<string, Uint8Array> };

export type Tree = {
  readonly policies: PolicyFiles;
  /** Path → content, of everything below grants/. */
  readonly grants: ReadonlyMap<string, string>;
};

export type Commit = {
  readonly sha: string;
  readonly parent: string | null;
  readonly tree: Tree;
  readonly committedAt: Date;
  readonly message: string;
};

export const ZERO = '0'.repeat(40);

export type Repository = ReturnType<typeof createRepository>;

export function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

export function blobId(text: string): string {
  return hash(`blob ${text}`);
}

export function createRepository(genesis: { readonly policies: PolicyFiles; readonly at: Date }) {
  const commits = new Map<string, Commit>();
  const trees = new Map<string, Tree>();
  const blobs = new Map<string, Uint8Array>();
  const histories = new Map<string, HistoryCommit>();
  let count = 0;
  const commit = (parent: string | null, tree: Tree, at: Date, message: string): string => {
    count += 1;
    const sha = hash(`commit ${count} ${parent} ${at.toISOString()} ${message}`);
    commits.set(sha, { sha, parent, tree, committedAt: at, message });
    for (const text of tree.grants.values()) blobs.set(blobId(text), Buffer.from(text));
    return sha;
  };
  const get = (sha: string): Commit => {
    const found = commits.get(sha);
    if (found === undefined) throw new Error(`no commit ${sha}`);
    return found;
  };
  const first = commit(null, { policies: genesis.policies, grants: new Map() }, genesis.at, 'Genesis\n');
  let tip = first;
  const mergeBase = (a: string, b: string): string | null => {
    const ancestors = new Set(lineage(get, a));
    return lineage(get, b).find((sha) => ancestors.has(sha)) ?? null;
  };
  const merged = (ours: string, theirs: string): Tree | null => {
    const base = mergeBase(ours, theirs);
    return base === null ? null : mergeTrees(get(base).tree, get(ours).tree, get(theirs).tree);
  };
  return {
    genesis: first,
    get,
    commit,
    mergeBase,
    merged,
    tip: () => tip,
    /** On the default branch, on top of what is there. */
    push: (tree: Tree, at: Date, message: string): string => {
      tip = commit(tip, tree, at, message);
      return tip;
    },
    blob: (id: string) => blobs.get(id) ?? null,
    keepTree: (tree: Tree): string => {
      const id = hash(`tree ${tree.policies.id} ${[...tree.grants].flat().join('\n')}`);
      trees.set(id, tree);
      return id;
    },
    treeOf: (treeish: string): Tree | null => trees.get(treeish) ?? commits.get(treeish)?.tree ?? null,
    changes: (from: string, to: string) => changesOf(get(from).tree, get(to).tree),
    /** Oldest first, as the ledger reads it. */
    history: (to: string): readonly HistoryCommit[] =>
      lineage(get, to)
        .toReversed()
        .map((sha) => {
          const known = histories.get(sha) ?? historyCommit(get, get(sha));
          histories.set(sha, known);
          return known;
        }),
  };
}

function lineage(get: (sha: string) => Commit, from: string): string[] {
  const shas: string[] = [];
  for (let sha: string | null = from; sha !== null; sha = get(sha).parent) shas.push(sha);
  return shas;
}

function historyCommit(get: (sha: string) => Commit, { sha, parent, tree, committedAt, message }: Commit) {
  const before = parent === null ? { policies: tree.policies, grants: new Map() } : get(parent).tree;
  return {
    sha,
    committedAt,
    message,
    policiesTree: tree.policies.id,
    changes: changesOf(before, tree).filter((one) => one.path.startsWith('grants/')),
  };
}

function changesOf(from: Tree, to: Tree): readonly TreeChange[] {
  const policies =
    from.policies.id === to.policies.id ? [] : changesBetween(textsOf(from.policies), textsOf(to.policies));
  return [...changesBetween(from.grants, to.grants), ...policies];
}

function textsOf({ files }: PolicyFiles): ReadonlyMap<string, string> {
  return new Map([...files].map(([name, bytes]) => [`policies/${name}`, Buffer.from(bytes).toString()]));
}

function changesBetween(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): readonly TreeChange[] {
  const paths = [...new Set([...from.keys(), ...to.keys()])].sort();
  return paths.flatMap((path): TreeChange[] => {
    const [before, after] = [from.get(path), to.get(path)];
    if (before === after) return [];
    return [
      {
        path,
        status: before === undefined ? 'A' : after === undefined ? 'D' : 'M',
        oldMode: before === undefined ? '000000' : '100644',
        newMode: after === undefined ? '000000' : '100644',
        oldBlob: before === undefined ? ZERO : blobId(before),
        newBlob: after === undefined ? ZERO : blobId(after),
      },
    ];
  });
}

/** Null on a conflict. */
function mergeTrees(base: Tree, ours: Tree, theirs: Tree): Tree | null {
  const grants = new Map(ours.grants);
  for (const path of new Set([...base.grants.keys(), ...theirs.grants.keys()])) {
    const [was, mine, wanted] = [base.grants.get(path), ours.grants.get(path), theirs.grants.get(path)];
    if (wanted === was || wanted === mine) continue;
    if (mine !== was) return null;
    if (wanted === undefined) grants.delete(path);
    else grants.set(path, wanted);
  }
  if (theirs.policies.id === base.policies.id) return { policies: ours.policies, grants };
  return ours.policies.id === base.policies.id ? { policies: theirs.policies, grants } : null;
}
