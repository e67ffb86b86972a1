// Asks the CLI about a state that is not files: few at once, as each costs a process of a second and a hundred megabytes.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeFailure } from './failure.ts';
import { replaceFile } from './replaced-file.ts';
import { PROJECT } from './stack-name.ts';

export type StateAccess = {
  readonly stateUrl: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the questions' own project file may lie. */
  readonly folder: string;
};

/** Null when there is no such stack. */
export type Ask = (args: readonly string[]) => Promise<string | null>;

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;
const AT_ONCE = 2;

export function stateQuestions(access: StateAccess): Ask {
  const cwd = join(access.folder, 'questions');
  let written = false;
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;
  const place = (): Promise<void> | void => {
    if (free === 0) return new Promise((resolve) => waiting.push(resolve));
    free -= 1;
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async (args) => {
    await place();
    try {
      if (!written) writeProject(cwd);
      written = true;
      return await ask(access, cwd, args);
    } finally {
      leave();
    }
  };
}

/** Whole: another process may be asking there. */
function writeProject(cwd: string): void {
  mkdirSync(cwd, { recursive: true });
  replaceFile(join(cwd, 'Pulumi.yaml'), JSON.stringify({ name: PROJECT, runtime: 'nodejs' }));
}

async function ask({ command, env, stateUrl }: StateAccess, cwd: string, args: readonly string[]) {
  try {
    const options = { cwd, env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 };
    return (await run(command, [...args, '--non-interactive'], options)).stdout;
  } catch (error) {
    if (error instanceof Error && /no stack named/.test(error.message)) return null;
    throw new Error(describeFailure({ error, diagnostics: [], stateUrl }));
  }
}
