// Locks in the mirror that a killed git left behind: git itself never removes them, and every fetch would fail on them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { realpath, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';

/** Longer than any git of ours runs, with the app or without it (git.ts): whoever made it is gone. */
const LONGEST_MS = 180_000;
/** Where no git of this machine works in the repository: a lock is held for milliseconds, by other hosts as well. */
const SHORTEST_MS = 10_000;

/** Removes what git says is in its way, where nobody can be holding it any more. Answers whether something was removed. */
export async function removeStaleLocks(dir: string, complaint: string): Promise<boolean> {
  const named = complaint.matchAll(/Unable to create '([^\n]+\.lock)': File exists/g);
  const removed = await Promise.all([...named].map(([, path = '']) => removeIfStale(dir, path)));
  return removed.includes(true);
}

async function removeIfStale(dir: string, path: string): Promise<boolean> {
  // Git names real paths; whoever configured the folder may have gone through a link.
  const root = await realpath(dir);
  const folder = await realpath(dirname(path)).catch(() => null);
  if (folder === null || !`${folder}${sep}`.startsWith(root + sep)) return false;
  const lock = join(folder, basename(path));
  const age = await ageOf(root, lock);
  // Given back meanwhile: the same call goes through now.
  if (age === 'gone') return true;
  if (age < SHORTEST_MS || (age < LONGEST_MS && isWorkedIn(root))) return false;
  await rm(lock, { force: true });
  return true;
}

/** By the clock of the disk, which may be another machine's. Where it takes no file to tell the time by, of this moment. */
async function ageOf(root: string, lock: string): Promise<number | 'gone'> {
  const probe = join(root, `clock.${process.pid}`);
  try {
    await writeFile(probe, '');
    const [now, then] = await Promise.all([stat(probe), stat(lock)]);
    // Either way: somebody may have set the clock back.
    return Math.abs(now.mtimeMs - then.mtimeMs);
  } catch {
    return await stat(lock).then(
      () => 0,
      () => 'gone',
    );
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** Whether a git of this machine, ours or somebody's, works on the repository. Where that cannot be told, one might. */
function isWorkedIn(root: string): boolean {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.some((pid) => isGit(pid) && worksIn(pid, root));
  } catch {
    return true;
  }
}

function isGit(pid: string): boolean {
  const words = readProc(pid, 'cmdline').split('\0');
  // One that only reads, as long as the app lives, locks nothing.
  return /(^|\/)git(-[\w-]+)?$/.test(words[0] ?? '') && !words.includes('cat-file');
}

function worksIn(pid: string, root: string): boolean {
  const isIn = (path: string) => `${path}${sep}`.startsWith(root + sep);
  const told = `${readProc(pid, 'cmdline')}\0${readProc(pid, 'environ')}`;
  return isIn(folderOf(pid)) || told.includes(root);
}

function folderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // ended meanwhile, or another user's
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
