// How what AWS holds of a grant differs from what was signed: each difference by its kind, with a sentence for people.
import type { ResolvedGrant } from '../core/grant/resolved.ts';
import type { Content, CustomerPolicy, Holder } from './content.ts';
import { samePolicy } from './policy-equality.ts';

export type Difference = { readonly sentence: string } & (
  | { readonly kind: 'foreign-holder'; readonly holder: Holder }
  | { readonly kind: 'foreign-managed-policy'; readonly arn: string }
  | { readonly kind: 'foreign-customer-policy'; readonly policy: CustomerPolicy }
  | { readonly kind: 'inline-policy' }
  | { readonly kind: 'not-provisioned' }
  | { readonly kind: 'unassigned' }
  | { readonly kind: 'missing-managed-policy' }
  | { readonly kind: 'session' }
);

type Signed = Pick<ResolvedGrant, 'accountId' | 'userId' | 'managedPolicies' | 'sessionSeconds'>;

export const differencesOf = (found: Content, grant: Signed, inlinePolicy: string): readonly Difference[] => [
  ...policyDifferences(found, inlinePolicy),
  ...managedDifferences(found, grant),
  ...sessionDifferences(found, grant),
  ...holderDifferences(found, grant),
  ...placeDifferences(found, grant),
];

function* policyDifferences(found: Content, inlinePolicy: string): Generator<Difference> {
  if (!samePolicy(found.inlinePolicy, inlinePolicy))
    yield { kind: 'inline-policy', sentence: 'The inline policy in AWS is not the one that was signed.' };
}

function* managedDifferences(found: Content, grant: Signed): Generator<Difference> {
  const sentence = `The permission set has the managed policies ${listed(found.managedPolicies)}, not ${listed(grant.managedPolicies)}.`;
  for (const arn of found.managedPolicies)
    if (!grant.managedPolicies.includes(arn)) yield { kind: 'foreign-managed-policy', arn, sentence };
  if (grant.managedPolicies.some((arn) => !found.managedPolicies.includes(arn)))
    yield { kind: 'missing-managed-policy', sentence };
  for (const policy of found.customerPolicies)
    yield {
      kind: 'foreign-customer-policy',
      policy,
      sentence: `The permission set has the customer managed policy ${policy.Path ?? '/'}${policy.Name}, not nothing.`,
    };
}

function* sessionDifferences({ sessionDuration }: Content, { sessionSeconds }: Signed): Generator<Difference> {
  const wanted = Math.floor(sessionSeconds / 60) * 60;
  if (secondsOf(sessionDuration) !== wanted)
    yield {
      kind: 'session',
      sentence: `Sessions of the permission set last ${sessionDuration}, not ${wanted} seconds.`,
    };
}

function* holderDifferences(found: Content, grant: Signed): Generator<Difference> {
  const isOurs = (one: Holder) => one.accountId === grant.accountId && one.type === 'USER' && one.id === grant.userId;
  for (const { accountId, ...holder } of found.holders.filter((one) => !isOurs(one))) {
    const wanted = `not only to USER ${grant.userId} in account ${grant.accountId}`;
    const sentence = `The permission set is assigned in account ${accountId} to ${holder.type} ${holder.id}, ${wanted}.`;
    yield { kind: 'foreign-holder', holder: { accountId, ...holder }, sentence };
  }
  if (!found.holders.some(isOurs)) {
    const sentence = `The permission set is assigned in account ${grant.accountId} to ${listed(
      found.holders.filter((one) => one.accountId === grant.accountId).map((one) => `${one.type} ${one.id}`),
    )}, not USER ${grant.userId}.`;
    yield { kind: 'unassigned', sentence };
  }
}

/** An account more is said with its holders; one that has no holder yet or any more shows here only. */
function* placeDifferences(found: Content, { accountId }: Signed): Generator<Difference> {
  const places = (what: string, accounts: readonly string[]) =>
    `The permission set is provisioned ${what} ${listed(accounts)}, not ${accountId}.`;
  if (listed(found.accounts) !== accountId) yield { kind: 'not-provisioned', sentence: places('to', found.accounts) };
  else if (listed(found.latest) !== accountId)
    yield { kind: 'not-provisioned', sentence: places('in its latest form to', found.latest) };
}

const listed = (items: readonly string[]): string => [...new Set(items)].sort().join(', ') || 'nothing';

/** As Identity Center writes it: hours, minutes, seconds. NaN for anything else, which equals nothing. */
const secondsOf = (duration = 'PT1H'): number => {
  const parts = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(duration);
  const [hours = 0, minutes = 0, seconds = 0] = parts?.slice(1).map((part) => Number(part ?? 0)) ?? [Number.NaN];
  return hours * 3600 + minutes * 60 + seconds;
};
