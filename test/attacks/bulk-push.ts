// Many branches in one push: `git fast-import` makes the commits, and the double's own Git takes them as anybody's.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGit, gitEnvironment } from '../sandbox/github/git.ts';
import type { FileChange, Files, GitHubDouble } from '../sandbox/github/index.ts';

export type Branch = { readonly name: string; readonly files: Files };

/** Answers the head of each branch; all of them build on main. */
export async function pushBranches(
  github: GitHubDouble,
  login: string,
  branches: readonly Branch[],
): Promise<ReadonlyMap<string, string>> {
  if (branches.length === 0) return new Map();
  return await inClone(github, login, async ({ git, main, author, push }) => {
    const stream = branches.map(({ name, ...commit }) =>
      importOf(`refs/heads/${name}`, { ...commit, message: `Change ${name}`, author, from: main }),
    );
    await git.run(['fast-import', '--quiet'], { input: Buffer.concat(stream) });
    await push(branches.map(({ name }) => `refs/heads/${name}:refs/heads/${name}`));
    const heads = (await git.run(['for-each-ref', '--format=%(objectname) %(refname:strip=2)', 'refs/heads'])).trim();
    return new Map(heads.split('\n').map((line) => [line.slice(41), line.slice(0, 40)]));
  });
}

type Link = { readonly files?: Files; readonly message?: string | Uint8Array };

/** One commit after the other onto main, in one push; answers them in order. */
export async function pushChain(
  github: GitHubDouble,
  login: string,
  chain: readonly Link[],
): Promise<readonly string[]> {
  return await inClone(github, login, async ({ git, main, author, push }) => {
    const ref = 'refs/heads/main';
    const stream = chain.map(({ files = {}, message = 'A push\n' }, i) =>
      importOf(ref, { files, message, author, from: i === 0 ? main : null }),
    );
    await git.run(['fast-import', '--quiet'], { input: Buffer.concat(stream) });
    await push([`${ref}:${ref}`]);
    return await git.revisions(['--reverse', `${main}..${ref}`]);
  });
}

type Clone = {
  readonly git: ReturnType<typeof createGit>;
  /** The commit that main is at. */
  readonly main: string;
  readonly author: string;
  readonly push: (refs: readonly string[]) => Promise<void>;
};

async function inClone<T>(github: GitHubDouble, login: string, work: (clone: Clone) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'attack-clone-'));
  try {
    const git = createGit(dir);
    await git.run(['init', '--quiet', '--bare', '.']);
    await writeFile(join(dir, 'objects/info/alternates'), `${join(github.bare, 'objects')}\n`);
    const main = await createGit(github.bare).line(['rev-parse', 'refs/heads/main']);
    const person = github.as(login);
    const author = `${login} <${person.id}+${login}@users.noreply.github.com> ${Math.floor(Date.now() / 1000)} +0000`;
    const credentials = Buffer.from(`x-access-token:${person.token}`).toString('base64');
    const header = `http.extraHeader=Authorization: Basic ${credentials}`;
    const options = ['-c', header, '-c', 'http.postBuffer=100000000'];
    const push = (refs: readonly string[]) => run(dir, [...options, 'push', '--quiet', github.cloneUrl, ...refs]);
    return await work({ git, main, author, push });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

type Commit = Required<Link> & { readonly author: string; readonly from: string | null };

function importOf(ref: string, { files, message, author, from }: Commit): Buffer {
  const parts = [text(`commit ${ref}\ncommitter ${author}\n`), data(message)];
  if (from !== null) parts.push(text(`from ${from}\n`));
  for (const [path, change] of Object.entries(files)) parts.push(...changeOf(path, change));
  return Buffer.concat([...parts, text('\n')]);
}

function changeOf(path: string, change: FileChange): readonly Buffer[] {
  if (change === null) return [text(`D ${quoted(path)}\n`)];
  const { mode, content } =
    typeof change === 'object' && 'mode' in change ? change : { mode: '100644', content: change };
  if (mode === '160000') return [text(`M 160000 ${String(content)} ${quoted(path)}\n`)];
  return [text(`M ${mode} inline ${quoted(path)}\n`), data(content)];
}

function data(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([text(`data ${bytes.length}\n`), bytes, text('\n')]);
}

/** C-style, as fast-import reads it: any byte may stand in a path. */
function quoted(path: string): string {
  const bytes = [...Buffer.from(path)];
  return `"${bytes.map((byte) => (byte < 32 || byte > 126 || byte === 34 || byte === 92 ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte))).join('')}"`;
}

const text = (words: string): Buffer => Buffer.from(words);

function run(cwd: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd, env: gitEnvironment }, (error, _, stderr) =>
      error === null ? resolve() : reject(new Error(`git push of many branches: ${stderr}`)),
    );
  });
}
