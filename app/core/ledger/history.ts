// The first-parent history of the default branch since genesis, as plain data that `foldLedger` reads.
import type { Policy } from '../policy/policy.ts';
import type { Parsed } from '../result.ts';

/** One line of `git diff-tree --raw -z --no-renames`: a rename is a deletion and an addition, so both names are seen. */
export type TreeChange = {
  readonly path: string;
  /** `A`, `D`, `M` or `T`. */
  readonly status: string;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldBlob: string;
  readonly newBlob: string;
};

export type HistoryCommit = {
  readonly sha: string;
  /** Committer date: GitHub's clock for its own merges. */
  readonly committedAt: Date;
  readonly message: string;
  /** Tree id of `policies/`; null when the commit has none. */
  readonly policiesTree: string | null;
  /** Against the first parent, below `grants/` only. */
  readonly changes: readonly TreeChange[];
};

/** Oldest first; the first one is genesis. */
export type History = readonly [HistoryCommit, ...HistoryCommit[]];

/** What the history refers to by id; everything that it names is there. */
export type Contents = {
  readonly policy: (tree: string) => Parsed<Policy>;
  readonly blob: (id: string) => Uint8Array | null;
};

export type Root = {
  readonly repositoryId: number;
  readonly genesis: string;
  /** Fingerprints of the keys that the genesis policy may name. */
  readonly fingerprints: readonly string[];
};
