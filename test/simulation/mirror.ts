// The mirror on the simulated repository, and the ledger verified from it: fetched refs are on disk, content is Git's.
import { foldLedger } from '../../app/core/ledger/fold.ts';
import type { Root } from '../../app/core/ledger/history.ts';
import type { Ledger } from '../../app/core/ledger/ledger.ts';
import { parsedPolicy } from '../../app/git/ledger.ts';
import type { Mirror } from '../../app/git/mirror.ts';
import { FINGERPRINTS, LACKS, policyWithout, REPOSITORY_ID } from './policy.ts';
import type { World } from './world.ts';

export function mirrorOf(world: World): Mirror {
  const { repository, disk } = world;
  const { refs } = disk;
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  return {
    dir: '/nowhere',
    fetch: async (heads = []) => {
      refs.tip = repository.tip();
      fetchedAtMs = performance.now();
      for (const { number } of heads) {
        const pull = world.pulls.get(number);
        if (pull === undefined) throw new Error(`no ref refs/pull/${number}/head`);
        refs.heads.set(number, pull.head);
      }
    },
    fetchedAgoMs: () => performance.now() - fetchedAtMs,
    tip: async () => {
      if (refs.tip === null) throw new Error('the mirror has no branch main yet');
      return refs.tip;
    },
    pullHead: async (number) => refs.heads.get(number) ?? null,
    mergeBase: async (a, b) => repository.mergeBase(a, b),
    changes: async (from, to) => repository.changes(from, to),
    mergeTree: async (ours, theirs) => {
      const tree = repository.merged(ours, theirs);
      return tree === null ? null : repository.keepTree(tree);
    },
    blob: async (id) => repository.blob(id),
    sizeOf: async (id) => repository.blob(id)?.length ?? null,
    policiesTree: async (treeish) => repository.treeOf(treeish)?.policies.id ?? null,
    policyFiles: async (tree) => filesOf(tree),
    policyWithTests: async (tree) => filesOf(tree),
  };
}

function filesOf(tree: string): ReadonlyMap<string, Uint8Array> {
  const found = LACKS.map(policyWithout).find((one) => one.id === tree);
  return found?.files ?? new Map();
}

export function rootOf({ repository }: World): Root {
  return { repositoryId: REPOSITORY_ID, genesis: repository.genesis, fingerprints: FINGERPRINTS };
}

const ledgers = new WeakMap<World, Map<string, Ledger>>();

/** By the app's own fold, once for each tip. */
export function ledgerAt(world: World, tip: string): Ledger {
  const known = ledgers.get(world) ?? new Map<string, Ledger>();
  ledgers.set(world, known);
  const ledger = known.get(tip) ?? folded(world, tip);
  known.set(tip, ledger);
  return ledger;
}

function folded(world: World, tip: string): Ledger {
  const [genesis, ...later] = world.repository.history(tip);
  if (genesis === undefined) throw new Error('no history');
  const answer = foldLedger(rootOf(world), [genesis, ...later], {
    blob: (id) => world.repository.blob(id),
    policy: (tree) => parsedPolicy(tree, filesOf(tree)),
  });
  if (answer.kind === 'no-root') throw new Error(answer.reason);
  return answer.ledger;
}
