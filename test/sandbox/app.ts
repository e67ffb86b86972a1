// The app as a process of its own, as an operator would start it, against the doubles; it can be killed at any moment.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { started } from './bundle.ts';

export type AppProcess = {
  readonly url: string;
  readonly webhooks: string;
  readonly pid: number;
  /** Log lines as the app wrote them, parsed. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
  readonly errors: () => string;
  readonly exited: Promise<number | null>;
  readonly ready: () => Promise<void>;
  /** SIGKILL to the app alone: what it started finds out by itself. */
  readonly kill: () => Promise<void>;
  /** SIGTERM, as an orchestrator stops it. */
  readonly stop: () => Promise<number | null>;
};

export async function startAppProcess(env: Readonly<Record<string, string>>): Promise<AppProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [started('app/cli/main.ts'), 'start'], {
    env: { ...own(), ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { logs, errors } = collect(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return await exited;
  };
  return {
    url,
    webhooks: `${url}/api/github/webhooks`,
    pid: child.pid ?? 0,
    logs,
    errors,
    exited,
    ready: () => untilAnswers(url, exited, errors),
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

/** What is the machine's and not a setting. */
function own(): Record<string, string> {
  const names = ['PATH', 'HOME', 'NODE_COMPILE_CACHE', 'GOGC'];
  const entries = names.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function collect(child: ChildProcess) {
  const logs: Record<string, unknown>[] = [];
  let rest = '';
  let errors = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    rest += chunk.toString('utf8');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) logs.push(JSON.parse(line) as Record<string, unknown>);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-20_000);
  });
  return { logs, errors: () => errors };
}

/** Webhooks are taken from the moment the port answers; what was missed before, the first pass finds. */
async function untilAnswers(url: string, exited: Promise<number | null>, errors: () => string): Promise<void> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  for (let i = 0; i < 600 && !gone; i++) {
    if (
      await fetch(`${url}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error(`the app did not start: ${errors()}`);
}

/** Probot takes 0 for its default, so a port is found first. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
