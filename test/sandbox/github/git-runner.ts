// Starts git for the double. Starting a process costs by the memory of who starts it, as the kernel copies its page tables:
// 20 ms where a test runner has grown to 300 MB, 2 ms here. So a small process does nothing else.
import { spawn } from 'node:child_process';

export type GitRun = {
  readonly id: number;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | Uint8Array;
};

export type GitRan = {
  readonly id: number;
  /** Null where git could not be started or was killed. */
  readonly code: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
};

process.on('message', (call: GitRun) => {
  try {
    run(call);
  } catch (error) {
    // Not even tried, as where the arguments are too long: that call's failure alone.
    answer({ id: call.id, code: null, stdout: new Uint8Array(), stderr: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));

function run({ id, args, cwd, env, input }: GitRun): void {
  const child = spawn('git', args, { ...(cwd === undefined ? {} : { cwd }), env });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  let failure = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.on('error', (error) => {
    failure = error.message;
  });
  // A git that needs no input may end before it is written; the outcome tells what matters.
  child.stdin.on('error', () => undefined);
  child.on('close', (code) => {
    const stderr = failure || Buffer.concat(errors).toString();
    answer({ id, code: failure === '' ? code : null, stdout: Buffer.concat(out), stderr });
  });
  child.stdin.end(input);
}

function answer(ran: GitRan): void {
  process.send?.(ran);
}
