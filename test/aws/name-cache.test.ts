// The cache of names saves look-ups; whatever becomes of its file, nothing waits for it or fails by it.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNameCache } from '../../app/aws/name-cache.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'names-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a hundred saves at once are one file with everything', async () => {
  const file = join(folder, 'names.json');
  const cache = await createNameCache(file);
  const saves = Array.from({ length: 100 }, (_, i) => {
    cache.set(`arn:${i}`, `bg-${i}`);
    return cache.save();
  });
  await Promise.all(saves);
  expect(Object.keys(JSON.parse(await readFile(file, 'utf8')))).toHaveLength(100);
  expect((await createNameCache(file)).arnOf('bg-99')).toBe('arn:99');
});

test('a disk that takes nothing is no failure, and what was not written is written later', async () => {
  const gone = join(folder, 'gone');
  const cache = await createNameCache(join(gone, 'names.json'));
  cache.set('arn:1', 'bg-1');
  await cache.save();
  expect(cache.nameOf('arn:1')).toBe('bg-1');
  await mkdir(gone);
  await cache.save();
  expect((await createNameCache(join(gone, 'names.json'))).nameOf('arn:1')).toBe('bg-1');
});
