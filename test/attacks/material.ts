// What an attacker of the record has in hand: the app's own signed messages, and all that can be worked out from them.
import { parseGrant } from '../../app/core/grant/parse.ts';
import { accessDigest, resolveGrant } from '../../app/core/grant/resolve.ts';
import type { Policy } from '../../app/core/policy/policy.ts';
import { verifyMessage } from '../../app/core/record/authorization.ts';
import type { GrantRecord } from '../../app/core/record/record.ts';
import { readLedger } from '../../app/git/ledger.ts';
import type { createGit } from '../sandbox/github/git.ts';
import { newSigningKeys } from '../sandbox/organisation.ts';
import type { Scene } from './scene.ts';

/** The app signs with the first; the attacker has found the other two, outside the positions in which they may sign. */
export const KEYS = { live: newSigningKeys(), retired: newSigningKeys(), future: newSigningKeys() };

export type Genuine = {
  readonly id: string;
  /** The whole message of the app's merge. */
  readonly message: string;
  readonly record: GrantRecord;
  readonly text: string;
};
export type Material = {
  readonly id: string;
  readonly live: Genuine;
  readonly ended: Genuine;
  readonly edited: Genuine;
  /** What the app would sign as `Access` for the live grant under this id: an attacker can work it out as well. */
  readonly access: string;
};
export async function policyOf({ github, sandbox }: Scene): Promise<Policy> {
  const fingerprints = Object.values(KEYS).map((key) => key.fingerprint);
  const root = { repositoryId: github.repository.id, genesis: github.repository.genesis, fingerprints };
  const folded = await readLedger(sandbox.github.bare, root, 'refs/heads/main');
  if (folded.kind === 'no-root') throw new Error(folded.reason);
  return folded.ledger.policy.value;
}

export function accessOf(policy: Policy, id: string, { record, text }: Genuine): string {
  const grant = parseGrant(`grants/${id}.yaml`, Buffer.from(text));
  if (grant.kind === 'invalid') throw new Error('the genuine grant cannot be read');
  const { repositoryId, requester } = record;
  const resolved = resolveGrant({
    grant: grant.value,
    policy,
    repositoryId,
    requesterId: requester.id,
    deadline: new Date(),
  });
  if (resolved.kind === 'unresolved') throw new Error('the genuine grant means nothing');
  return accessDigest(resolved.grant);
}

export async function genuineOf(bare: ReturnType<typeof createGit>, { id, pull }: Scene): Promise<Genuine> {
  const shas = await bare.revisions(['--first-parent', 'refs/heads/main']);
  for (const { sha, message } of await bare.commits(shas)) {
    const read = verifyMessage(message, [{ id: 'live', key: KEYS.live.publicKey, first: 0 }], 1);
    if (read.kind !== 'valid' || read.authorization.record.kind !== 'grant') continue;
    if (read.authorization.record.pullRequest !== pull) continue;
    const text = (await bare.bytes(['show', `${sha}:grants/${id}.yaml`])).toString();
    return { id, message, record: read.authorization.record, text };
  }
  throw new Error(`the merge of #${pull} is not on main`);
}
