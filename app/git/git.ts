// Runs the git command: arguments as a list, never through a shell, with nothing of this machine's own configuration.
import { spawn } from 'node:child_process';

export type GitCall = {
  readonly dir: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** HTTP `Authorization` header; passed by environment so that no process list shows it. */
  readonly authorization?: string;
  readonly timeoutMs?: number;
  /** Exit codes besides 0 that are answers and not failures. */
  readonly accept?: readonly number[];
};

export type GitAnswer = { readonly code: number; readonly stdout: Buffer };

const TIMEOUT_MS = 60_000;
const LARGEST_OUTPUT = 256 * 1024 * 1024;

export function git(call: GitCall): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    // A process group of its own: git's transport helpers hold its pipes open and would outlive it.
    const child = spawn('git', ['-C', call.dir, ...call.args], {
      env: gitEnvironment(call.authorization),
      detached: true,
    });
    const kill = () => killGroup(child.pid);
    const out: Buffer[] = [];
    let size = 0;
    let errors = '';
    const timer = setTimeout(kill, call.timeoutMs ?? TIMEOUT_MS);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > LARGEST_OUTPUT) kill();
      else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 4000) errors += chunk.toString('utf8');
    });
    // A git that ends before it has read everything closes its input; its exit code says why.
    child.stdin.on('error', () => {});
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`git cannot be started (${error.message}). Install git 2.38 or newer and put it on PATH.`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== null && (code === 0 || call.accept?.includes(code) === true)) {
        resolve({ code, stdout: Buffer.concat(out) });
        return;
      }
      const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
      reject(new Error(`git ${call.args[0] ?? ''} failed (${how}): ${lastLine(errors)}`));
    });
    child.stdin.end(call.input ?? '');
  });
}

export async function gitText(call: GitCall): Promise<string> {
  return (await git(call)).stdout.toString('utf8').trim();
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Ended meanwhile.
  }
}

/** Nothing of this machine's configuration, and nothing that replaces or grafts objects. */
export function gitEnvironment(authorization?: string): NodeJS.ProcessEnv {
  const config: readonly (readonly [string, string])[] = [
    ['transfer.fsckObjects', 'true'],
    ['gc.auto', '0'],
    // No credential helper and no redirect may take the token elsewhere.
    ['http.followRedirects', 'false'],
    ...(authorization === undefined ? [] : [['http.extraHeader', `Authorization: ${authorization}`] as const]),
  ];
  const numbered = config.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ]);
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...proxies(),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // An audit reads somebody's clone: what replaces or grafts objects there is not the history.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(numbered),
  };
}

function proxies(): NodeJS.ProcessEnv {
  const names = [
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NO_PROXY',
    'https_proxy',
    'http_proxy',
    'no_proxy',
    'GIT_SSL_CAINFO',
    'SSL_CERT_FILE',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? 'no message').slice(0, 300);
}
