// The end of the demo: a fresh clone, Git's own log of `grants/`, and the audit that verifies it from the configured root.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Sandbox } from './index.ts';
import { REPOSITORY_ID } from './organisation.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../app/cli/main.ts', import.meta.url));

export type RemovalProof = {
  readonly commit: string;
  readonly grant: string;
  readonly ended: string;
  readonly firstAt: string;
  readonly secondAt: string;
  readonly requestIds: readonly string[];
};

export type Clone = Awaited<ReturnType<typeof freshClone>>;

export async function freshClone({ github, dir }: Sandbox) {
  const path = join(dir, 'clone');
  const url = withToken(github.cloneUrl, 'octocat', github.as('octocat').token);
  await run('git', ['clone', '--quiet', url, path]);
  const git = async (...args: readonly string[]) => (await run('git', ['-C', path, ...args])).stdout.trimEnd();
  return {
    path,
    log: async () => (await git('log', '--format=%h %cI %s', '--', 'grants/')).split('\n'),
    /** The whole message of the commit that granted it. */
    record: (grant: string) =>
      git('log', '-1', '--format=%B', '--all-match', '--grep=^Kind: grant$', `--grep=^Grant-Id: ${grant}$`),
    files: () => git('ls-tree', '-r', '--name-only', 'HEAD', 'grants/'),
    proof: async (grant: string): Promise<RemovalProof | null> => {
      const commits = (await git('log', '--format=%H', '--grep=^Kind: removal$', '--', `grants/${grant}.yaml`)).split(
        '\n',
      );
      const [commit = ''] = commits;
      return commit === '' ? null : readProof(commit, grant, await git('show', '-s', '--format=%B', commit));
    },
  };
}

export function withToken(url: string, login: string, token: string): string {
  const full = new URL(url);
  full.username = login;
  full.password = token;
  return full.href;
}

/** The three trailers of this grant: one commit may take out several. */
export function readProof(commit: string, grant: string, message: string): RemovalProof | null {
  const lines = message.split('\n');
  const at = lines.indexOf(`Grant-Id: ${grant}`);
  const ended = /^Ended: (.*)$/.exec(lines[at + 1] ?? '')?.[1];
  const [, firstAt, secondAt, ids] = /^Proof: proven (\S+) (\S+) requests (.*)$/.exec(lines[at + 2] ?? '') ?? [];
  if (at < 0 || ended === undefined || firstAt === undefined || secondAt === undefined) return null;
  return { commit, grant, ended, firstAt, secondAt, requestIds: (ids ?? '').split(' ').filter(Boolean) };
}

export type Audited = {
  readonly command: string;
  readonly code: number;
  readonly text: string;
  readonly verified: number;
};

/** `breakglass audit --verify` in a process of its own, as an auditor runs it; offline, from the clone alone. */
export async function audit({ github, keys }: Sandbox, clone: Clone): Promise<Audited> {
  const args = [
    'audit',
    '--verify',
    '--repo',
    clone.path,
    '--root',
    github.repository.genesis,
    '--fingerprint',
    keys.fingerprint,
    '--repository-id',
    String(REPOSITORY_ID),
  ];
  const [text, json] = await Promise.all([breakglass(args), breakglass([...args, '--json'])]);
  const { authorizations = {}, verified = false } =
    json.code === 0 ? (JSON.parse(json.out) as { authorizations?: Record<string, number>; verified?: boolean }) : {};
  const count = Object.values(authorizations).reduce((sum, one) => sum + one, 0);
  return { command: `breakglass ${args.join(' ')}`, code: text.code, text: text.out, verified: verified ? count : 0 };
}

async function breakglass(args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, out: `${stdout}${code === 0 ? '' : stderr}` });
      },
    );
  });
}
