// What was verified last is never forgotten by accident: a damaged ref is no new mirror.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareWithTrusted, readTrusted, trust } from '../../app/git/trusted-tip.ts';
import { createRepository, type Repository } from './repository.ts';

const REF = 'refs/breakglass/trusted';

function writeRef({ dir }: Repository, text: string): void {
  mkdirSync(dirname(join(dir, REF)), { recursive: true });
  writeFileSync(join(dir, REF), text);
}

/** Nothing of ours runs meanwhile: git has answered, and only then comes what changes. */
async function meanwhile<T>(look: () => Promise<T>, change: () => void): Promise<T> {
  const looked = look();
  execFileSync('sleep', ['0.5']);
  change();
  return await looked;
}

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
  writeRef(repository, text);
  await expect(readTrusted(repository.dir)).rejects.toThrow('cannot be read');
  expect(await compareWithTrusted(repository.dir, tip)).toMatchObject({ kind: 'lost', tip });
  repository.remove();
});

describe('while this one looks at a new mirror and git has said that there is no such ref', () => {
  const newMirror = async () => {
    const repository = createRepository();
    const commit = (text: string) => repository.commit({ tree: repository.tree({ a: text }) });
    expect(await readTrusted(repository.dir)).toBeNull();
    return { repository, tip: commit('1'), other: commit('2') };
  };

  test('somebody else trusts the same tip: it follows', async () => {
    const { repository, tip } = await newMirror();
    const trusts = () => void repository.git(['update-ref', REF, tip]);
    expect(await meanwhile(() => compareWithTrusted(repository.dir, tip), trusts)).toEqual({ kind: 'follows', tip });
    repository.remove();
  });

  test('somebody else trusts another tip: this one is rewritten', async () => {
    const { repository, tip, other } = await newMirror();
    const trusts = () => void repository.git(['update-ref', REF, other]);
    const compared = await meanwhile(() => compareWithTrusted(repository.dir, tip), trusts);
    expect(compared).toEqual({ kind: 'rewritten', tip, trusted: other });
    repository.remove();
  });

  test('what was verified last is put back and its commit is not there: lost', async () => {
    const { repository, tip } = await newMirror();
    const restores = () => writeRef(repository, `${'a'.repeat(40)}\n`);
    const compared = await meanwhile(() => compareWithTrusted(repository.dir, tip), restores);
    expect(compared).toMatchObject({ kind: 'lost', tip });
    await expect(readTrusted(repository.dir)).rejects.toThrow('cannot be read');
    repository.remove();
  });
});

test('a damaged ref that its operator takes out while this one looks is a new mirror', async () => {
  const repository = createRepository();
  const tip = repository.commit({ tree: repository.tree({ a: '1' }) });
  writeRef(repository, '');
  const takesOut = () => rmSync(join(repository.dir, REF));
  expect(await meanwhile(() => compareWithTrusted(repository.dir, tip), takesOut)).toEqual({ kind: 'follows', tip });
  repository.remove();
});
