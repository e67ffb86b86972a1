// The files of one `policies/` tree, by name: ordinary files at its top only.
import { git } from './git.ts';
import { readObjects } from './objects.ts';

export async function readPolicyFiles(dir: string, tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { stdout } = await git({ dir, args: ['ls-tree', '-z', '--full-tree', tree] });
  const entries = stdout
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^(\d{6}) blob ([0-9a-f]{40,64})\t([\s\S]+)$/.exec(line);
      // A symbolic link or an executable is not policy; its absence is then a missing file, and said so.
      return match?.[1] === '100644' && match[2] !== undefined && match[3] !== undefined ? [{ id: match[2], name: match[3] }] : [];
    });
  const objects = await readObjects(dir, entries.map((one) => one.id));
  return new Map(entries.map((one, i) => [one.name, objects[i]?.bytes ?? Buffer.alloc(0)]));
}

/** Tree id of `policies/` in a commit or tree; null when there is none. */
export async function policiesTreeOf(dir: string, treeish: string): Promise<string | null> {
  const { stdout } = await git({ dir, args: ['ls-tree', '-z', '--full-tree', treeish, 'policies'] });
  return /^040000 tree ([0-9a-f]{40,64})\tpolicies/.exec(stdout.toString('utf8'))?.[1] ?? null;
}
