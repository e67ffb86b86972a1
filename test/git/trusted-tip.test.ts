// What was verified last is never forgotten by accident: a damaged ref is no new mirror.
import { execFileSync } from 'node:child_process';
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

test.each([1, 7, 8, 9, 20])(
  'a branch that has moved by %i commits follows, and one that went elsewhere does not',
  async (steps) => {
    const repository = createRepository();
    const commit = (parents: readonly string[], text: string) =>
      repository.commit({ tree: repository.tree({ a: text }), parents });
    const trusted = commit([], '1');
    let tip = trusted;
    for (let i = 0; i < steps; i++) tip = commit([tip], `${i}`);
    await trust(repository.dir, trusted);
    expect(await compareWithTrusted(repository.dir, tip)).toEqual({ kind: 'follows', tip });
    // Through a merge into another line.
    const merged = commit([commit([], 'other'), tip], 'merged');
    expect(await compareWithTrusted(repository.dir, merged)).toEqual({ kind: 'follows', tip: merged });
    let other = commit([], 'other');
    for (let i = 0; i < steps; i++) other = commit([other], `other ${i}`);
    expect(await compareWithTrusted(repository.dir, other)).toEqual({ kind: 'rewritten', tip: other, trusted });
    repository.remove();
  },
);

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

test('a new mirror in which somebody else trusts a tip while this one looks is not lost', async () => {
  const repository = createRepository();
  const tip = repository.commit({ tree: repository.tree({ a: '1' }) });
  expect(await readTrusted(repository.dir)).toBeNull();
  const compared = compareWithTrusted(repository.dir, tip);
  // Nothing of ours runs meanwhile: git has answered that there is no such ref, and then there is.
  execFileSync('sleep', ['0.5']);
  execFileSync('git', ['-C', repository.dir, 'update-ref', 'refs/breakglass/trusted', tip]);
  expect(await compared).toEqual({ kind: 'follows', tip });
  repository.remove();
});
