// The engine's state as files: which stacks there are, and what one of them says. Read without a CLI call (0.4 s each).
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grantOfStack, PROJECT, stackName } from './stack-name.ts';

export type Checkpoint = {
  readonly permissionSetArn: string | null;
  /** Whether the state knows the account assignment. */
  readonly assigned: boolean;
  /** URNs of operations that began and never reported their end. */
  readonly pending: readonly string[];
};

/** Folder of a `file://` state, null for a state that lies elsewhere. */
export function fileState(stateUrl: string): string | null {
  if (!stateUrl.startsWith('file://')) return null;
  const url = new URL(stateUrl);
  url.search = '';
  return fileURLToPath(url);
}

export async function listStacks(state: string): Promise<readonly string[]> {
  const names = await readdir(join(state, '.pulumi', 'stacks', PROJECT)).catch(emptyWhenMissing);
  // Beside the checkpoints lie their backups, `….json.bak`, also of stacks that are gone.
  const stacks = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
  return stacks.map(grantOfStack).filter((id) => id !== null);
}

export async function readCheckpoint(state: string, grantId: string): Promise<Checkpoint | null> {
  const text = await readFile(fileOf(state, grantId), 'utf8').catch(nullWhenMissing);
  const checkpoint = text === null ? undefined : member(parseJson(text), 'checkpoint');
  return checkpoint === undefined ? null : parseDeployment(member(checkpoint, 'latest'));
}

/**
 * A checkpoint that a full disk or a crash cut short would make the engine fail for good. It tells as little as one that
 * is lost, and what AWS holds is found by its tags either way; the file is kept beside, for whoever wants to look.
 */
export async function setAsideDamaged(state: string, grantId: string): Promise<boolean> {
  const file = fileOf(state, grantId);
  const text = await readFile(file, 'utf8').catch(nullWhenMissing);
  if (text === null || member(parseJson(text), 'checkpoint') !== undefined) return false;
  await rename(file, `${file}.damaged`);
  return true;
}

/**
 * Beside each file of its store the engine keeps the file's attributes, and writes them in place (gocloud.dev/blob/fileblob).
 * Cut short by a kill they make it fail for good, with "failed to load checkpoint: EOF", those of `meta.yaml` with every
 * stack of the store. It can do without: the content is in the files themselves.
 */
export async function removeDamagedAttributes(state: string, grantId: string): Promise<void> {
  for (const file of [fileOf(state, grantId), join(state, '.pulumi', 'meta.yaml')]) {
    const attributes = `${file}.attrs`;
    const text = await readFile(attributes, 'utf8').catch(nullWhenMissing);
    if (text !== null && parseJson(text) === undefined) await rm(attributes, { force: true });
  }
}

function fileOf(state: string, grantId: string): string {
  return join(state, '.pulumi', 'stacks', PROJECT, `${stackName(grantId)}.json`);
}

/** Also what `pulumi stack export` prints, for states that are not files. */
export function parseDeployment(deployment: unknown): Checkpoint {
  const resources = list(member(deployment, 'resources'));
  const set = resources.find((each) => member(each, 'type') === 'aws:ssoadmin/permissionSet:PermissionSet');
  const arn = member(member(set, 'outputs'), 'arn');
  const pending = list(member(deployment, 'pending_operations')).map((each) => member(member(each, 'resource'), 'urn'));
  const assigned = resources.some(
    (each) => member(each, 'type') === 'aws:ssoadmin/accountAssignment:AccountAssignment',
  );
  return { permissionSetArn: typeof arn === 'string' ? arn : null, assigned, pending: pending.map(String) };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A checkpoint cut short by a full disk: the engine will say so; for a reader it names nothing.
    return undefined;
  }
}

export function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
