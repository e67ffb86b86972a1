// What a killed process left half written goes with the next start; what anybody still needs stays.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeLeftovers } from '../../app/leftovers.ts';

const DEAD = 2 ** 22 - 1;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'breakglass-leftovers-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(path: string, ageMs = 0): void {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  const then = new Date(Date.now() - ageMs);
  utimesSync(file, then, then);
}

const files = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(dir.length + 1))
    .sort();

test('files of dead writers, and what git left an hour ago', async () => {
  const kept = [
    `watch.json.${process.ppid}`,
    'breakglass.log.999999',
    'backup.json.20261122',
    'notes.2',
    'ended-early/6162',
    `ended-early/6162.${DEAD - 1}`,
    'held/person-1.json',
    'mirror.git/objects/pack/pack-1.pack',
    'mirror.git/objects/pack/tmp_pack_young',
    'mirror.git/refs/heads/main',
    'work/g-a/Pulumi.yaml',
  ];
  for (const path of kept) write(path, path.startsWith('ended-early/6162.') ? 0 : 120_000);
  const gone = [
    `watch.json.${process.pid}`,
    ...['watch.json', 'verified-last', 'ended-early/6162', 'held/person-1.json'],
    ...['work/Pulumi.yaml', 'work/g-a/Pulumi.g-a.yaml', 'mirror.git/clock', 'mirror.git/refs/breakglass/trusted'],
  ].map((path) => (/\d{2,}$/.test(path) && path.startsWith('watch') ? path : `${path}.${DEAD}`));
  for (const path of gone) write(path, 120_000);
  for (const name of ['tmp_objdir-incoming-x/a', 'pack/tmp_pack_old']) write(`mirror.git/objects/${name}`, 7_200_000);
  write('mirror.git-Ab12Cd/HEAD');
  for (const old of ['mirror.git-Ab12Cd', 'mirror.git/objects/tmp_objdir-incoming-x'])
    utimesSync(join(dir, old), new Date(0), new Date(0));
  expect(await removeLeftovers(dir)).toHaveLength(gone.length + 3);
  expect(files()).toEqual([...kept].sort());
});

test('a folder that is not there yet', async () => {
  expect(await removeLeftovers(join(dir, 'nothing'))).toEqual([]);
});
