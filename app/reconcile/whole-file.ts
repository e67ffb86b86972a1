// Files of the data folder: written whole or not at all, and read where they are there.
import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Null where there is none; throws for one that is there and cannot be read. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
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
    if (existsSync(aside)) rmSync(aside, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/** The new name is in the folder, which a power cut could else give back as it was. Some network disks cannot do it. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    fsyncSync(handle);
    closeSync(handle);
  } catch {
    // The file is written and in its place all the same.
  }
}
