// Locks in the mirror that a killed git left behind: git itself never removes them, and every fetch would fail on them.
import { readdirSync, readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/** Longer than any git of ours may run (git.ts kills it after a minute): whoever made it is gone. */
const LONGEST_MS = 90_000;
/** Where no git works in the repository: a lock is held for milliseconds, and another host may share the disk. */
const SHORTEST_MS = 1_000;

/** Removes what git says is in its way, where nobody can be holding it any more. Answers whether something was removed. */
export async function removeStaleLocks(dir: string, complaint: string): Promise<boolean> {
  const named = [...complaint.matchAll(/Unable to create '([^'\n]+\.lock)': File exists/g)].map(
    ([, path]) => path ?? '',
  );
  const removed = await Promise.all(
    named.filter((path) => isInside(dir, path)).map((path) => removeIfStale(dir, path)),
  );
  return removed.includes(true);
}

function isInside(dir: string, path: string): boolean {
  return resolve(path).startsWith(resolve(dir) + sep);
}

async function removeIfStale(dir: string, path: string): Promise<boolean> {
  const age = await stat(path).then(
    // Either way: somebody may have set the clock back.
    ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
    () => null,
  );
  // Given back meanwhile: the same call goes through now.
  if (age === null) return true;
  if (age < SHORTEST_MS || (age < LONGEST_MS && isWorkedIn(dir))) return false;
  await rm(path, { force: true });
  return true;
}

/** Whether a git of this machine runs on the repository. Where that cannot be told (no /proc), one might. */
function isWorkedIn(dir: string): boolean {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.some((pid) => isWriter(commandOf(pid), dir));
  } catch {
    return true;
  }
}

/** One that only reads, as long as the app lives, locks nothing. */
function isWriter([command = '', flag, of, verb]: readonly string[], dir: string): boolean {
  return /(^|\/)git$/.test(command) && flag === '-C' && of === dir && verb !== 'cat-file';
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // ended meanwhile
  }
}
