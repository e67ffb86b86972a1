// The tests of one `policies/` tree in Git: policies/tests/, by name relative to policies/.
import { LARGEST_POLICY_FILE } from '../core/policy/source.ts';
import { git } from './git.ts';
import { describeObjects, readObjects } from './objects.ts';

/** Below `tests/` as well: a test that lies too deep is refused by name, and not passed over. */
export async function readPolicyTestFiles(dir: string, tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
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
  const described = await describeObjects(dir, ids);
  const small = ids.filter((_, i) => (described[i]?.size ?? Number.POSITIVE_INFINITY) <= LARGEST_POLICY_FILE);
  const read = await readObjects(dir, small);
  const contents = new Map(read.flatMap((one) => (one === null ? [] : [[one.id, one.bytes] as const])));
  // A test turned into a link is empty, and so refused: it must not stop being run without a word.
  return new Map(entries.map(({ plain, id, name }) => [name, plain ? (contents.get(id) ?? TOO_LARGE) : EMPTY]));
}

const EMPTY = Buffer.alloc(0);
const TOO_LARGE = Buffer.alloc(LARGEST_POLICY_FILE + 1);
