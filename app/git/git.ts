// Runs the git command: arguments as a list, never through a shell, with nothing of this machine's own configuration.
import { spawn } from 'node:child_process';
import { removeStaleLocks } from './stale-lock.ts';

export type GitCall = {
  readonly dir: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** HTTP `Authorization` header; passed by environment so that no process list shows it. */
  readonly authorization?: string;
  readonly timeoutMs?: number;
  /** It writes refs of the app's own mirror: a lock that a killed git left there must not stop it for good. */
  readonly writes?: true;
  /** Exit codes besides 0 that are answers and not failures. */
  readonly accept?: readonly number[];
};

export type GitAnswer = { readonly code: number; readonly stdout: Buffer };

const TIMEOUT_MS = 60_000;
/** How long git may take to give back its locks before it is killed. */
const GRACE_MS = 2_000;
const LARGEST_OUTPUT = 256 * 1024 * 1024;
/** A git that was killed may have left a lock on each ref that it was about to write, and complains of some at a time. */
const MOST_MENDED = 20;

type Outcome = { readonly kind: 'answer'; readonly answer: GitAnswer } | Failure;
type Failure = { readonly kind: 'failed'; readonly reason: string; readonly errors: string };

export async function git(call: GitCall): Promise<GitAnswer> {
  for (let mended = 0; ; mended++) {
    const outcome = await runGit(call);
    if (outcome.kind === 'answer') return outcome.answer;
    const mends = call.writes === true && mended < MOST_MENDED;
    if (!mends || !(await removeStaleLocks(call.dir, outcome.errors))) throw new Error(outcome.reason);
  }
}

function runGit(call: GitCall): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // A process group of its own: git's transport helpers hold its pipes open and would outlive it.
    const child = spawn('git', ['-C', call.dir, ...call.args], {
      env: gitEnvironment(call.authorization),
      detached: true,
    });
    let killed: NodeJS.Timeout | undefined;
    const kill = () => {
      killed ??= endGroup(child.pid);
    };
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
      clearTimeout(killed);
      if (code !== null && (code === 0 || call.accept?.includes(code) === true)) {
        resolve({ kind: 'answer', answer: { code, stdout: Buffer.concat(out) } });
        return;
      }
      const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
      const reason = `git ${call.args[0] ?? ''} failed (${how}): ${lastLine(errors)}`;
      resolve({ kind: 'failed', reason, errors });
    });
    child.stdin.end(call.input ?? '');
  });
}

export async function gitText(call: GitCall): Promise<string> {
  return (await git(call)).stdout.toString('utf8').trim();
}

/** Asked first, as a git that is killed leaves its locks. */
function endGroup(pid: number | undefined): NodeJS.Timeout | undefined {
  if (pid === undefined) return undefined;
  signalGroup(pid, 'SIGTERM');
  return setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Ended meanwhile.
  }
}

/** Nothing of this machine's configuration, and nothing that replaces or grafts objects. */
export function gitEnvironment(authorization?: string): NodeJS.ProcessEnv {
  const config: readonly (readonly [string, string])[] = [
    ['transfer.fsckObjects', 'true'],
    ['gc.auto', '0'],
    // One whose app died ends by itself when nothing comes any more.
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
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
