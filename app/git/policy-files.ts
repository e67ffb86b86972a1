// The files of one `policies/` tree, by name: ordinary files at its top only.
import { POLICY_FILES } from '../core/policy/parse.ts';
import { LARGEST_POLICY_FILE } from '../core/policy/source.ts';
import { describeObjects, readObjects, readTree } from './objects.ts';

export async function readPolicyFiles(dir: string, tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
  // Anybody who can push may propose a tree of a million names.
  const [described] = await describeObjects(dir, [tree]);
  if ((described?.size ?? 0) > LARGEST_TREE) return new Map(POLICY_FILES.map((name) => [name, TOO_LARGE]));
  // A symbolic link or an executable is not policy; its absence is then a missing file, and said so.
  const entries = (await readTree(dir, tree)).filter((one) => one.mode === '100644');
  const contents = await readSmall(
    dir,
    entries.filter((one) => KNOWN.has(one.name)).map((one) => one.id),
  );
  return new Map(entries.map((one) => [one.name, contents.get(one.id) ?? Buffer.alloc(0)]));
}

const KNOWN: ReadonlySet<string> = new Set(POLICY_FILES);
/** Of a folder that has room for six files and their tests' folder, and for some thousand more. */
const LARGEST_TREE = 256 * 1024;
export const TOO_LARGE = Buffer.alloc(LARGEST_POLICY_FILE + 1);

/** One huge file pushed to `policies/` must not stop the reading of the whole ledger: it is refused unread. */
export async function readSmall(dir: string, ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const described = await describeObjects(dir, ids);
  const small = ids.filter((_, i) => (described[i]?.size ?? Number.POSITIVE_INFINITY) <= LARGEST_POLICY_FILE);
  const read = new Map(
    (await readObjects(dir, small)).flatMap((one) => (one === null ? [] : [[one.id, one.bytes] as const])),
  );
  return new Map(ids.map((id) => [id, read.get(id) ?? TOO_LARGE]));
}

/** Tree id of `policies/` in a commit or tree; null when there is none. */
export async function policiesTreeOf(dir: string, treeish: string): Promise<string | null> {
  const [found] = await describeObjects(dir, [`${treeish}:policies`]);
  return found?.type === 'tree' ? found.id : null;
}
