// The last tip that was verified, as a ref of the mirror: what was once seen cannot be rewritten from under the app.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { git } from './git.ts';
import { commitOf, firstParentPath } from './objects.ts';

const REF = 'refs/breakglass/trusted';

export type TrustedTip =
  /** `tip` follows from everything that was verified before. */
  | { readonly kind: 'follows'; readonly tip: string }
  /** The branch was rewritten: what was verified last goes on counting, and nothing new does. */
  | { readonly kind: 'rewritten'; readonly tip: string; readonly trusted: string }
  /** What was verified last is there and cannot be read: ends go on by `tip`, and nothing new is granted. */
  | { readonly kind: 'lost'; readonly tip: string; readonly sentence: string };

export async function compareWithTrusted(dir: string, tip: string): Promise<TrustedTip> {
  const { commit: trusted, isLost } = await look(dir);
  if (isLost) return { kind: 'lost', tip, sentence: lost(dir) };
  if (trusted === null || trusted === tip || (await isAncestor(dir, trusted, tip))) return { kind: 'follows', tip };
  // Another process may have fetched and verified a newer one since this one read its tip.
  if (await isAncestor(dir, tip, trusted)) {
    const now = await commitOf(dir, 'HEAD');
    if (now === null) throw new Error('the mirror has no branch');
    if (now === trusted || (await isAncestor(dir, trusted, now))) return { kind: 'follows', tip: now };
  }
  return { kind: 'rewritten', tip, trusted };
}

/** Null in a new mirror. */
export async function readTrusted(dir: string): Promise<string | null> {
  const { commit, isLost } = await look(dir);
  if (isLost) throw new Error(lost(dir));
  return commit;
}

/** Looked at again where it came or went meanwhile: another reader of a new mirror may trust its tip while git looks. */
async function look(dir: string): Promise<{ readonly commit: string | null; readonly isLost: boolean }> {
  const isThere = () => existsSync(join(dir, REF));
  for (;;) {
    const there = isThere();
    const commit = await commitOf(dir, REF);
    if (commit !== null || isThere() === there) return { commit, isLost: commit === null && there };
  }
}

/** A ref that is there and damaged must not pass for a new mirror: a rewritten history would then be trusted. */
function lost(dir: string): string {
  return `${REF} of the mirror ${dir} cannot be read: it says what was verified last. Ends go on; nothing new is granted until you restore it, or, once you know that the branch was not rewritten, remove ${join(dir, REF)}`;
}

export async function trust(dir: string, tip: string): Promise<void> {
  await git({ dir, args: ['update-ref', REF, tip], writes: true });
}

/** Most often a branch has moved by a commit or two, which the git that runs anyway can say. */
const NEAR = 8;

async function isAncestor(dir: string, ancestor: string, of: string): Promise<boolean> {
  if ((await firstParentPath(dir, { from: of, to: ancestor, most: NEAR })) !== null) return true;
  return (await git({ dir, args: ['merge-base', '--is-ancestor', ancestor, of], accept: [1] })).code === 0;
}
