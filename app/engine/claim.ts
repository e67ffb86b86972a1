// A lock file that a process holds while it lives, and that nobody has to clean up after it.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { member, parseJson } from './checkpoint.ts';
import { isAlive, startOf } from './process-tree.ts';

export type Holder = {
  readonly id: string;
  readonly pid: number;
  /** Tells the process from a later one with its number. */
  readonly start: string;
  readonly hostname: string;
  /** ISO time, renewed while the holder lives: the only sign of life across hosts. */
  readonly heartbeat: string;
};

export type Claim =
  | { readonly kind: 'claimed'; readonly release: () => Promise<void> }
  | { readonly kind: 'held'; readonly by: Holder };

export type ClaimTimes = { readonly heartbeatMs: number; readonly deadAfterMs: number };

const TIMES: ClaimTimes = { heartbeatMs: 10_000, deadAfterMs: 60_000 };

/** Takes the file, or says who has it. A dead holder of this host is taken over at once, of another when it is silent. */
export async function claimFile(file: string, times: ClaimTimes = TIMES): Promise<Claim> {
  await mkdir(dirname(file), { recursive: true });
  const me = self();
  for (;;) {
    if (await placed(file, me)) {
      await removeAsides(file, times);
      return { kind: 'claimed', release: beating(file, me, times) };
    }
    const holder = await readHolder(file);
    if (holder && !isDead(holder, times, new Date())) return { kind: 'held', by: holder };
    await removeDead(file, holder);
  }
}

export function isDead(holder: Holder, times: ClaimTimes, now: Date): boolean {
  if (holder.hostname !== hostname()) return now.getTime() - Date.parse(holder.heartbeat) > times.deadAfterMs;
  return !isAlive(holder.pid) || startOf(holder.pid) !== holder.start;
}

function self(): Holder {
  const start = startOf(process.pid) ?? '';
  return { id: randomUUID(), pid: process.pid, start, hostname: hostname(), heartbeat: new Date().toISOString() };
}

/** A link appears whole and only once: of two who try, one sees EEXIST. */
async function placed(file: string, me: Holder): Promise<boolean> {
  const own = `${file}.${me.id}`;
  await writeFile(own, JSON.stringify(me));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** What others wrote aside and died before they moved or linked it. */
async function removeAsides(file: string, times: ClaimTimes): Promise<void> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(`${basename(file)}.`) && /[0-9a-f]{12}$/.test(one))) {
    const aside = join(folder, name);
    const holder = await readHolder(aside);
    // One that is cut short, or being written this moment.
    const isOver = holder === null ? (await ageOf(aside)) > times.deadAfterMs : isDead(holder, times, new Date());
    if (isOver) await rm(aside, { force: true }).catch(() => {});
  }
}

/**
 * Two who both saw the dead holder must not both remove the file: the second would remove the first one's claim.
 * A folder is made by one of them only, and what it guards takes a moment.
 */
async function removeDead(file: string, seen: Holder | null): Promise<void> {
  const guard = `${file}.takeover`;
  try {
    await mkdir(guard);
  } catch {
    if ((await ageOf(guard)) > 10_000) await rm(guard, { recursive: true, force: true }); // its maker died in that moment
    await new Promise((resolve) => setTimeout(resolve, 20));
    return;
  }
  try {
    const now = await readHolder(file);
    if (now?.id === seen?.id) await rm(file, { force: true });
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

function ageOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
}

function beating(file: string, me: Holder, times: ClaimTimes): () => Promise<void> {
  let last = Promise.resolve();
  const beat = async () => {
    // After a long pause of this process somebody may have taken over: theirs is not to be overwritten.
    if ((await readHolder(file))?.id !== me.id) return;
    const own = `${file}.${me.id}`;
    await writeFile(own, JSON.stringify({ ...me, heartbeat: new Date().toISOString() }));
    await rename(own, file);
  };
  const timer = setInterval(() => {
    last = last.then(beat).catch(() => undefined);
  }, times.heartbeatMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await last;
    if ((await readHolder(file))?.id === me.id) await rm(file, { force: true });
  };
}

async function readHolder(file: string): Promise<Holder | null> {
  const found = parseJson(await readFile(file, 'utf8').catch(() => ''));
  const text = (key: string) => String(member(found, key) ?? '');
  const pid = member(found, 'pid');
  if (typeof pid !== 'number') return null;
  return { id: text('id'), pid, start: text('start'), hostname: text('hostname'), heartbeat: text('heartbeat') };
}
