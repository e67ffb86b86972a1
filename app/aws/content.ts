// What AWS holds of one permission set, read in full: who has it where, and what it allows there.
import {
  paginateListAccountAssignments,
  paginateListCustomerManagedPolicyReferencesInPermissionSet,
  paginateListManagedPoliciesInPermissionSet,
} from '@aws-sdk/client-sso-admin';
import { collect, evidenceOf } from './answer.ts';
import type { Instance } from './client.ts';
import type { Evidence } from './port.ts';
import { accountsOf, isLatest } from './provisioning.ts';

export type Holder = {
  readonly accountId: string;
  readonly type: 'USER' | 'GROUP';
  readonly id: string;
};

export type CustomerPolicy = { readonly Name: string; readonly Path?: string };

export type Content = {
  readonly holders: readonly Holder[];
  /** Accounts in which it is provisioned. */
  readonly accounts: readonly string[];
  /** Those of them whose role has its latest form. */
  readonly latest: readonly string[];
  readonly inlinePolicy: string | undefined;
  readonly managedPolicies: readonly string[];
  readonly customerPolicies: readonly CustomerPolicy[];
  /** Of ISO 8601, `PT1H`; absent is one hour. */
  readonly sessionDuration: string | undefined;
  readonly evidence: readonly Evidence[];
};

/** `accountId`: where somebody has it even while no account is listed as provisioned. */
export const readContent = async (instance: Instance, arn: string, accountId: string): Promise<Content> => {
  const { sso, instanceArn } = instance;
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  const [accounts, latest, here, policy, managed, customer, described] = await Promise.all([
    accountsOf(instance, arn),
    // A policy reaches the role of an account by provisioning only: LATEST says that the deadline has arrived there.
    accountsOf(instance, arn, isLatest),
    holdersIn(instance, arn, accountId),
    sso.getInlinePolicyForPermissionSet(set),
    collect(paginateListManagedPoliciesInPermissionSet({ client: sso }, set), (page) => page.AttachedManagedPolicies),
    collect(
      paginateListCustomerManagedPolicyReferencesInPermissionSet({ client: sso }, set),
      (page) => page.CustomerManagedPolicyReferences,
    ),
    sso.describePermissionSet(set),
  ]);
  const others = accounts.items.filter((account) => account !== accountId);
  const elsewhere = await Promise.all(others.map((account) => holdersIn(instance, arn, account)));
  const lists = [here, ...elsewhere, accounts, latest, managed, customer];
  return {
    holders: [here, ...elsewhere].flatMap((list) => list.items),
    accounts: accounts.items,
    latest: latest.items,
    inlinePolicy: policy.InlinePolicy,
    managedPolicies: managed.items.map(({ Arn }) => Arn ?? ''),
    customerPolicies: customer.items.map(({ Name, Path }) => ({
      Name: Name ?? '',
      ...(Path === undefined ? {} : { Path }),
    })),
    sessionDuration: described.PermissionSet?.SessionDuration,
    evidence: [...lists.flatMap((list) => list.evidence), evidenceOf(policy), evidenceOf(described)],
  };
};

const holdersIn = async ({ sso, instanceArn }: Instance, arn: string, accountId: string) => {
  const input = { InstanceArn: instanceArn, PermissionSetArn: arn, AccountId: accountId };
  const { items, evidence } = await collect(
    paginateListAccountAssignments({ client: sso }, input),
    (page) => page.AccountAssignments,
  );
  const holders = items.map(
    ({ PrincipalType, PrincipalId }): Holder => ({
      accountId,
      type: PrincipalType === 'GROUP' ? 'GROUP' : 'USER',
      id: PrincipalId ?? '',
    }),
  );
  return { items: holders, evidence };
};
