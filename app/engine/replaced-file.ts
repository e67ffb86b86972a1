// A small file of the engine that others read at any moment: moved into its place whole.
import { renameSync, writeFileSync } from 'node:fs';

/** Half a file, after a kill or on a full disk, would be read as it is by every later operation. */
export function replaceFile(file: string, text: string): void {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, text);
  renameSync(aside, file);
}
