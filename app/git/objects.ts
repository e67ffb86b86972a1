// Objects of the mirror by name: their facts, their contents, and the commit a ref stands for.
import { askContents, askInfo, type GitObject, type ObjectFacts } from './object-reader.ts';

export type { GitObject, ObjectFacts };

/** In the order asked; null for what is not there. `names` may be any object name without line breaks. */
export function readObjects(dir: string, names: readonly string[]): Promise<readonly (GitObject | null)[]> {
  return Promise.all(names.map((name) => askContents(dir, name)));
}

export function describeObjects(dir: string, names: readonly string[]): Promise<readonly (ObjectFacts | null)[]> {
  return Promise.all(names.map((name) => askInfo(dir, name)));
}

/** Null where there is no such ref, or it names no commit. */
export async function commitOf(dir: string, ref: string): Promise<string | null> {
  const found = await askInfo(dir, `${ref}^{commit}`);
  return found?.type === 'commit' ? found.id : null;
}

export type TreeEntry = { readonly mode: string; readonly name: string; readonly id: string };

/** The entries of one tree, as `git ls-tree` lists them. Throws where it is not there: that is no empty tree. */
export async function readTree(dir: string, name: string): Promise<readonly TreeEntry[]> {
  const tree = await askContents(dir, name);
  if (tree?.type !== 'tree') throw new Error(`there is no tree ${name} in ${dir}`);
  return readTreeEntries(tree);
}

/** A commit's first parent; null for a root, and for what is no commit. */
export async function firstParent(dir: string, sha: string): Promise<string | null> {
  const commit = await askContents(dir, sha);
  if (commit?.type !== 'commit') return null;
  return /^tree [0-9a-f]+\nparent ([0-9a-f]{40,64})\n/.exec(commit.bytes.toString('latin1', 0, 200))?.[1] ?? null;
}

/** From `to` to `from` along first parents, both included; null where `to` is not among the `most` commits before `from`. */
export async function firstParentPath(
  dir: string,
  { from, to, most }: { readonly from: string; readonly to: string; readonly most: number },
): Promise<readonly string[] | null> {
  const path: string[] = [];
  for (let sha: string | null = from; sha !== null && path.length <= most; sha = await firstParent(dir, sha)) {
    path.unshift(sha);
    if (sha === to) return path;
  }
  return null;
}

/** `<mode> <name>\0<id>`, one after the other, the id in as many bytes as the tree's own. */
function readTreeEntries({ id, bytes }: GitObject): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + id.length / 2;
    const mode = usualMode(bytes.toString('latin1', at, space));
    if (space < 0 || end < 0 || next > bytes.length || mode === null) throw new Error(`the tree ${id} is damaged`);
    entries.push({
      mode,
      name: bytes.toString('utf8', space + 1, end),
      id: bytes.toString('hex', end + 1, next),
    });
    at = next;
  }
  return entries;
}

/** As git reads it: an old file's `100664` is an ordinary one, and what it does not know is a submodule to it. */
function usualMode(written: string): string | null {
  if (!/^[0-7]{1,10}$/.test(written)) return null;
  const mode = Number.parseInt(written, 8);
  switch (mode & 0o170000) {
    case 0o100000:
      return mode & 0o100 ? '100755' : '100644';
    case 0o120000:
      return '120000';
    case 0o040000:
      return '040000';
    default:
      return '160000';
  }
}
