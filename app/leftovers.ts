// What processes that were killed left half written in the data folder: no reader takes it for anything, and nobody else
// would ever remove it.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './engine/process-tree.ts';
import { withinMs } from './reconcile/within.ts';

/** No small file is written for so long, on whatever host; no fetch takes as long as the other. */
const OLD_MS = { file: 60_000, git: 3_600_000 };
const PATIENCE_MS = 5_000;

/** Our own names only: written as `<name>.<pid>`, and then moved into their place. */
const WRITTEN: readonly (readonly [folder: string, name: RegExp])[] = [
  ['', /^([a-z-]+\.json|verified-last)\.(\d{1,7})$/],
  ['ended-early', /^([0-9a-f]+)\.(\d{1,7})$/],
  ['held', /^([a-z0-9-]+\.json)\.(\d{1,7})$/],
  ['mirror.git', /^(clock)\.(\d{1,7})$/],
  ['mirror.git/refs/breakglass', /^(trusted)\.(\d{1,7})$/],
];
const OF_STACKS = /^(Pulumi[\w.-]*\.yaml)\.(\d{1,7})$/;
const OF_GIT: readonly (readonly [folder: string, name: RegExp])[] = [
  ['', /^mirror\.git-\w{6}$/],
  ['mirror.git/objects', /^tmp_/],
  ['mirror.git/objects/pack', /^tmp_/],
];

/** Removes them, and answers which. A disk that does not answer keeps nobody from starting. */
export async function removeLeftovers(dataDir: string): Promise<readonly string[]> {
  return await withinMs(PATIENCE_MS, remove(dataDir), []);
}

async function remove(dataDir: string): Promise<readonly string[]> {
  const work = ['work', ...(await namesIn(join(dataDir, 'work'))).map((name) => join('work', name))];
  const written = [...WRITTEN, ...work.map((folder) => [folder, OF_STACKS] as const)];
  const found = await Promise.all([
    ...written.map(([folder, name]) => old(join(dataDir, folder), (one) => isOfDead(name.exec(one)), OLD_MS.file)),
    ...OF_GIT.map(([folder, name]) => old(join(dataDir, folder), (one) => name.test(one), OLD_MS.git)),
  ]);
  const all = found.flat();
  for (const path of all) await rm(path, { recursive: true, force: true }).catch(() => {});
  return all;
}

/** In a container the next process has the number of the one that died; this one has written nothing yet. */
function isOfDead(named: RegExpExecArray | null): boolean {
  const pid = Number(named?.[2] ?? Number.NaN);
  return pid > 0 && (pid === process.pid || !isAlive(pid));
}

async function old(folder: string, isIt: (name: string) => boolean, ms: number): Promise<readonly string[]> {
  const paths = (await namesIn(folder)).filter(isIt).map((name) => join(folder, name));
  const ages = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      ),
    ),
  );
  return paths.filter((_, i) => (ages[i] ?? 0) > ms);
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
