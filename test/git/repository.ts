// Real repositories in temporary folders: commits made byte by byte, so that nothing a stranger could push is too odd.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, type HistoryBuilder } from '../core/ledger/history-builder.ts';
import { examplePolicyFiles } from '../core/policy/example-policy.ts';
import { writeObject } from '../sandbox/github/loose-object.ts';

export type Entry = { readonly mode: string; readonly text: string | Buffer };
export type Files = Readonly<Record<string, string | Entry>>;

export type Repository = {
  readonly dir: string;
  readonly git: (args: readonly string[], input?: string | Buffer) => string;
  readonly blob: (text: string | Buffer) => string;
  /** Tree id of those files, whatever their modes and names. */
  readonly tree: (files: Files) => string;
  /** A commit object written as it is; `parents` first to last. */
  readonly commit: (commit: RawCommit) => string;
  readonly setBranch: (name: string, sha: string) => void;
  readonly remove: () => void;
};

export type RawCommit = {
  readonly tree: string;
  readonly parents?: readonly string[];
  readonly message?: string | Buffer;
  /** Minutes after 03:00. */
  readonly at?: number;
  readonly committer?: string;
  readonly headers?: string;
};

export function createRepository(): Repository {
  const dir = mkdtempSync(join(tmpdir(), 'breakglass-git-'));
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (args: readonly string[], input?: string | Buffer): string =>
    execFileSync('git', ['-C', dir, ...args], {
      input,
      env,
      maxBuffer: 1e8,
      stdio: ['pipe', 'pipe', 'ignore'],
    }).toString();
  git(['init', '--quiet', '--bare', '--initial-branch=main']);
  const trees = new Map<string, string>();
  const mktree = (entries: string): string => {
    const id = trees.get(entries) ?? git(['mktree', '-z', '--missing'], entries).trim();
    trees.set(entries, id);
    return id;
  };
  const blob = (text: string | Buffer) => writeObject(dir, 'blob', text);
  return {
    dir,
    git,
    blob,
    tree: (files) => writeTree(files, blob, mktree),
    commit: (raw) => writeObject(dir, 'commit', commitBytes(raw)),
    setBranch: (name, sha) => void git(['update-ref', `refs/heads/${name}`, sha]),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function commitBytes({
  tree,
  parents = [],
  message = 'A push\n',
  at: minutes = 0,
  committer = 'C <c@example.org>',
  headers = '',
}: RawCommit): Buffer {
  const seconds = at(minutes).getTime() / 1000;
  const lines = [
    `tree ${tree}`,
    ...parents.map((sha) => `parent ${sha}`),
    // An author's date is anybody's word; only the committer's may be read.
    'author A <a@example.org> 1 +0000',
    `committer ${committer} ${seconds} +0130`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n${headers}\n`), Buffer.from(message)]);
}

function writeTree(files: Files, blob: Repository['blob'], mktree: (entries: string) => string): string {
  const folders = new Map<string, Record<string, string | Entry>>();
  const lines: string[] = [];
  for (const [path, entry] of Object.entries(files)) {
    const slash = path.indexOf('/');
    if (slash > 0) {
      const folder = folders.get(path.slice(0, slash)) ?? {};
      folder[path.slice(slash + 1)] = entry;
      folders.set(path.slice(0, slash), folder);
      continue;
    }
    const { mode, text } = typeof entry === 'string' ? { mode: '100644', text: entry } : entry;
    lines.push(mode === '160000' ? `160000 commit ${text}\t${path}` : `${mode} blob ${blob(text)}\t${path}`);
  }
  for (const [name, inner] of folders) lines.push(`040000 tree ${writeTree(inner, blob, mktree)}\t${name}`);
  return mktree(lines.map((line) => `${line}\0`).join(''));
}

/** `policies/` of the example with this builder's key, as files of a commit. */
export function policyFiles(builder: HistoryBuilder): Record<string, string> {
  const files = examplePolicyFiles();
  files.set('keys.yaml', Buffer.from(`- { id: example, key: ${builder.key.key.key}, first: 0 }\n`));
  return Object.fromEntries(
    [...files]
      .filter(([name]) => !name.includes('/'))
      .map(([name, bytes]) => [`policies/${name}`, Buffer.from(bytes).toString()]),
  );
}
