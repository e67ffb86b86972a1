// The grant as its newest valid authorization says, read and verified from the mirror: what the engine's child trusts.
import type { ResolvedGrant } from '../core/grant/resolved.ts';
import { endOf } from '../core/ledger/ends.ts';
import { readLedger } from './ledger.ts';
import { readTrusted } from './trusted-tip.ts';

/** Where the ledger is and what it must chain to; passed to the engine's child as JSON. */
export type LedgerSource = {
  /** Path of the bare mirror. */
  readonly mirror: string;
  readonly branch: string;
  readonly repositoryId: number;
  readonly genesis: string;
  /** SHA-256 fingerprints of the signing keys that the genesis policy may name. */
  readonly fingerprints: readonly string[];
};

export type Authorized =
  | { readonly kind: 'authorized'; readonly grant: ResolvedGrant }
  | { readonly kind: 'refused'; readonly reason: string };

/** Trusts nothing that the parent process says but the id: the whole ledger is verified again from the root. */
export async function authorizedGrant(source: LedgerSource, id: string, now: Date): Promise<Authorized> {
  // What the app verified last; a branch that was rewritten since does not count.
  const tip = (await readTrusted(source.mirror)) ?? `refs/heads/${source.branch}`;
  const folded = await readLedger(source.mirror, source, tip);
  if (folded.kind === 'no-root') return { kind: 'refused', reason: folded.reason };
  const { ledger } = folded;
  const entry = ledger.grants.get(id);
  if (entry === undefined) return { kind: 'refused', reason: `no valid authorization grants "${id}"` };
  const end = endOf(entry, ledger.policy.value, now);
  if (end !== null) return { kind: 'refused', reason: `grant "${id}" has ended: ${end.sentence}` };
  return { kind: 'authorized', grant: entry.resolved };
}
