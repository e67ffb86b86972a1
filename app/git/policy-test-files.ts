// The tests of one `policies/` tree in Git: policies/tests/, by name relative to policies/.
import { git } from './git.ts';
import { readPolicyFiles, readSmall } from './policy-files.ts';

/** A policy with its tests, as `policyReport` and the commands take it. */
export async function readPolicyWithTests(dir: string, tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const [policy, tests] = await Promise.all([readPolicyFiles(dir, tree), readPolicyTestFiles(dir, tree)]);
  return new Map([...policy, ...tests]);
}

/** Below `tests/` as well: a test that lies too deep is refused by name, and not passed over. */
async function readPolicyTestFiles(dir: string, tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const { stdout } = await git({ dir, args: ['ls-tree', '-r', '-z', '--full-tree', tree, 'tests/'] });
  const entries = stdout
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t([\s\S]+)$/.exec(line);
      return match?.[2] === undefined || match[3] === undefined
        ? []
        : [{ plain: match[1] === '100644', id: match[2], name: match[3] }];
    });
  const ids = entries.filter(({ plain }) => plain).map(({ id }) => id);
  const contents = await readSmall(dir, ids);
  // A test turned into a link is empty, and so refused: it must not stop being run without a word.
  return new Map(entries.map(({ plain, id, name }) => [name, plain ? (contents.get(id) ?? EMPTY) : EMPTY]));
}

const EMPTY = Buffer.alloc(0);
