// aws.ssoadmin.PermissionSetInlinePolicy, as terraform-provider-aws internal/service/ssoadmin/permission_set_inline_policy.go.
import {
  DeleteInlinePolicyFromPermissionSetCommand,
  GetInlinePolicyForPermissionSetCommand,
  PutInlinePolicyToPermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { type Connection, isNotFound, retrying } from './client.ts';
import { provisionEverywhere } from './provisioning.ts';
import { failed, idParts, orPartial, type Resource } from './resource.ts';
import { optionalText, type Properties, text } from './schema.ts';
import { ARN_PROPERTY, REGION_PROPERTY, refusePolicy, samePolicy } from './validators.ts';

export const PERMISSION_SET_INLINE_POLICY: Resource = {
  schema: {
    inlinePolicy: { type: 'string', mode: 'required', refuse: refusePolicy, same: samePolicy },
    instanceArn: ARN_PROPERTY,
    permissionSetArn: ARN_PROPERTY,
    region: REGION_PROPERTY,
  },
  create: async (aws, inputs) => ({
    id: `${text(inputs, 'permissionSetArn')},${text(inputs, 'instanceArn')}`,
    state: await put(aws, inputs),
  }),
  read,
  update: async (aws, _id, { news }) => put(aws, news),
  remove: async (aws, id) => {
    const [setArn = '', instanceArn = ''] = idParts(id, 2);
    const command = new DeleteInlinePolicyFromPermissionSetCommand({
      InstanceArn: instanceArn,
      PermissionSetArn: setArn,
    });
    try {
      await retrying(aws, () => aws.client.send(command));
    } catch (error) {
      if (isNotFound(error)) return;
      throw failed(`deleting SSO Permission Set (${setArn}) Inline Policy`, error);
    }
    await provisionEverywhere(aws, setArn, instanceArn);
  },
};

/** Creation and update are one: put, then provision to all accounts, then wait. */
async function put(aws: Connection, inputs: Properties): Promise<Properties> {
  const setArn = text(inputs, 'permissionSetArn');
  const instanceArn = text(inputs, 'instanceArn');
  const command = new PutInlinePolicyToPermissionSetCommand({
    InstanceArn: instanceArn,
    PermissionSetArn: setArn,
    InlinePolicy: normalised(text(inputs, 'inlinePolicy')),
  });
  await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
    throw failed(`putting SSO Permission Set (${setArn}) Inline Policy`, error);
  });
  const id = `${setArn},${instanceArn}`;
  return orPartial(id, inputs, async () => {
    await provisionEverywhere(aws, setArn, instanceArn);
    const state = await read(aws, id, inputs);
    if (state === undefined)
      throw new Error(`reading SSO Permission Set Inline Policy (${id}): couldn't find resource`);
    return state;
  });
}

async function read(aws: Connection, id: string, state: Properties): Promise<Properties | undefined> {
  const [setArn = '', instanceArn = ''] = idParts(id, 2);
  const command = new GetInlinePolicyForPermissionSetCommand({ InstanceArn: instanceArn, PermissionSetArn: setArn });
  const output = await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw failed(`reading SSO Permission Set Inline Policy (${id})`, error);
  });
  const policy = output?.InlinePolicy ?? '';
  if (policy === '') return undefined;
  // verify.PolicyToSet: the text that the program wrote stays while it means the same.
  const known = optionalText(state, 'inlinePolicy') ?? '';
  return {
    inlinePolicy: samePolicy(known, policy) ? known : policy,
    instanceArn,
    permissionSetArn: setArn,
  };
}

function normalised(policy: string): string {
  return JSON.stringify(JSON.parse(policy));
}
