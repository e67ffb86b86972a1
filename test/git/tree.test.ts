// Trees and parents as the git that runs anyway tells them: the same as git's own commands say.
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { firstParent, readTree } from '../../app/git/objects.ts';
import { createRepository } from './repository.ts';

const repository = createRepository();
afterAll(() => repository.remove());

const blob = repository.blob('text');
const folder = repository.tree({ a: 'b' });

const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\nb', 'a\tb', '100644 blob', 'ü', '-', ' '));
const entry = fc.record({
  mode: fc.constantFrom(
    '100644',
    '100755',
    '100664',
    '100600',
    '100777',
    '120000',
    '160000',
    '40000',
    '104644',
    '0100644',
    '1100644',
    '1000000644',
    '644',
  ),
  name: name.map((one) => one.replaceAll(/[\0/]/g, '') || 'x'),
});

const written = (entries: readonly (readonly [string, string])[]): string => {
  const bytes = entries.flatMap(([mode, file]) => [
    Buffer.from(`${mode} ${file}\0`),
    Buffer.from(mode === '40000' ? folder : blob, 'hex'),
  ]);
  const write = ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'];
  return repository.git(write, Buffer.concat(bytes)).trim();
};

const listed = (tree: string) =>
  repository
    .git(['ls-tree', '-z', '--full-tree', tree])
    .split('\0')
    .flatMap((line) => {
      const [, mode = '', id = '', file = ''] = /^(\d{6}) \w+ ([0-9a-f]{40})\t([\s\S]+)$/.exec(line) ?? [];
      return mode === '' ? [] : [{ mode, name: file, id }];
    });

describe('a tree', () => {
  test('has the entries that git lists', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        const tree = written(entries.map((one) => [one.mode, one.name]));
        expect(await readTree(repository.dir, tree)).toEqual(listed(tree));
      }),
      { numRuns: 60 },
    );
  });

  test('has a name that is no text as git tells it', async () => {
    const bytes = Buffer.concat([Buffer.from('100644 a'), Buffer.from([0xff, 0xc3, 0]), Buffer.from(blob, 'hex')]);
    const tree = repository.git(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], bytes).trim();
    expect(await readTree(repository.dir, tree)).toEqual(listed(tree));
  });

  test.each([
    ['is not there', '0'.repeat(40)],
    ['is a file', blob],
  ])('that %s is no empty one', async (_, id) => {
    await expect(readTree(repository.dir, id)).rejects.toThrow('there is no tree');
  });

  test.each([
    ['is cut off', Buffer.from('100644 a\0short')],
    ['has a mode of other letters', Buffer.concat([Buffer.from('1006a4 a\0'), Buffer.from(blob, 'hex')])],
    ['has a mode without an end', Buffer.concat([Buffer.from(`${'1'.repeat(40)} a\0`), Buffer.from(blob, 'hex')])],
  ])('that %s is refused', async (_, bytes) => {
    const tree = repository.git(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], bytes).trim();
    await expect(readTree(repository.dir, tree)).rejects.toThrow('is damaged');
  });
});

describe('the first parent', () => {
  const commit = (parents: readonly string[], message = 'x\n') => repository.commit({ tree: folder, parents, message });
  const first = commit([]);
  const second = commit([first]);

  test.each([
    ['of a commit', second, first],
    ['of a merge', commit([second, first]), second],
    ['of a root', first, null],
    [
      'of a root whose message poses as one',
      commit([], `parent ${second}\n\ntree ${folder}\nparent ${second}\n`),
      null,
    ],
    ['of a file', blob, null],
    ['of what is not there', '0'.repeat(40), null],
  ])('%s', async (_, sha, parent) => {
    expect(await firstParent(repository.dir, sha)).toBe(parent);
  });
});
