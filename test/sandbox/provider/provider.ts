// A stand-in for the aws provider plugin: the real engine drives it, and it calls AWS's own wire protocol.
// It mirrors hashicorp/terraform-provider-aws internal/service/ssoadmin as pulumi-aws bridges it; each file names its source.
import { flushCompileCache } from 'node:module';
import providerProtocol from '@pulumi/pulumi/proto/provider_pb.js';
import { main } from '@pulumi/pulumi/provider/index.js';
import { ACCOUNT_ASSIGNMENT } from './account-assignment.ts';
import { type Connection, connect } from './client.ts';
import { listenForConfiguration } from './configuration.ts';
import { PERMISSION_SET_INLINE_POLICY } from './inline-policy.ts';
import { MANAGED_POLICY_ATTACHMENT } from './managed-policy-attachment.ts';
import { PERMISSION_SET } from './permission-set.ts';
import type { Resource } from './resource.ts';
import { checkInputs, compareState, inputsOf } from './schema.ts';

const RESOURCES: ReadonlyMap<string, Resource> = new Map([
  ['aws:ssoadmin/permissionSet:PermissionSet', PERMISSION_SET],
  ['aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy', PERMISSION_SET_INLINE_POLICY],
  ['aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment', MANAGED_POLICY_ATTACHMENT],
  ['aws:ssoadmin/accountAssignment:AccountAssignment', ACCOUNT_ASSIGNMENT],
]);

const configuration = listenForConfiguration();
acceptImports();

let connection: Connection | undefined;

// There is no `cancel`: bridged providers ignore it (https://github.com/pulumi/pulumi/issues/19954).
await main(
  {
    version: '7.48.0',
    schema: JSON.stringify({ name: 'aws', version: '7.48.0' }),
    check: async (urn, olds, news) => checkInputs(resourceOf(urn).schema, { name: nameOf(urn), olds, news }),
    diff: async (_id, urn, olds, news) => compareState(resourceOf(urn).schema, olds, news),
    create: async (urn, inputs) => {
      const { id, state } = await resourceOf(urn).create(aws(), inputs);
      // The engine kills its plugins, and Node keeps what it has compiled when a process ends by itself.
      flushCompileCache();
      return { id, outs: withRegion(state, inputs) };
    },
    read: async (id, urn, props) => {
      const { read, schema } = resourceOf(urn);
      const state = await read(aws(), id, props ?? {});
      if (state === undefined) return { id: '', props: {} };
      const outs = withRegion(state, props ?? {});
      return { id, props: outs, inputs: inputsOf(schema, outs) };
    },
    update: async (id, urn, olds, news) => {
      const { update } = resourceOf(urn);
      if (update === undefined) throw new Error(`${urn}: every change of this resource replaces it`);
      return { outs: withRegion(await update(aws(), id, { olds, news }), news) };
    },
    delete: async (id, urn) => resourceOf(urn).remove(aws(), id),
  },
  process.argv.slice(2),
);

function resourceOf(urn: string): Resource {
  const type = urn.split('::')[2]?.split('$').at(-1) ?? '';
  const resource = RESOURCES.get(type);
  if (resource === undefined) throw new Error(`The stand-in provider has no resource ${type}.`);
  return resource;
}

function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}

// Since pulumi-aws 7 every resource has a region, the provider's unless it says otherwise.
function withRegion(state: Readonly<Record<string, unknown>>, given: Readonly<Record<string, unknown>>) {
  return { ...state, region: given.region ?? aws().region };
}

function aws(): Connection {
  connection ??= connect(process.env, configuration.region);
  return connection;
}

/** Asked to import a resource, the engine sends no properties, at which the SDK's server for plugins trips. */
function acceptImports(): void {
  const { prototype } = providerProtocol.ReadRequest;
  const sent = prototype.getProperties;
  prototype.getProperties = function () {
    return sent.call(this) ?? ({ toJavaScript: () => ({}) } as unknown as ReturnType<typeof sent>);
  };
}
