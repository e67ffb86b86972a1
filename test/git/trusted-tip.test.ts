// What was verified last is never forgotten by accident: a damaged ref is no new mirror.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareWithTrusted, readTrusted, trust } from '../../app/git/trusted-tip.ts';
import { createRepository } from './repository.ts';

test('null in a new mirror, and what was trusted afterwards', async () => {
  const repository = createRepository();
  const tip = repository.commit({ tree: repository.tree({ a: '1' }) });
  expect(await readTrusted(repository.dir)).toBeNull();
  await trust(repository.dir, tip);
  expect(await readTrusted(repository.dir)).toBe(tip);
  repository.remove();
});

test.each([
  ['empty', ''],
  ['zeroed', `${'0'.repeat(40)}\n`],
  ['of a commit that is not there', `${'a'.repeat(40)}\n`],
])('a ref that is %s is lost, and no new mirror', async (_, text) => {
  const repository = createRepository();
  const tip = repository.commit({ tree: repository.tree({ a: '1' }) });
  mkdirSync(join(repository.dir, 'refs', 'breakglass'), { recursive: true });
  writeFileSync(join(repository.dir, 'refs', 'breakglass', 'trusted'), text);
  await expect(readTrusted(repository.dir)).rejects.toThrow('cannot be read');
  expect(await compareWithTrusted(repository.dir, tip)).toMatchObject({ kind: 'lost', tip });
  repository.remove();
});
