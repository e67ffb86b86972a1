// The holds on disk: one file for each scope, written by a command beside the running app.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST_SECONDS } from '../core/grant/duration.ts';
import type { Hold, HoldScope, Holds } from './holds.ts';
import { writeWhole } from './whole-file.ts';

/** What is there and cannot be read. */
export type Unread = { readonly file: string; readonly reason: string };

export function holdsFolder(dataDir: string): string {
  return join(dataDir, 'held');
}

/** `onUnread` is told at each reading of all that could not be read. */
export function openHolds(folder: string, onUnread: (files: readonly Unread[]) => void = () => {}): Holds {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const known = new Map<string, Hold>();
  const fileOf = (scope: HoldScope) => join(folder, `${nameOf(scope)}.json`);
  const list = (): readonly Hold[] => {
    const names = namesIn(folder);
    const unread: Unread[] = [];
    if (names instanceof Error) {
      // What was seen goes on holding while the folder cannot be read; neither may it keep anything else from ending.
      onUnread([{ file: folder, reason: names.message }]);
      return [...known.values()];
    }
    for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
    const all = names.flatMap((name) => readAgain(folder, name, known, unread));
    onUnread(unread);
    return all;
  };
  const of = (scope: HoldScope): readonly Hold[] => list().filter((one) => nameOf(one.scope) === nameOf(scope));
  const write = ({ scope, at, until, phrase }: Dated): void =>
    writeWhole(fileOf(scope), JSON.stringify({ at: at.toISOString(), until: until.toISOString(), phrase }));
  return {
    list,
    set: (hold) => write(of(hold.scope).filter(isDated).reduce(joined, hold)),
    release: (scope, now) => {
      const holding = of(scope).filter(({ until }) => until === null || until > now);
      const [dated] = holding.filter(isDated);
      // One that cannot be read has no beginning and no end: it is gone when somebody has looked at it.
      if (dated !== undefined) write({ ...dated, until: now });
      else if (holding.length > 0) rmSync(fileOf(scope), { force: true, recursive: true });
      return holding.length > 0;
    },
    forgetOver: (now) => {
      for (const hold of list()) if (isOver(hold, now)) rmSync(fileOf(hold.scope), { force: true });
    },
  };
}

type Dated = Hold & { readonly until: Date };

const isDated = (hold: Hold): hold is Dated => hold.until !== null;

/** A second order must not end the first one sooner. One that was over before it is none of its business. */
function joined(hold: Dated, before: Dated): Dated {
  if (before.until <= hold.at) return hold;
  const at = before.at < hold.at ? before.at : hold.at;
  return { ...hold, at, until: before.until > hold.until ? before.until : hold.until };
}

/** Whatever began before its end is past its deadline, also what is seen only now. */
function isOver({ until }: Hold, now: Date): boolean {
  return until !== null && now.getTime() - until.getTime() > LONGEST_SECONDS * 1000;
}

function namesIn(folder: string): readonly string[] | Error {
  try {
    return readdirSync(folder);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * The name says whom. A file that is there and cannot be read, or that a full disk or a hand has spoiled, keeps anything
 * from being granted to them until somebody looks; it ends nothing, as that could not be taken back.
 */
function readAgain(folder: string, name: string, known: Map<string, Hold>, unread: Unread[]): readonly Hold[] {
  const scope = scopeOf(name);
  if (scope === null) return [];
  const file = join(folder, name);
  const read = readHold(file, scope);
  switch (read.kind) {
    case 'gone':
      known.delete(name);
      return [];
    case 'hold':
      known.set(name, read.hold);
      return [read.hold];
    case 'unread': {
      unread.push({ file, reason: read.reason });
      const before = known.get(name);
      const undated = { scope, at: new Date(0), until: null, phrase: `held by the file ${file}, which cannot be read` };
      return before === undefined ? [undated] : [before, undated];
    }
  }
}

type Read =
  | { readonly kind: 'hold'; readonly hold: Hold }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unread'; readonly reason: string };

function readHold(file: string, scope: HoldScope): Read {
  try {
    const { at, until, phrase }: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(file, 'utf8'));
    const [from, to] = [new Date(String(at)), new Date(String(until))];
    if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime()))
      return { kind: 'unread', reason: 'it has no beginning or no end' };
    return { kind: 'hold', hold: { scope, at: from, until: to, phrase: String(phrase) } };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { kind: 'gone' };
    return { kind: 'unread', reason: error instanceof Error ? error.message : String(error) };
  }
}

function nameOf(scope: HoldScope): string {
  return scope.kind === 'all' ? 'all' : `${scope.kind}-${scope.id}`;
}

function scopeOf(name: string): HoldScope | null {
  if (name === 'all.json') return { kind: 'all' };
  const [, kind, id = ''] = /^(person|account)-(\d+)\.json$/.exec(name) ?? [];
  if (kind === 'person') return { kind, id: Number(id) };
  return kind === 'account' ? { kind, id } : null;
}
