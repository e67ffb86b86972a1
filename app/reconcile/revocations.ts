// Early ends, kept on disk: between the destroy of the access and the merge of its removal, nothing else remembers them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './whole-file.ts';

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

export type Troubles = {
  /** Once for each end that the disk does not take. */
  readonly unwritten?: (error: Error) => void;
  readonly unread?: (file: string, error: Error) => void;
};

/** One file for each grant, so that two processes on one folder see each other's and overwrite nothing. */
export function openRevocations(folder: string, { unwritten: onUnwritten, unread }: Troubles = {}): Revocations {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Only ids from the ledger come here, but no text ever becomes another path.
  const fileOf = (id: string) => join(folder, Buffer.from(id).toString('hex'));
  const unwritten = new Map<string, string>();
  /** As they were read last, for a disk that cannot be read at the moment. */
  const known = new Map<string, string>();
  const told = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
  const get = (id: string): string | undefined => {
    try {
      const phrase = read(fileOf(id));
      if (phrase === undefined) known.delete(id);
      else known.set(id, phrase);
      return phrase ?? unwritten.get(id);
    } catch (error) {
      unread?.(fileOf(id), told(error));
      return known.get(id) ?? unwritten.get(id) ?? (existsSync(fileOf(id)) ? UNREAD : undefined);
    }
  };
  const write = (id: string, phrase: string): void => {
    try {
      writeWhole(fileOf(id), phrase);
      unwritten.delete(id);
    } catch (error) {
      if (!unwritten.has(id)) onUnwritten?.(told(error));
      unwritten.set(id, phrase);
    }
  };
  return {
    list: () => {
      for (const [id, phrase] of unwritten) write(id, phrase);
      try {
        return [...new Set([...onDisk(folder), ...unwritten.keys()])];
      } catch (error) {
        unread?.(folder, told(error));
        return [...new Set([...known.keys(), ...unwritten.keys()])];
      }
    },
    get,
    has: (id) => get(id) !== undefined,
    set: (id, phrase) => {
      const first = get(id);
      if (first === undefined || unwritten.has(id)) write(id, first ?? phrase);
    },
    forget: (id) => {
      unwritten.delete(id);
      known.delete(id);
      try {
        rmSync(fileOf(id), { force: true, recursive: true });
      } catch {
        // It stays, and says of a recorded end that it has ended.
      }
    },
  };
}

/** The file's name is the grant's id: that it is there is the end, whatever became of its words. */
const UNREAD = 'ended early; the file that says by whom cannot be read';

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
