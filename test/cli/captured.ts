// Runs the command line in this process and keeps what it wrote; or as a process of its own, as a shell would.
import { execFile } from 'node:child_process';
import { runProgram } from '../../app/cli/program.ts';
import { started } from '../sandbox/bundle.ts';

export type Ran = { readonly code: number; readonly out: string; readonly notes: string };

/** Time stands still at `now`; without colours. */
export async function run(args: readonly string[], now = new Date('2026-11-22T03:40:00Z')): Promise<Ran> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await runProgram(['node', 'breakglass', ...args], {
    out: (line) => void out.push(line),
    note: (line) => void notes.push(line),
    tone: (_, text) => text,
    now: () => now,
  });
  return { code, out: out.join('\n'), notes: notes.join('\n') };
}

export const MAIN = started('app/cli/main.ts');

export type Spawning = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly nodeOptions?: readonly string[];
  readonly main?: string;
};

export function spawned(args: readonly string[], spawning: Spawning = {}): Promise<Ran> {
  const { env = {}, cwd, nodeOptions = [], main = MAIN } = spawning;
  const options = {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    timeout: 120_000,
    ...(cwd === undefined ? {} : { cwd }),
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [...nodeOptions, main, ...args], options, (error, out, notes) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, notes });
    });
  });
}
