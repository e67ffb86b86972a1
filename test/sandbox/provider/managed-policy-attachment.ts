// aws.ssoadmin.ManagedPolicyAttachment, as terraform-provider-aws internal/service/ssoadmin/managed_policy_attachment.go.
import {
  type AttachedManagedPolicy,
  AttachManagedPolicyToPermissionSetCommand,
  DetachManagedPolicyFromPermissionSetCommand,
  paginateListManagedPoliciesInPermissionSet,
} from '@aws-sdk/client-sso-admin';
import { type Connection, isNotFound, retrying } from './client.ts';
import { provisionEverywhere } from './provisioning.ts';
import { failed, idParts, orPartial, type Resource } from './resource.ts';
import { type Properties, text } from './schema.ts';
import { ARN_PROPERTY, REGION_PROPERTY } from './validators.ts';

export const MANAGED_POLICY_ATTACHMENT: Resource = {
  schema: {
    instanceArn: ARN_PROPERTY,
    managedPolicyArn: ARN_PROPERTY,
    permissionSetArn: ARN_PROPERTY,
    region: REGION_PROPERTY,
    managedPolicyName: { type: 'string', mode: 'computed' },
  },
  create,
  read,
  remove: async (aws, id) => {
    const { command, policy, set, instance } = named(id);
    try {
      await retrying(aws, () => aws.client.send(new DetachManagedPolicyFromPermissionSetCommand(command)));
    } catch (error) {
      if (isNotFound(error)) return;
      throw failed(`detaching Managed Policy (${policy}) from SSO Permission Set (${set})`, error);
    }
    await provisionEverywhere(aws, set, instance);
  },
};

async function create(aws: Connection, inputs: Properties) {
  const id = ['managedPolicyArn', 'permissionSetArn', 'instanceArn'].map((one) => text(inputs, one)).join(',');
  const { command, policy, set, instance } = named(id);
  if ((await find(aws, id)) !== undefined) {
    throw new Error(`attaching Managed Policy (${policy}) to SSO Permission Set (${set}): already attached`);
  }
  await retrying(aws, () => aws.client.send(new AttachManagedPolicyToPermissionSetCommand(command))).catch(
    (error: unknown) => {
      throw failed(`attaching Managed Policy (${policy}) to SSO Permission Set (${set})`, error);
    },
  );
  const state = await orPartial(id, inputs, async () => {
    await provisionEverywhere(aws, set, instance);
    const found = await read(aws, id);
    if (found === undefined) throw new Error(`reading SSO Managed Policy Attachment (${id}): couldn't find resource`);
    return found;
  });
  return { id, state };
}

async function read(aws: Connection, id: string): Promise<Properties | undefined> {
  const attached = await find(aws, id);
  if (attached === undefined) return undefined;
  const { policy, set, instance } = named(id);
  return {
    instanceArn: instance,
    managedPolicyArn: policy,
    managedPolicyName: attached.Name ?? '',
    permissionSetArn: set,
  };
}

async function find(aws: Connection, id: string): Promise<AttachedManagedPolicy | undefined> {
  const { policy, set, instance } = named(id);
  try {
    return await retrying(aws, async () => {
      const question = { InstanceArn: instance, PermissionSetArn: set };
      for await (const page of paginateListManagedPoliciesInPermissionSet({ client: aws.client }, question)) {
        const found = page.AttachedManagedPolicies?.find((one) => one.Arn === policy);
        if (found !== undefined) return found;
      }
      return undefined;
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw failed(`reading SSO Managed Policy (${policy}) Attachment (${set})`, error);
  }
}

function named(id: string) {
  const [policy = '', set = '', instance = ''] = idParts(id, 3);
  return { policy, set, instance, command: { InstanceArn: instance, ManagedPolicyArn: policy, PermissionSetArn: set } };
}
