// The bare repository under the double: every tree, diff and merge is done by the real git, which also reads every object.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitOf, describeObjects, readObjects } from '../../../app/git/objects.ts';
import { createAncestry } from './ancestry.ts';
import { type Outcome, runGitProcess } from './git-process.ts';
import { writeObject } from './loose-object.ts';
import { createRefWriter } from './ref-writer.ts';

export type Identity = { readonly name: string; readonly email: string; readonly date: string };
export type Commit = {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Identity;
  readonly committer: Identity;
  readonly message: string;
};
export type NewCommit = Omit<Commit, 'sha'>;
/** null deletes; an object sets the mode as well (120000 a symlink, 160000 a submodule whose content is a commit id). */
export type FileChange = string | Uint8Array | null | { readonly mode: string; readonly content: string | Uint8Array };
export type Files = Readonly<Record<string, FileChange>>;
export type MergeResult = { readonly kind: 'merged'; readonly tree: string } | { readonly kind: 'conflict' };

type RunOptions = { readonly input?: string | Uint8Array; readonly env?: Record<string, string> };

export type Git = ReturnType<typeof createGit>;

// Nobody's own configuration (hooks, signing, default branch) may leak into the double.
export const gitEnvironment: Record<string, string> = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

export function createGit(path: string) {
  const attempt = (args: readonly string[], options: RunOptions = {}) => runGit(path, args, options);
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<string> =>
    (await runBytes(attempt, args, options)).toString();
  const line = async (args: readonly string[], options: RunOptions = {}) => (await run(args, options)).trim();

  const known = remembered(attempt);
  const moveRefs = createRefWriter(path, gitEnvironment);
  const resolve = async (revision: string): Promise<string | undefined> => {
    // Whatever a caller of the API writes; a name with a line break is nobody's.
    return /[\n\r\0]/.test(revision) ? undefined : ((await commitOf(path, revision)) ?? undefined);
  };
  const commits = async (shas: readonly string[]): Promise<Commit[]> => {
    if (shas.length === 0) return [];
    const found = await readObjects(path, shas);
    return found.flatMap((one) => (one?.type === 'commit' ? [parseCommit(one.id, one.bytes.toString())] : []));
  };
  /** Most heads are one commit upon their base, and then its parent answers without a process of git. */
  const childOf = async (parent: string, sha: string): Promise<Commit | undefined> => {
    const commit = /^[0-9a-f]{40}$/.test(sha) ? (await commits([sha]))[0] : undefined;
    return commit?.parents.length === 1 && commit.parents[0] === parent ? commit : undefined;
  };
  const parents = new Map<string, readonly string[]>();
  const { isAncestor, mergeBase } = createAncestry(async (sha) => {
    const found = parents.get(sha) ?? (await commits([sha]))[0]?.parents;
    if (found !== undefined) parents.set(sha, found);
    return found ?? [];
  });
  return {
    path,
    attempt,
    run,
    line,
    bytes: (args: readonly string[]) => runBytes(attempt, args, {}),
    resolve,
    commits,
    branch: (name: string) => resolve(`refs/heads/${name}`),
    commit: async (sha: string): Promise<Commit | undefined> => (await commits([sha]))[0],
    exists: async (sha: string) => (await describeObjects(path, [sha]))[0] != null,
    isAncestor,
    mergeBase,
    childOf,
    /** Oldest first: what `head` has and `from` has not. */
    between: async (from: string, head: string): Promise<string[]> => {
      if ((await childOf(from, head)) !== undefined) return [head];
      return (await line(['rev-list', '--reverse', '--topo-order', `${from}..${head}`])).split('\n').filter(Boolean);
    },
    revisions: async (range: readonly string[]): Promise<string[]> => {
      const found = await known(['rev-list', ...range]);
      if (found.code !== 0)
        throw new Error(`git rev-list ${range.join(' ')} ended with ${found.code}: ${found.stderr}`);
      return found.stdout.toString().split('\n').filter(Boolean);
    },
    mergeTree: async (base: string, head: string): Promise<MergeResult> => {
      const child = await childOf(base, head);
      if (child !== undefined) return { kind: 'merged', tree: child.tree };
      const merged = await attempt(['merge-tree', '--write-tree', base, head]);
      const tree = merged.stdout.toString().split('\n')[0] ?? '';
      return merged.code === 0 ? { kind: 'merged', tree } : { kind: 'conflict' };
    },
    updateRef: (ref: string, sha: string, before?: string) =>
      moveRefs([['update', ref, sha, ...(before === undefined ? [] : [before])].join(' ')]),
    deleteRef: (ref: string) => moveRefs([`delete ${ref}`]),
    writeBlob: async (content: string | Uint8Array) => writeObject(path, 'blob', content),
    writeTree: (base: string | null, files: Files) => writeTree(path, line, base, files),
    writeCommit: async (commit: NewCommit) => writeObject(path, 'commit', renderCommit(commit)),
  };
}

