// What changed between two trees, with names, counts and patches, as GitHub lists files.
import type { Git } from './git.ts';

export type ChangedFile = {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed';
  /** The blob after the change, or before it where the file is gone. */
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
};

// Keyed by two commit ids, which never change what they mean, so that nothing cached can be stale.
const known = new Map<string, Promise<readonly ChangedFile[]>>();

export function changedFiles(git: Git, from: string, to: string): Promise<readonly ChangedFile[]> {
  const key = `${from}..${to}`;
  const files = known.get(key) ?? readFiles(git, from, to);
  known.set(key, files);
  return files;
}

async function readFiles(git: Git, from: string, to: string): Promise<readonly ChangedFile[]> {
  const raw = await git.run(['diff-tree', '-r', '-M', '--raw', '--numstat', '-z', '--no-commit-id', from, to]);
  const tokens = raw.split('\0');
  const entries: Omit<ChangedFile, 'additions' | 'deletions'>[] = [];
  let at = 0;
  while (tokens[at]?.startsWith(':')) {
    const [, , before = '', after = '', letter = ''] = (tokens[at] ?? '').split(' ');
    const moved = /^[RC]/.test(letter);
    const paths = [tokens[at + 1] ?? '', tokens[at + 2] ?? ''];
    const path = (moved ? paths[1] : paths[0]) ?? '';
    const blob = letter === 'D' ? before : after;
    entries.push({ path, previousPath: moved ? (paths[0] ?? null) : null, status: statusOf(letter), blob });
    at += moved ? 3 : 2;
  }
  const counts = readCounts(tokens.slice(at));
  return entries.map((entry, index) => ({ ...entry, ...(counts[index] ?? none) }));
}

export type PatchedFile = ChangedFile & { readonly patch: string | null };

/** With what changed in each, which costs another run of git. */
export async function patchedFiles(git: Git, from: string, to: string): Promise<readonly PatchedFile[]> {
  const [files, patch] = await Promise.all([
    changedFiles(git, from, to),
    git.run(['diff-tree', '-r', '-M', '-p', '--no-commit-id', from, to]),
  ]);
  const patches = patch.split(/^diff --git /m).slice(1);
  return files.map((file, index) => ({ ...file, patch: hunks(patches[index] ?? '') }));
}

const none = { additions: 0, deletions: 0 };

function statusOf(letter: string): ChangedFile['status'] {
  if (letter === 'A') return 'added';
  if (letter === 'D') return 'removed';
  if (letter.startsWith('R')) return 'renamed';
  if (letter.startsWith('C')) return 'copied';
  return letter === 'T' ? 'changed' : 'modified';
}

function readCounts(tokens: readonly string[]): { additions: number; deletions: number }[] {
  const counts = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [additions, deletions, path] = (tokens[at] ?? '').split('\t');
    if (deletions === undefined) continue;
    counts.push({ additions: Number(additions) || 0, deletions: Number(deletions) || 0 });
    if (path === '') at += 2; // a rename: both names follow
  }
  return counts;
}

function hunks(patch: string): string | null {
  const start = patch.search(/^@@ /m);
  return start < 0 ? null : patch.slice(start).replace(/\n$/, '');
}
