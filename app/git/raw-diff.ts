// `git diff-tree --raw -z`, read token by token, so that no path can pose as anything else.
import type { TreeChange } from '../core/ledger/history.ts';
import { git } from './git.ts';

const RAW = ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev'];

export async function diffTrees(dir: string, from: string, to: string): Promise<readonly TreeChange[]> {
  const { stdout } = await git({ dir, args: [...RAW, from, to] });
  return [...readTokens(stdout)].map(([, change]) => change);
}

export type Pair =
  | { readonly commit: string; readonly parent: string }
  /** Trees. */
  | { readonly from: string; readonly to: string };

/** What changes below `path`, for each pair, in their order. Full ids only. */
export async function diffPairs(
  dir: string,
  pairs: readonly Pair[],
  path: string,
): Promise<readonly (readonly TreeChange[])[]> {
  if (pairs.length === 0) return [];
  const input = pairs.map((pair) => ('commit' in pair ? `${pair.commit} ${pair.parent}\n` : `${titleOf(pair)}\n`));
  const { stdout } = await git({ dir, args: [...RAW, '--stdin', '--', path], input: input.join('') });
  const changes = new Map<string, TreeChange[]>();
  for (const [title, change] of readTokens(stdout)) {
    const known = changes.get(title);
    if (known === undefined) changes.set(title, [change]);
    else known.push(change);
  }
  return pairs.map((pair) => changes.get(titleOf(pair)) ?? []);
}

/** What git writes before the changes of a pair. */
const titleOf = (pair: Pair): string => ('commit' in pair ? pair.commit : `${pair.from} ${pair.to}`);

function* readTokens(output: Buffer): Generator<readonly [title: string, change: TreeChange]> {
  const tokens = output.toString('utf8').split('\0');
  let title = '';
  for (let i = 0; i < tokens.length; i++) {
    // A line for two trees, whatever is asked for; else each part ends in a null byte.
    const lines = (tokens[i] ?? '').split('\n');
    const token = lines.pop() ?? '';
    title = lines.at(-1) ?? title;
    if (!token.startsWith(':')) {
      title = token === '' ? title : token;
      continue;
    }
    const [oldMode = '', newMode = '', oldBlob = '', newBlob = '', status = ''] = token.slice(1).split(' ');
    i += 1;
    yield [title, { path: tokens[i] ?? '', status: status.slice(0, 1), oldMode, newMode, oldBlob, newBlob }];
  }
}
