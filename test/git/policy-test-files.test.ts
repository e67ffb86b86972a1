// The tests of a policy as Git has them: what is too much together is refused by name, and none is left out.
import { expect, test } from 'vitest';
import { LARGEST_POLICY_FILE } from '../../app/core/policy/source.ts';
import { readPolicyWithTests } from '../../app/git/policy-test-files.ts';
import { createRepository } from './repository.ts';

const nested = (files: Readonly<Record<string, string>>): string => {
  const repository = createRepository();
  const tests = repository.tree(files);
  const tree = repository.git(['mktree'], `040000 tree ${tests}\ttests\n`).trim();
  return `${repository.dir}\n${tree}`;
};

test.each([
  ['as they are while they are few', 3, 2_000_000],
  ['all as too large where they are too much together, though they are one file under many names', 9, 0],
])('%s', async (_, count, size) => {
  const text = 'x'.repeat(2_000_000);
  const names = Array.from({ length: count }, (_, i) => `${i}.yaml`);
  const [dir = '', tree = ''] = nested(Object.fromEntries(names.map((name) => [name, text]))).split('\n');
  const read = await readPolicyWithTests(dir, tree);
  expect([...read.keys()].toSorted()).toEqual(names.map((name) => `tests/${name}`));
  for (const bytes of read.values()) expect(bytes.length).toBe(size === 0 ? LARGEST_POLICY_FILE + 1 : size);
});
