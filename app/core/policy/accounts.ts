// accounts.yaml: names to AWS accounts, one name for one account.
import type { AccountFields } from '../schema/accounts.ts';
import type { Account } from './policy.ts';
import { refuseTwins, type Source } from './source.ts';

export function readAccounts(source: Source<Readonly<Record<string, AccountFields>>>): ReadonlyMap<string, Account> {
  const entries = Object.entries(source.value);
  // Two names with different labels would let the laxer rule reach the stricter account.
  const ids = entries.map(([name, { id }]) => ({ path: [name, 'id'], value: id, owner: name }));
  refuseTwins(source, ids, 'Account id');
  return new Map(entries.map(([name, fields]) => [name, accountOf(name, fields)]));
}

function accountOf(name: string, fields: AccountFields): Account {
  return {
    name,
    id: fields.id,
    labels: fields.labels ?? [],
    controlPlane: fields.control_plane ?? false,
    ...(fields.warning === undefined ? {} : { warning: fields.warning }),
  };
}
