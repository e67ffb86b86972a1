// Every process of one operation, found by the mark in its environment: plugins leave the process group, so no group
// and no parent pid would find them.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATION_MARK, SUPERVISOR_MARK } from './messages.ts';

export type MarkedProcess = { readonly pid: number; readonly operation: string; readonly supervisor: string | null };

/** All processes of this machine that carry an operation's mark. */
export function markedProcesses(): readonly MarkedProcess[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

export function processesOf(operation: string): readonly number[] {
  return markedProcesses()
    .filter((each) => each.operation === operation)
    .map((each) => each.pid);
}

/** Whether any of these is still the operation's: less work than looking at every process of the machine again. */
export function remain(operation: string, pids: readonly number[]): boolean {
  const own = process.platform === 'linux' ? pids.flatMap(markedPid) : markedProcesses();
  return own.some((each) => each.operation === operation && pids.includes(each.pid));
}

/** Signals every process of the operation; answers how many there were. */
export function killOperation(operation: string, signal: NodeJS.Signals, except: readonly number[] = []): number {
  const pids = processesOf(operation).filter((pid) => !except.includes(pid));
  for (const pid of pids) trySignal(pid, signal);
  return pids.length;
}

/** SIGKILL until nothing is left: a process may start another between being listed and being killed. */
export async function eradicate(operation: string, withinMs = 5_000): Promise<boolean> {
  const limit = Date.now() + withinMs;
  while (killOperation(operation, 'SIGKILL') > 0) {
    if (Date.now() > limit) return false;
    await sleep(50);
  }
  return true;
}

/** Resident memory of an operation in MiB; null where it cannot be read. */
export function memoryOf(operation: string): number | null {
  if (process.platform !== 'linux') return null;
  const pages = processesOf(operation).map((pid) => Number(readProc(pid, 'statm')?.split(' ')[1] ?? 0));
  return (pages.reduce((sum, each) => sum + each, 0) * 4096) / 1024 ** 2;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When a process started, in a form that only compares: a pid alone is given to others later. */
export function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    // The name in parentheses may hold spaces; the 20th field after it is the start in clock ticks since boot.
    const stat = readProc(pid, 'stat');
    return stat === null ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

function fromProc(): readonly MarkedProcess[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).flatMap(markedPid);
}

/** None where it has ended: what is left of a process that nobody has buried has no environment. */
function markedPid(pid: number): readonly MarkedProcess[] {
  return marked(pid, readProc(pid, 'environ')?.split('\0') ?? []);
}

function fromPs(): readonly MarkedProcess[] {
  const text = execFileSync('ps', ['eww', '-A', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  return text.split('\n').flatMap((line) => marked(Number.parseInt(line, 10), line.split(/\s+/)));
}

function marked(pid: number, variables: readonly string[]): readonly MarkedProcess[] {
  const value = (name: string) => variables.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  const operation = value(OPERATION_MARK);
  return operation === undefined ? [] : [{ pid, operation, supervisor: value(SUPERVISOR_MARK) ?? null }];
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // ended meanwhile, or another user's
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}
