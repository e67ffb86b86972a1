// Early ends, kept on disk: between the destroy of the access and the merge of its removal, nothing else remembers them.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type Revocations = {
  /** Who ended the grant early and when, as a phrase for the record. */
  readonly get: (grantId: string) => string | undefined;
  readonly has: (grantId: string) => boolean;
  /** Returns when it is on disk: what happens next may be the crash. The first word stands. */
  readonly set: (grantId: string, phrase: string) => void;
  /** Once the end is recorded in Git. */
  readonly forget: (grantId: string) => void;
};

/** One file for each grant, so that two processes on one folder see each other's and overwrite nothing. */
export function openRevocations(folder: string): Revocations {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Only ids from the ledger come here, but no text ever becomes another path.
  const fileOf = (id: string) => join(folder, Buffer.from(id).toString('hex'));
  const get = (id: string) => read(fileOf(id));
  return {
    get,
    has: (id) => get(id) !== undefined,
    set: (id, phrase) => {
      if (get(id) === undefined) write(fileOf(id), phrase);
    },
    forget: (id) => rmSync(fileOf(id), { force: true }),
  };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all, whatever the moment of a crash. */
function write(file: string, text: string): void {
  const aside = `${file}.${process.pid}`;
  const handle = openSync(aside, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(aside, file);
}