/**
 * What only commit ids are asked about never changes its answer, and every view of a pull request asks it anew. An error
 * is not kept: the objects of a push may be on their way.
 */
function remembered(attempt: (args: readonly string[]) => Promise<Outcome>) {
  const answers = new Map<string, Outcome>();
  return async (args: readonly string[]): Promise<Outcome> => {
    const lasting = args.slice(1).every((one) => /^(--[a-z-]+|\^?[0-9a-f]{40}(\.\.[0-9a-f]{40})?)$/.test(one));
    const key = args.join(' ');
    const answer = answers.get(key) ?? (await attempt(args));
    if (lasting && answer.code <= 1) answers.set(key, answer);
    return answer;
  };
}

function runGit(path: string, args: readonly string[], { env, input = '' }: RunOptions): Promise<Outcome> {
  return runGitProcess({ args, cwd: path, env: { ...gitEnvironment, ...env }, input });
}

async function runBytes(
  attempt: (args: readonly string[], options: RunOptions) => Promise<Outcome>,
  args: readonly string[],
  options: RunOptions,
): Promise<Buffer> {
  const outcome = await attempt(args, options);
  if (outcome.code !== 0) throw new Error(`git ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome.stdout;
}

type Line = (args: readonly string[], options?: RunOptions) => Promise<string>;

async function writeTree(path: string, line: Line, base: string | null, files: Files): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'github-index-'));
  const env = { GIT_INDEX_FILE: join(scratch, 'index') };
  try {
    await line(base === null ? ['read-tree', '--empty'] : ['read-tree', base], { env });
    const entries = Object.entries(files).map(([name, change]) => indexEntry(path, name, change));
    await line(['update-index', '-z', '--index-info'], { env, input: entries.join('') });
    return await line(['write-tree'], { env });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function indexEntry(repository: string, name: string, change: FileChange): string {
  if (change === null) return `0 ${'0'.repeat(40)}\t${name}\0`;
  const { mode, content } =
    typeof change === 'object' && 'mode' in change ? change : { mode: '100644', content: change };
  const sha = mode === '160000' ? String(content) : writeObject(repository, 'blob', content);
  return `${mode} ${sha}\t${name}\0`;
}

function renderCommit(commit: NewCommit): string {
  const person = ({ name, email, date }: Identity) => {
    const seconds = Math.floor(Date.parse(date) / 1000);
    if (!Number.isSafeInteger(seconds)) throw new Error(`a commit has no date ${date}`);
    return `${name.replace(/[<>\n]/g, '')} <${email.replace(/[<>\n]/g, '')}> ${seconds} +0000`;
  };
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join('');
  const people = `author ${person(commit.author)}\ncommitter ${person(commit.committer)}\n`;
  return `tree ${commit.tree}\n${parents}${people}\n${commit.message}`;
}

function parseCommit(sha: string, raw: string): Commit {
  const end = raw.indexOf('\n\n');
  const headers = raw.slice(0, end).split('\n');
  const values = (name: string) =>
    headers.filter((header) => header.startsWith(`${name} `)).map((header) => header.slice(name.length + 1));
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseIdentity(values('author')[0] ?? ''),
    committer: parseIdentity(values('committer')[0] ?? ''),
    message: raw.slice(end + 2),
  };
}

function parseIdentity(value: string): Identity {
  const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<(.*)> (\d+)/.exec(value) ?? [];
  return { name, email, date: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z` };
}
