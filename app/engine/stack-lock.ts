// Locks that a killed engine left behind: the engine's own have no time limit, so somebody must judge them.
import { readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileState, member, parseJson } from './checkpoint.ts';
import type { ChildSettings } from './messages.ts';
import { markedProcesses } from './process-tree.ts';
import { PROJECT, stackName } from './stack-name.ts';

/** The content of `.pulumi/locks/…/<uuid>.json` (pulumi/pulumi, pkg/backend/diy/lock.go). */
export type StackLock = {
  readonly pid: number;
  readonly hostname: string;
  readonly username: string;
  readonly timestamp: string;
};

export type Observer = {
  readonly hostname: string;
  readonly now: Date;
  readonly hardLimitMs: number;
  /** Whether the pid is alive and one of ours: a dead one's number is given to others. */
  readonly runs: (pid: number) => boolean;
};

/** A lock of this host is stale when its process is gone; one of another host when it is older than any operation. */
export function isStale(lock: StackLock, observer: Observer): boolean {
  if (lock.hostname === observer.hostname) return !observer.runs(lock.pid);
  return observer.now.getTime() - Date.parse(lock.timestamp) > observer.hardLimitMs;
}

/**
 * Removes the stale locks of a stack in a `file://` state; answers a sentence when one is left that holds.
 * Only the file judged is removed: `pulumi cancel` takes every lock of the stack, also one set a moment ago.
 */
export async function breakStaleLocks(grantId: string, settings: ChildSettings): Promise<string | undefined> {
  const state = fileState(settings.stateUrl);
  if (state === null) return undefined;
  const folder = join(locksOf(state), stackName(grantId));
  return breakIn({ folder, hardLimitMs: settings.hardLimitMs, ofOwnStack: true });
}

/**
 * Those of all stacks, also of stacks that are gone or need no operation for hours: killed before it gave its lock back, an
 * engine leaves one that nobody would meet until then.
 */
export async function breakAllStaleLocks(settings: ChildSettings): Promise<void> {
  const state = fileState(settings.stateUrl);
  if (state === null) return;
  for (const name of await readdir(locksOf(state)).catch(() => []))
    await breakIn({ folder: join(locksOf(state), name), hardLimitMs: settings.hardLimitMs, ofOwnStack: false });
}

function locksOf(state: string): string {
  return join(state, '.pulumi', 'locks', 'organization', PROJECT);
}

type Place = {
  readonly folder: string;
  readonly hardLimitMs: number;
  /**
   * Whoever asks is the only operation of the stack. Of others only whole locks are judged: one that is being written
   * (`….json.….tmp`), or its attributes, may be somebody's of this moment.
   */
  readonly ofOwnStack: boolean;
};

async function breakIn({ folder, hardLimitMs, ofOwnStack }: Place): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => ofOwnStack || name.endsWith('.json'));
  if (names.length === 0) return undefined;
  const observer = here(hardLimitMs);
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => null);
    if (text === null) continue; // given back meanwhile
    const lock = parseLock(text);
    // An unreadable lock was cut short by a kill: it names nobody who could still hold it.
    if (lock && !isStale(lock, observer)) return lockedBy(lock);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

/** Whether the engine's refusal names only stale locks, so that `cancel` may take them. */
export function breakStaleLock(error: unknown, settings: ChildSettings): boolean {
  const locks = locksIn(error instanceof Error ? error.message : '');
  const observer = here(settings.hardLimitMs);
  return locks.length > 0 && locks.every((lock) => isStale(lock, observer));
}

/** The engine says `created by USER@HOST (pid N) at TIME`, one line a lock. */
export function locksIn(message: string): readonly StackLock[] {
  const found = message.matchAll(/created by (\S+?)@(\S+) \(pid (\d+)\) at (\S+)/g);
  return [...found].map(([, username = '', host = '', pid = '', timestamp = '']) => ({
    username,
    hostname: host,
    pid: Number(pid),
    timestamp,
  }));
}

export function lockedBy(lock: StackLock): string {
  return `the grant's stack is locked by process ${lock.pid} on ${lock.hostname} since ${lock.timestamp}; it is tried again until that operation has ended`;
}

function parseLock(text: string): StackLock | null {
  const lock = parseJson(text);
  const [pid, host, username, timestamp] = ['pid', 'hostname', 'username', 'timestamp'].map((key) => member(lock, key));
  if (typeof pid !== 'number' || typeof host !== 'string' || typeof timestamp !== 'string') return null;
  return { pid, hostname: host, username: String(username), timestamp };
}

function here(hardLimitMs: number): Observer {
  const ours = new Set(markedProcesses().map((each) => each.pid));
  return { hostname: hostname(), now: new Date(), hardLimitMs, runs: (pid) => ours.has(pid) };
}
