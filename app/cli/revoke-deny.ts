// Denies many grants in AWS at once, with the operator's own credentials: accounts beside each other, one change in each.
import { endedPolicy } from '../../pulumi/statements.ts';
import type { IdentityCenter } from '../aws/port.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';

export type Denial =
  | { readonly kind: 'denied'; readonly arn: string }
  /** AWS holds no permission set of this name, or none any more. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string };

export type Denying = {
  readonly centerOf: (entry: GrantEntry) => IdentityCenter;
  /** For the tag and the record. */
  readonly phrase: string;
  readonly onDenied: (entry: GrantEntry, denial: Denial) => void;
};

/** AWS makes one change at a time in an account, and takes ten at once in all: the engine keeps to eight too. */
const ACCOUNTS_AT_ONCE = 8;

export async function denyAll(entries: readonly GrantEntry[], denying: Denying): Promise<ReadonlyMap<string, Denial>> {
  const denials = new Map<string, Denial>();
  const accounts = [...Map.groupBy(entries, ({ resolved }) => resolved.accountId).values()];
  const next = async (): Promise<void> => {
    for (let account = accounts.shift(); account !== undefined; account = accounts.shift())
      for (const entry of account) {
        const denial = await denyOne(entry, denying);
        denials.set(entry.id, denial);
        denying.onDenied(entry, denial);
      }
  };
  await Promise.all(Array.from({ length: ACCOUNTS_AT_ONCE }, next));
  return denials;
}

/** One that resists must not keep the others. */
async function denyOne(entry: GrantEntry, { centerOf, phrase }: Denying): Promise<Denial> {
  const { permissionSetName, accountId } = entry.resolved;
  try {
    const center = centerOf(entry);
    const access = await center.find(permissionSetName, accountId);
    if (access === null) return { kind: 'absent' };
    await center.deny({ arn: access.arn, accountId, reason: phrase, policy: endedPolicy() });
    return { kind: 'denied', arn: access.arn };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
