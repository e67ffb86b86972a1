// Whose access `breakglass revoke` ends: one person's, one account's, everybody's; found in the ledger as it was last verified.
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import { compareWithTrusted } from '../git/trusted-tip.ts';
import { covers, type HoldScope } from '../reconcile/holds.ts';
import { EXIT, refusal } from './exit-codes.ts';
import { givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';

export type Target = {
  /** For people: `@octocat (583231)`, `account prod-payments (111122223333)`, `everybody`. */
  readonly name: string;
  /** Several where a login was one person's and is now another's: both are meant until somebody knows better. */
  readonly scopes: readonly [HoldScope, ...HoldScope[]];
};

export type ScopeOptions = { readonly person?: string; readonly account?: string; readonly all?: true };

/**
 * The grants of the branch, and of the last tip that was verified where the branch was rewritten since: who can push
 * could otherwise hide their own grant from this command.
 */
export async function readGrants(options: LedgerOptions): Promise<readonly Ledger[]> {
  const root = givenRoot(options);
  const { folded } = await sourceLedger(options, root);
  const compared = await compareWithTrusted(options.repo, folded.ledger.tip);
  if (compared.kind !== 'rewritten') return [folded.ledger];
  const before = await sourceLedger({ ...options, branch: compared.trusted }, root);
  return [folded.ledger, before.folded.ledger];
}

export function targetOf({ person, account }: ScopeOptions, ledgers: readonly Ledger[]): Target {
  if (person !== undefined) return personTarget(person.replace(/^@/, ''), ledgers);
  if (account !== undefined) return accountTarget(account, ledgers);
  return { name: 'everybody', scopes: [{ kind: 'all' }] };
}

/** What may still be open: ended for another reason or not, unless its end is recorded or its deadline is past. */
export function grantsOf(target: Target, ledgers: readonly Ledger[], now: Date): readonly GrantEntry[] {
  const found = new Map<string, GrantEntry>();
  for (const { grants } of ledgers)
    for (const entry of grants.values()) {
      const of = { requesterId: entry.record.requester.id, accountId: entry.resolved.accountId };
      const isOpen = now < entry.deadline && entry.removed?.record == null;
      if (isOpen && target.scopes.some((scope) => covers(scope, of))) found.set(entry.id, entry);
    }
  return [...found.values()];
}

function personTarget(login: string, ledgers: readonly Ledger[]): Target {
  // GitHub's logins know no case; a number is GitHub's id.
  const isMeant = (one: { readonly login: string; readonly id: number }) =>
    one.login.toLowerCase() === login.toLowerCase() || String(one.id) === login;
  const known = ledgers.flatMap(({ policy, grants }) => [
    ...[...policy.value.people.values()].map(({ github, id }) => ({ login: github, id })),
    ...[...grants.values()].map(({ record }) => record.requester),
  ]);
  const ids = [
    ...new Set([...known.filter(isMeant).map((one) => one.id), ...(/^\d{1,15}$/.test(login) ? [Number(login)] : [])]),
  ];
  const [first, ...rest] = ids.map((id): HoldScope => ({ kind: 'person', id }));
  if (first === undefined) throw unknown(`person "${login}"`, 'policies/people.yaml', ledgers);
  const name = known.find(isMeant)?.login ?? login;
  return { name: `@${name} (${ids.join(', ')})`, scopes: [first, ...rest] };
}

function accountTarget(account: string, ledgers: readonly Ledger[]): Target {
  const known = ledgers.flatMap(({ policy, grants }) => [
    ...[...policy.value.accounts.values()].map(({ name, id }) => ({ name, id })),
    ...[...grants.values()].map(({ resolved }) => ({ name: resolved.accountName, id: resolved.accountId })),
  ]);
  const meant = known.filter(({ name, id }) => name === account || id === account);
  const ids = [...new Set([...meant.map((one) => one.id), ...(/^\d{12}$/.test(account) ? [account] : [])])];
  const [first, ...rest] = ids.map((id): HoldScope => ({ kind: 'account', id }));
  if (first === undefined) throw unknown(`account "${account}"`, 'policies/accounts.yaml', ledgers);
  return { name: `account ${meant[0]?.name ?? account} (${ids.join(', ')})`, scopes: [first, ...rest] };
}

function unknown(what: string, file: string, [ledger]: readonly Ledger[]): Error {
  return refusal(
    EXIT.attention,
    `neither ${file} nor any grant knows the ${what} at commit ${ledger?.tip}: look with \`breakglass status\``,
  );
}
