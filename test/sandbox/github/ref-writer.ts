// Moves refs by one `git update-ref --stdin` for each repository, which takes one transaction after the other.
import { type ChildProcess, spawn } from 'node:child_process';

export type RefWriter = (lines: readonly string[]) => Promise<void>;

type Process = { readonly child: ChildProcess; readonly errors: () => string };

/** `lines` as `git update-ref --stdin` reads them, all or none; git's own words where it refuses. */
export function createRefWriter(repository: string, env: NodeJS.ProcessEnv): RefWriter {
  let running: Process | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const write = async (lines: readonly string[]): Promise<void> => {
    // A second line would be a second command.
    if (lines.some((line) => /[\r\n\0]/.test(line))) throw new Error('a ref has no line breaks');
    const used =
      running ??
      start(repository, env, () => {
        if (running === used) running = undefined;
      });
    running = used;
    hold(used.child, true);
    try {
      await transaction(used, lines);
    } finally {
      hold(used.child, false);
    }
  };
  return (lines) => {
    const next = last.then(() => write(lines));
    last = next.catch(() => undefined);
    return next;
  };
}

function start(repository: string, env: NodeJS.ProcessEnv, onEnd: () => void): Process {
  const child = spawn('git', ['-C', repository, 'update-ref', '--stdin'], { env });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // It ends with the first that it refuses.
  child.once('close', onEnd);
  // One that has ended says so by closing.
  child.stdin.on('error', () => undefined);
  return { child, errors: () => errors };
}

function transaction({ child, errors }: Process, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (said.includes('commit: ok\n')) end();
    };
    const fail = (): void => end(new Error(`git update-ref ended: ${errors()}`));
    const end = (error?: Error): void => {
      child.stdout?.off('data', hear);
      child.off('close', fail);
      child.off('error', fail);
      if (error === undefined) resolve();
      else reject(error);
    };
    child.stdout?.on('data', hear);
    child.once('close', fail);
    child.once('error', fail);
    child.stdin?.write(['start', ...lines, 'commit', ''].join('\n'));
  });
}

/** While nothing is asked of it, it keeps no process from ending; it ends when its input does. */
function hold(child: ChildProcess, busy: boolean): void {
  const parts = [child, child.stdin, child.stdout, child.stderr] as unknown as readonly (ChildProcess | null)[];
  for (const one of parts) {
    if (busy) one?.ref();
    else one?.unref();
  }
}
