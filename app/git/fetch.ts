// Fetching into the mirror: the branch by itself, and heads of pull requests beside it, so that a head that is huge or
// broken holds up nobody's merge.
import { sharedReading } from '../core/shared-reading.ts';
import { git } from './git.ts';
import { commitOf } from './objects.ts';
import { serverTip } from './server-tip.ts';

export type Head = { readonly number: number; readonly sha: string };

export type FetchOptions = {
  readonly dir: string;
  /** Asked for at every fetch: GitHub may be out of reach when the mirror is opened, or the repository renamed. */
  readonly url: () => Promise<string>;
  readonly branch: string;
  /** An installation token; asked for at every fetch, as it lives for an hour. */
  readonly token: () => Promise<string>;
};

/** How long the server may take to say where the branch stands, before a fetch is begun anyway. */
const ANSWER_MS = 3_000;
/** How long a server that did not say it is not asked again. */
const SILENCE_MS = 60_000;

/** How long a head that could not be fetched is left alone; doubled at each failure. */
export const PAUSE_MS = { first: 15_000, most: 3_600_000 };

/** `surely`: by git itself, also where the branch has not moved. */
export type FetchBranch = (how?: 'surely') => Promise<void>;

/** Throws when the branch could not be fetched. Calls that arrive during a fetch share the next one. */
export function branchFetcher(options: FetchOptions): FetchBranch {
  const { dir, branch } = options;
  const ref = `refs/heads/${branch}`;
  let surely = false;
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  const hasMoved = async (from: Origin): Promise<boolean> => {
    if (performance.now() < silentUntilMs) return true;
    const question = serverTip({ ...from, branch, timeoutMs: ANSWER_MS });
    const [there, here] = await Promise.all([question, commitOf(dir, ref).catch(() => null)]);
    if (there === null) silentUntilMs = performance.now() + SILENCE_MS;
    return there === null || there !== here;
  };
  const fetch = sharedReading(async () => {
    const isAsked = !surely;
    surely = false;
    const from = await origin(options);
    if (isAsked && !(await hasMoved(from))) return;
    await fetchRefs(dir, from, [`+${ref}:${ref}`]);
  });
  return (how) => {
    if (how === 'surely') surely = true;
    return fetch();
  };
}

/** Throws when one of the heads could not be fetched; the others then are there all the same. */
export function headsFetcher(
  options: FetchOptions,
  fetchBranch: FetchBranch,
  nowMs: () => number = () => performance.now(),
): (heads: readonly Head[]) => Promise<void> {
  const failed = new Map<string, Failure>();
  let wanted: readonly Head[] = [];
  // Shared, and so one after the other as well: two would lock the same refs.
  const fetch = sharedReading(async () => {
    const heads = wanted;
    wanted = [];
    const fresh = [...new Map(heads.map((head) => [keyOf(head), head])).values()];
    const due = fresh.filter((head) => (failed.get(keyOf(head))?.untilMs ?? 0) <= nowMs());
    const errors = await fetchHeads(options, due, fetchBranch);
    for (const head of due) note(failed, head, errors.get(head), nowMs());
  });
  return async (heads) => {
    if (heads.length === 0) return;
    wanted = [...wanted, ...heads];
    await fetch();
    for (const head of heads) {
      const failure = failed.get(keyOf(head));
      if (failure !== undefined) throw failure.error;
    }
  };
}

type Failure = { readonly error: unknown; readonly untilMs: number; readonly pauseMs: number };

/** By its commit: what was pushed since is another head. */
const keyOf = ({ number, sha }: Head): string => `${number} ${sha}`;

const MOST_FAILURES = 2_000;

function note(failed: Map<string, Failure>, head: Head, error: unknown, nowMs: number): void {
  const key = keyOf(head);
  const before = failed.get(key);
  failed.delete(key);
  if (error === undefined) return;
  const pauseMs = before === undefined ? PAUSE_MS.first : Math.min(PAUSE_MS.most, before.pauseMs * 2);
  if (failed.size >= MOST_FAILURES) failed.delete(failed.keys().next().value ?? '');
  failed.set(key, { error, pauseMs, untilMs: nowMs + pauseMs });
}

/** One round trip for all; when that fails, halves of them, so that a head that cannot be fetched fails nobody else. */
async function fetchHeads(
  options: FetchOptions,
  heads: readonly Head[],
  fetchBranch: FetchBranch,
): Promise<ReadonlyMap<Head, unknown>> {
  if (heads.length === 0) return new Map();
  try {
    await fetchRefs(
      options.dir,
      await origin(options),
      heads.map(({ number }) => `+refs/pull/${number}/head:refs/pull/${number}/head`),
    );
    return new Map();
  } catch (error) {
    // When GitHub cannot be reached at all, or git does not run, it is no head's fault, and none is left alone for it.
    await fetchBranch('surely');
    const [head] = heads;
    if (head !== undefined && heads.length === 1) return new Map([[head, error]]);
    const half = Math.ceil(heads.length / 2);
    const first = await fetchHeads(options, heads.slice(0, half), fetchBranch);
    return new Map([...first, ...(await fetchHeads(options, heads.slice(half), fetchBranch))]);
  }
}

type Origin = { readonly url: string; readonly authorization: string };

async function origin({ url, token }: FetchOptions): Promise<Origin> {
  const from = await url();
  return { url: from, authorization: `basic ${Buffer.from(`x-access-token:${await token()}`).toString('base64')}` };
}

async function fetchRefs(dir: string, { url, authorization }: Origin, refs: readonly string[]): Promise<void> {
  const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--force'];
  const args = ['fetch', ...quietly, '--end-of-options', url, ...refs];
  await git({ dir, args, authorization, writes: true });
}
