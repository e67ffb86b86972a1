// `git diff-tree --raw -z`, read token by token, so that no path can pose as anything else.
import type { TreeChange } from '../core/ledger/history.ts';
import { git } from './git.ts';

const RAW = ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev'];

export async function diffTrees(dir: string, from: string, to: string): Promise<readonly TreeChange[]> {
  const { stdout } = await git({ dir, args: [...RAW, from, to] });
  return [...readTokens(stdout)].map(([, change]) => change);
}

/** For each `[commit, parent]`, what the commit changes below `path`; commits that change nothing there are left out. */
export async function diffCommits(
  dir: string,
  pairs: readonly (readonly [commit: string, parent: string])[],
  path: string,
): Promise<ReadonlyMap<string, readonly TreeChange[]>> {
  const byCommit = new Map<string, TreeChange[]>();
  if (pairs.length === 0) return byCommit;
  const input = pairs.map(([commit, parent]) => `${commit} ${parent}\n`).join('');
  const { stdout } = await git({ dir, args: [...RAW, '--stdin', '--', path], input });
  for (const [commit, change] of readTokens(stdout)) {
    const changes = byCommit.get(commit) ?? [];
    changes.push(change);
    byCommit.set(commit, changes);
  }
  return byCommit;
}

function* readTokens(output: Buffer): Generator<readonly [commit: string, change: TreeChange]> {
  const tokens = output.toString('utf8').split('\0');
  let commit = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (!token.startsWith(':')) {
      commit = token.trim();
      continue;
    }
    const [oldMode = '', newMode = '', oldBlob = '', newBlob = '', status = ''] = token.slice(1).split(' ');
    i += 1;
    yield [commit, { path: tokens[i] ?? '', status: status.slice(0, 1), oldMode, newMode, oldBlob, newBlob }];
  }
}
