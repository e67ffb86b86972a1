// Runs git in the small process beside this one (git-runner.ts), which all doubles of this process share.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GitRan, GitRun } from './git-runner.ts';

export type Outcome = { readonly code: number; readonly stdout: Buffer; readonly stderr: string };

type Runner = {
  readonly child: ChildProcess;
  readonly waiting: Map<number, (ran: GitRan) => void>;
};

const MODULE = fileURLToPath(new URL('./git-runner.ts', import.meta.url));
let runner: Runner | undefined;
let ids = 0;

export async function runGitProcess(call: Omit<GitRun, 'id'>): Promise<Outcome> {
  runner ??= start();
  const { child, waiting } = runner;
  const id = ++ids;
  const ran = await new Promise<GitRan>((resolve) => {
    waiting.set(id, resolve);
    hold(child, true);
    child.send({ ...call, id } satisfies GitRun, (error) => {
      if (error !== null) resolve({ id, code: null, stdout: new Uint8Array(), stderr: error.message });
    });
  });
  waiting.delete(id);
  if (waiting.size === 0) hold(child, false);
  if (ran.code === null) throw new Error(`git ${call.args.join(' ')} did not run: ${ran.stderr}`);
  return { code: ran.code, stdout: Buffer.from(ran.stdout), stderr: ran.stderr };
}

function start(): Runner {
  const child = fork(MODULE, [], { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'] });
  const started: Runner = { child, waiting: new Map() };
  child.on('message', (ran: GitRan) => started.waiting.get(ran.id)?.(ran));
  child.on('exit', () => {
    if (runner === started) runner = undefined;
    for (const [id, answer] of started.waiting)
      answer({ id, code: null, stdout: new Uint8Array(), stderr: 'the process that runs git has ended' });
  });
  return started;
}

/** While nothing is asked of it, it keeps no process from ending; it ends with its channel. */
function hold(child: ChildProcess, busy: boolean): void {
  for (const one of [child, child.channel]) {
    if (busy) one?.ref();
    else one?.unref();
  }
}
