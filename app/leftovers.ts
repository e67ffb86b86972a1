// What processes that were killed left half written in the data folder: no reader takes it for anything, and nobody else
// would ever remove it.
import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './engine/process-tree.ts';

/** Another host may work on the same disk. No file and no fetch is written for so long. */
const OLD_MS = 3_600_000;

/** Removes them, and answers which. A disk that does not answer keeps nobody from starting. */
export async function removeLeftovers(dataDir: string): Promise<readonly string[]> {
  const found = [
    ...(await filesAside(dataDir)),
    ...(await old(dataDir, (name) => /^mirror\.git-\w+$/.test(name))),
    ...(await old(join(dataDir, 'mirror.git', 'objects'), (name) => name.startsWith('tmp_'))),
    ...(await old(join(dataDir, 'mirror.git', 'objects', 'pack'), (name) => name.startsWith('tmp_'))),
  ];
  for (const path of found) await rm(path, { recursive: true, force: true }).catch(() => {});
  return found;
}

/** Files are written as `<name>.<pid>` and then moved into their place. */
async function filesAside(dataDir: string): Promise<readonly string[]> {
  const stacks = (await entriesOf(join(dataDir, 'work'))).filter((one) => one.isDirectory());
  const folders = ['', 'ended-early', 'held', ...stacks.map(({ name }) => join('work', name))];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const files = (await entriesOf(join(dataDir, folder))).filter((one) => one.isFile());
      return files.filter(({ name }) => isOfDead(name)).map(({ name }) => join(dataDir, folder, name));
    }),
  );
  return found.flat();
}

/** In a container the next process has the number of the one that died; this one has written nothing yet. */
function isOfDead(name: string): boolean {
  const [, text] = /\.(\d+)$/.exec(name) ?? [];
  const pid = Number(text);
  return text !== undefined && (pid === process.pid || !isAlive(pid));
}

async function old(folder: string, isIt: (name: string) => boolean): Promise<readonly string[]> {
  const paths = (await entriesOf(folder)).filter(({ name }) => isIt(name)).map(({ name }) => join(folder, name));
  const ages = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      ),
    ),
  );
  return paths.filter((_, i) => (ages[i] ?? 0) > OLD_MS);
}

function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}
