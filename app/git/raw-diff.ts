// `git diff-tree --raw -z`, read token by token, so that no path can pose as anything else.
import type { TreeChange } from '../core/ledger/history.ts';
import { git } from './git.ts';

const RAW = ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev'];

export async function diffTrees(dir: string, from: string, to: string): Promise<readonly TreeChange[]> {
  const { stdout } = await git({ dir, args: [...RAW, from, to] });
  return [...readTokens(stdout)].flatMap(([, change]) => change ?? []);
}

export type Pair =
  | { readonly commit: string; readonly parent: string }
  /** Trees. */
  | { readonly from: string; readonly to: string };

/** What changes below `path`, for each pair, in their order. Full ids only. Throws where git passes over a pair. */
export async function diffPairs(
  dir: string,
  pairs: readonly Pair[],
  path: string,
): Promise<readonly (readonly TreeChange[])[]> {
  if (pairs.length === 0) return [];
  const input = pairs.map((pair) => ('commit' in pair ? `${pair.commit} ${pair.parent}\n` : `${titleOf(pair)}\n`));
  const { stdout } = await git({ dir, args: [...RAW, '--always', '--stdin', '--', path], input: input.join('') });
  const changes = new Map<string, TreeChange[]>();
  for (const [title, change] of readTokens(stdout)) {
    const known = changes.get(title) ?? [];
    changes.set(title, known);
    if (change !== null) known.push(change);
  }
  return pairs.map((pair) => {
    const found = changes.get(titleOf(pair));
    // It says so on its error output only, and goes on.
    if (found === undefined) throw new Error(`git diff-tree passed over ${titleOf(pair)} in ${dir}`);
    return found;
  });
}

/** What git writes before the changes of a pair. */
const titleOf = (pair: Pair): string => ('commit' in pair ? pair.commit : `${pair.from} ${pair.to}`);

/** Each title by itself first, then each of its changes. */
function* readTokens(output: Buffer): Generator<readonly [title: string, change: TreeChange | null]> {
  const tokens = output.toString('utf8').split('\0');
  let title = '';
  for (let i = 0; i < tokens.length; i++) {
    // A line for two trees, whatever is asked for; else each part ends in a null byte.
    const lines = (tokens[i] ?? '').split('\n');
    const token = lines.pop() ?? '';
    if (token !== '' && !token.startsWith(':')) lines.push(token);
    for (title of lines.filter((line) => line !== '')) yield [title, null];
    if (!token.startsWith(':')) continue;
    const [oldMode = '', newMode = '', oldBlob = '', newBlob = '', status = ''] = token.slice(1).split(' ');
    i += 1;
    yield [title, { path: tokens[i] ?? '', status: status.slice(0, 1), oldMode, newMode, oldBlob, newBlob }];
  }
}
