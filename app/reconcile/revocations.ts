// Early ends, kept on disk: between the destroy of the access and the merge of its removal, nothing else remembers them.
import {
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export type Revocations = {
  /** Ids of grants that were ended early and whose end is not recorded yet. */
  readonly list: () => readonly string[];
  /** Who ended the grant early and when, as a phrase for the record. */
  readonly get: (grantId: string) => string | undefined;
  readonly has: (grantId: string) => boolean;
  /**
   * Returns when it is on disk: what happens next may be the crash. The first word stands. Where the disk takes nothing it
   * stands in memory, is told, and is tried again: a full disk must not keep anybody's access.
   */
  readonly set: (grantId: string, phrase: string) => void;
  /** Once the end is recorded in Git. */
  readonly forget: (grantId: string) => void;
};

export function endedFolder(dataDir: string): string {
  return join(dataDir, 'ended-early');
}

/** One file for each grant, so that two processes on one folder see each other's and overwrite nothing. */
export function openRevocations(folder: string, onUnwritten: (error: Error) => void = () => {}): Revocations {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Only ids from the ledger come here, but no text ever becomes another path.
  const fileOf = (id: string) => join(folder, Buffer.from(id).toString('hex'));
  const unwritten = new Map<string, string>();
  const get = (id: string) => read(fileOf(id)) ?? unwritten.get(id);
  const write = (id: string, phrase: string): void => {
    try {
      writeWhole(fileOf(id), phrase);
      unwritten.delete(id);
    } catch (error) {
      if (!unwritten.has(id)) onUnwritten(error instanceof Error ? error : new Error(String(error)));
      unwritten.set(id, phrase);
    }
  };
  return {
    list: () => {
      for (const [id, phrase] of unwritten) write(id, phrase);
      return [...new Set([...onDisk(folder), ...unwritten.keys()])];
    },
    get,
    has: (id) => get(id) !== undefined,
    set: (id, phrase) => {
      const first = get(id);
      if (first === undefined || unwritten.has(id)) write(id, first ?? phrase);
    },
    forget: (id) => {
      unwritten.delete(id);
      if (read(fileOf(id)) !== undefined) rmSync(fileOf(id), { force: true });
    },
  };
}

/** Without what a crash left half written beside them. */
function onDisk(folder: string): readonly string[] {
  return namesIn(folder).flatMap((name) =>
    /^([0-9a-f]{2})+$/.test(name) ? [Buffer.from(name, 'hex').toString()] : [],
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** ENOTDIR: something else took the folder's place. What stands in memory and in AWS goes on counting. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Whole or not at all, whatever the moment of a crash. */
export function writeWhole(file: string, text: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    const handle = openSync(aside, 'w', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
      // Written by an administrator beside an app that runs as somebody else, who must be able to read it.
      const { uid, gid } = statSync(dirname(file));
      if (process.getuid?.() === 0) fchownSync(handle, uid, gid);
    } finally {
      closeSync(handle);
    }
    renameSync(aside, file);
  } catch (error) {
    // On a full disk it would lie there for good.
    if (read(aside) !== undefined) rmSync(aside, { force: true });
    throw error;
  }
}
