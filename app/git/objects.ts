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
