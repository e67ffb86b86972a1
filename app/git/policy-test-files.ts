// The tests of one `policies/` tree in Git: policies/tests/, by name relative to policies/.
import { git } from './git.ts';
import { describeObjects } from './objects.ts';
import { readPolicyFiles, readSmall, TOO_LARGE } from './policy-files.ts';

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
  const contents = await readTogether(dir, ids);
  // A test turned into a link is empty, and so refused: it must not stop being run without a word.
  return new Map(entries.map(({ plain, id, name }) => [name, plain ? (contents.get(id) ?? EMPTY) : EMPTY]));
}

/** Far more than is ever run. Anybody who can push may propose a hundred thousand files of 4 MiB, or one under as many names. */
const MOST_TOGETHER = 16 * 1024 * 1024;

/** Each is refused as too large where all of them are: none is left out without a word. */
async function readTogether(dir: string, ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const described = await describeObjects(dir, ids);
  const size = described.reduce((sum, one) => sum + (one?.size ?? 0), 0);
  return size > MOST_TOGETHER ? new Map(ids.map((id) => [id, TOO_LARGE])) : await readSmall(dir, ids);
}

const EMPTY = Buffer.alloc(0);
