// The Pulumi program of one grant: a permission set, its policies, one account assignment. No clock, no look-ups.
// The four files are imported one by one: the barrel of @pulumi/aws would read the whole service.
import { AccountAssignment } from '@pulumi/aws/ssoadmin/accountAssignment.js';
import { ManagedPolicyAttachment } from '@pulumi/aws/ssoadmin/managedPolicyAttachment.js';
import { PermissionSet } from '@pulumi/aws/ssoadmin/permissionSet.js';
import { PermissionSetInlinePolicy } from '@pulumi/aws/ssoadmin/permissionSetInlinePolicy.js';
import type { CustomResourceOptions, Output, Resource } from '@pulumi/pulumi';
import type { Adopted, Around, ResolvedGrant } from '../app/core/grant/resolved.ts';
import { inlinePolicy } from './statements.ts';

/** What `pulumi stack output` shows of a live grant: what AWS answered to the engine and to the app, when all of it exists. */
export type GrantOutputs = {
  readonly permissionSetArn: Output<string>;
  /** By AWS's clock, RFC 3339. */
  readonly createdAt: Output<string>;
  /** Person, account and set, as AWS confirmed them. */
  readonly assignment: Output<string>;
  readonly deadline: string;
  /** AWS's own confirmation, with its time and the ids of the requests; "not proven …" where it was not had in time. */
  readonly proof: Output<string>;
};

/** It may have been proven since: outputs are written once, when the engine ends. */
const NOT_PROVEN = 'not proven when the engine ended; see breakglass status';

/** Identity Center may take long in a busy organisation; a wait that runs out would leave half an access behind. */
const TIMEOUTS: CustomResourceOptions = { customTimeouts: { create: '30m', update: '30m', delete: '30m' } };

/** The program for one grant: the same grant is the same resources, whoever runs it and when. Only `proof` differs. */
export function grantProgram(grant: ResolvedGrant, { adopted, proof }: Around): () => Promise<GrantOutputs> {
  return async () => {
    const set = permissionSet(grant);
    // The assignment waits for every policy: the deadline exists before the access does. Destroyed in reverse, so the
    // assignment goes first (a permission set cannot be deleted while it is assigned).
    const policies = [...managedPolicies(grant, set, adopted), deadlinePolicy(grant, set)];
    const { id } = assignment(grant, set, policies);
    return {
      permissionSetArn: set.arn,
      createdAt: set.createdDate,
      assignment: id,
      deadline: grant.deadline,
      proof: id.apply(async () => (await proof()) ?? NOT_PROVEN),
    };
  };
}

function permissionSet(grant: ResolvedGrant): PermissionSet {
  return new PermissionSet(
    'access',
    {
      name: grant.permissionSetName,
      instanceArn: grant.instanceArn,
      // Without the deadline: changing a description provisions the set once more, changing a tag does not.
      description: description(`breakglass ${grant.id}: ${grant.role} on ${grant.accountName}`),
      sessionDuration: isoDuration(grant.sessionSeconds),
      tags: {
        'breakglass:ledger': String(grant.repositoryId),
        'breakglass:grant': grant.id,
        'breakglass:expires-at': grant.deadline,
      },
    },
    TIMEOUTS,
  );
}

function managedPolicies(grant: ResolvedGrant, set: PermissionSet, adopted?: Adopted): Resource[] {
  const { instanceArn } = grant;
  // A set: the same policy twice would be the same resource twice.
  return [...new Set(grant.managedPolicies)].map((arn) => {
    const name = `managed-${arn.slice(arn.indexOf('/') + 1).replaceAll('/', '-')}`;
    const found = adopted?.names.has(name) ? { import: `${arn},${adopted.permissionSetArn},${instanceArn}` } : {};
    return new ManagedPolicyAttachment(
      name,
      { instanceArn, permissionSetArn: set.arn, managedPolicyArn: arn },
      { ...belongingTo(set), ...found },
    );
  });
}

function deadlinePolicy(grant: ResolvedGrant, set: PermissionSet): Resource {
  const policy = inlinePolicy(grant);
  if (policy.kind === 'too-large')
    throw new Error(`the inline policy has ${policy.characters} characters, Identity Center takes ${policy.limit}`);
  return new PermissionSetInlinePolicy(
    'deadline',
    { instanceArn: grant.instanceArn, permissionSetArn: set.arn, inlinePolicy: policy.document },
    belongingTo(set),
  );
}

function assignment(grant: ResolvedGrant, set: PermissionSet, policies: Resource[]): AccountAssignment {
  return new AccountAssignment(
    'assignment',
    {
      instanceArn: grant.instanceArn,
      permissionSetArn: set.arn,
      // To the person, never to a group: whoever joins the group later would have the access as well.
      principalType: 'USER',
      principalId: grant.userId,
      targetType: 'AWS_ACCOUNT',
      targetId: grant.accountId,
    },
    { ...TIMEOUTS, dependsOn: policies },
  );
}

/** Deleted with the set: no policy is ever taken off a set that is still assigned, and one provisioning is saved. */
function belongingTo(set: PermissionSet): CustomResourceOptions {
  return { ...TIMEOUTS, deletedWith: set };
}

/** Identity Center's SessionDuration is ISO 8601 without seconds in practice (PT1H, PT90M). */
function isoDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `PT${hours > 0 ? `${hours}H` : ''}${minutes > 0 || hours === 0 ? `${minutes}M` : ''}`;
}

/** Identity Center's pattern for a description: 1 to 700 characters of Latin-1. */
function description(text: string): string {
  return text.replaceAll(/[^\u0020-\u007E\u00A1-\u00FF]/g, '?').slice(0, 700);
}
