// The root that a history claims for itself: enough to read a ledger, and no proof that it is the right one.
import type { Root } from '../core/ledger/history.ts';
import { keyFingerprint } from '../core/policy/fingerprint.ts';
import type { SigningKey } from '../core/policy/policy.ts';
import { verifyMessage } from '../core/record/authorization.ts';
import { gitText } from '../git/git.ts';
import { parsedPolicy } from '../git/ledger.ts';
import { describeObjects, readObjects } from '../git/objects.ts';
import { policiesTreeOf, readPolicyFiles } from '../git/policy-files.ts';

/** No repository has it: a history without any record is no repository's ledger yet. */
const NO_REPOSITORY = 0;

/** Null when no commit of the first-parent history has `policies/keys.yaml`. */
export async function claimedRoot(dir: string, tip: string): Promise<Root | null> {
  const listed = await gitText({ dir, args: ['rev-list', '--first-parent', '--reverse', '--end-of-options', tip] });
  const commits = listed.split('\n');
  const found = await describeObjects(
    dir,
    commits.map((sha) => `${sha}:policies/keys.yaml`),
  );
  const at = found.findIndex((one) => one?.type === 'blob');
  const genesis = commits[at];
  if (genesis === undefined) return null;
  const keys = await keysOf(dir, genesis);
  return {
    genesis,
    fingerprints: keys.map((one) => keyFingerprint(one.key)),
    repositoryId: await claimedRepository(dir, commits.slice(at), keys),
  };
}

/** None when the policy does not parse: reading the ledger then says so, with file and line. */
async function keysOf(dir: string, genesis: string): Promise<readonly SigningKey[]> {
  const tree = await policiesTreeOf(dir, genesis);
  if (tree === null) return [];
  const policy = parsedPolicy(tree, await readPolicyFiles(dir, tree));
  return policy.kind === 'ok' ? policy.value.keys : [];
}

/** Of the first record that the genesis keys signed: until then no other key can have come into force. */
async function claimedRepository(
  dir: string,
  commits: readonly string[],
  keys: readonly SigningKey[],
): Promise<number> {
  const BATCH = 500;
  for (let start = 1; start < commits.length; start += BATCH) {
    const objects = await readObjects(dir, commits.slice(start, start + BATCH));
    for (const [i, object] of objects.entries()) {
      const text = object?.bytes.toString('utf8') ?? '';
      const answer = verifyMessage(text.slice(text.indexOf('\n\n') + 2), keys, start + i);
      if (answer.kind === 'valid') return answer.authorization.record.repositoryId;
    }
  }
  return NO_REPOSITORY;
}
