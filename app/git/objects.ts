// Reads objects of the mirror by id, many in one call: `git cat-file --batch`, whose answers carry their own length.
import { git } from './git.ts';

export type GitObject = { readonly id: string; readonly type: string; readonly bytes: Buffer };

/** In the order asked; null for what is not there. `names` may be any object name without line breaks. */
export async function readObjects(dir: string, names: readonly string[]): Promise<readonly (GitObject | null)[]> {
  if (names.length === 0) return [];
  const { stdout } = await git({ dir, args: ['cat-file', '--batch'], input: `${names.join('\n')}\n` });
  const found: (GitObject | null)[] = [];
  let at = 0;
  while (at < stdout.length) {
    const end = stdout.indexOf(10, at);
    const [id, type, size] = stdout.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (id === undefined || type === undefined || size === undefined || !/^\d+$/.test(size)) {
      found.push(null);
      continue;
    }
    found.push({ id, type, bytes: stdout.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return found;
}

export type ObjectFacts = { readonly id: string; readonly type: string; readonly size: number };

export async function describeObjects(dir: string, names: readonly string[]): Promise<readonly (ObjectFacts | null)[]> {
  if (names.length === 0) return [];
  const { stdout } = await git({ dir, args: ['cat-file', '--batch-check'], input: `${names.join('\n')}\n` });
  return stdout
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [id, type, size] = line.split(' ');
      return id !== undefined && type !== undefined && size !== undefined && /^\d+$/.test(size)
        ? { id, type, size: Number(size) }
        : null;
    });
}
