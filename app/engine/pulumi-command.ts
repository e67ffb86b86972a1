// A Pulumi CLI whose version is known: Pulumi's own way to name one starts it to ask, a quarter of a second each time.
import { access, constants, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import semver from 'semver';
import { member } from './checkpoint.ts';
import { replaceFile } from './replaced-file.ts';

/** As `PulumiCommand.get` makes it. */
export function commandAt({ file, version }: { readonly file: string; readonly version: string }): PulumiCommand {
  return Object.assign(Object.create(PulumiCommand.prototype), { command: file, version: semver.parse(version) });
}

const NOTE = 'ran.json';

/** The version that the CLI in `root` once said of itself; null where it never ran, or is another file by now. */
export async function versionBefore(root: string, facts: string | null): Promise<string | null> {
  try {
    const note: unknown = JSON.parse(await readFile(join(root, NOTE), 'utf8'));
    const version = member(note, 'version');
    const isSame = member(note, 'file') === facts;
    await access(join(root, 'bin', 'pulumi'), constants.X_OK);
    return isSame && typeof version === 'string' && semver.valid(version) !== null ? version : null;
  } catch {
    return null;
  }
}

/** `facts`: of `cliFacts`, before it was asked. Where nothing can be written, it is asked at every start. */
export function noteVersion(root: string, version: string, facts: string | null): void {
  try {
    if (facts !== null) replaceFile(join(root, NOTE), JSON.stringify({ version, file: facts }));
  } catch {
    // An installation that is read-only.
  }
}

/** By which the CLI in `root` is known again on the machine where it ran; null where there is none. */
export async function cliFacts(root: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs, mode } = await stat(join(root, 'bin', 'pulumi'));
    return [process.platform, process.arch, ino, size, mtimeMs, ctimeMs, mode].join(' ');
  } catch {
    return null;
  }
}
