// Proves by AWS's own answers that a grant's access is exactly what was signed, and nothing beside it.
import {
  paginateListAccountAssignments,
  paginateListAccountsForProvisionedPermissionSet,
  paginateListCustomerManagedPolicyReferencesInPermissionSet,
  paginateListManagedPoliciesInPermissionSet,
} from '@aws-sdk/client-sso-admin';
import type { ResolvedGrant } from '../core/grant/resolved.ts';
import { collect, evidenceOf } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import { samePolicy } from './policy-equality.ts';
import type { Evidence, GrantProof } from './port.ts';

type Finding = { readonly wrong: string | null; readonly evidence: readonly Evidence[] };

export const proveGrant = async (
  instance: Instance,
  grant: ResolvedGrant,
  arn: string,
  inlinePolicy: string,
): Promise<GrantProof> => {
  try {
    const findings = await Promise.all([
      assignments(instance, grant, arn),
      policy(instance, arn, inlinePolicy),
      ...places(instance, grant, arn),
      ...managed(instance, grant, arn),
    ]);
    const wrong = findings.find((finding) => finding.wrong !== null);
    if (wrong?.wrong) return { kind: 'not-proven', reason: wrong.wrong };
    const evidence = findings.flatMap((finding) => finding.evidence);
    const at = evidence.reduce((latest, { at }) => (at > latest ? at : latest), '');
    return { kind: 'proven', at, evidence };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'not-proven', reason: `AWS has no permission set ${arn}.` };
    throw error;
  }
};

const assignments = async ({ sso, instanceArn }: Instance, grant: ResolvedGrant, arn: string): Promise<Finding> => {
  const input = { InstanceArn: instanceArn, PermissionSetArn: arn, AccountId: grant.accountId };
  const { items, evidence } = await collect(
    paginateListAccountAssignments({ client: sso }, input),
    (page) => page.AccountAssignments,
  );
  const holders = items.map(({ PrincipalType, PrincipalId }) => `${PrincipalType} ${PrincipalId}`);
  return {
    wrong: differs(`is assigned in account ${grant.accountId} to`, holders, [`USER ${grant.userId}`]),
    evidence,
  };
};

const policy = async ({ sso, instanceArn }: Instance, arn: string, wanted: string): Promise<Finding> => {
  const answer = await sso.getInlinePolicyForPermissionSet({ InstanceArn: instanceArn, PermissionSetArn: arn });
  const wrong = samePolicy(answer.InlinePolicy, wanted)
    ? null
    : 'The inline policy in AWS is not the one that was signed.';
  return { wrong, evidence: [evidenceOf(answer)] };
};

// A policy reaches the role of an account by provisioning only: LATEST says that the deadline has arrived there.
const places = ({ sso, instanceArn }: Instance, grant: ResolvedGrant, arn: string): readonly Promise<Finding>[] => {
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  const look = async (
    what: string,
    input: Parameters<typeof paginateListAccountsForProvisionedPermissionSet>[1],
  ): Promise<Finding> => {
    const pages = paginateListAccountsForProvisionedPermissionSet({ client: sso }, input);
    const { items, evidence } = await collect(pages, (page) => page.AccountIds);
    return { wrong: differs(what, items, [grant.accountId]), evidence };
  };
  return [
    look('is provisioned to', set),
    look('is provisioned in its latest form to', { ...set, ProvisioningStatus: 'LATEST_PERMISSION_SET_PROVISIONED' }),
  ];
};

const managed = ({ sso, instanceArn }: Instance, grant: ResolvedGrant, arn: string): readonly Promise<Finding>[] => {
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  const byAws = async (): Promise<Finding> => {
    const pages = paginateListManagedPoliciesInPermissionSet({ client: sso }, set);
    const { items, evidence } = await collect(pages, (page) => page.AttachedManagedPolicies);
    return {
      wrong: differs(
        'has the managed policies',
        items.map(({ Arn }) => Arn ?? ''),
        grant.managedPolicies,
      ),
      evidence,
    };
  };
  const byCustomer = async (): Promise<Finding> => {
    const pages = paginateListCustomerManagedPolicyReferencesInPermissionSet({ client: sso }, set);
    const { items, evidence } = await collect(pages, (page) => page.CustomerManagedPolicyReferences);
    return {
      wrong: differs(
        'has the customer managed policies',
        items.map(({ Path, Name }) => `${Path ?? ''}${Name}`),
        [],
      ),
      evidence,
    };
  };
  return [byAws(), byCustomer()];
};

const differs = (what: string, found: readonly string[], wanted: readonly string[]): string | null => {
  const list = (items: readonly string[]): string => [...new Set(items)].sort().join(', ') || 'nothing';
  return list(found) === list(wanted) ? null : `The permission set ${what} ${list(found)}, not ${list(wanted)}.`;
};
