// The AWS double as the simulation's AWS, on its time: the engine reaches it over the wire, the app and people's hands at once.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Handler } from '../../sandbox/aws/call.ts';
import type { Faults } from '../../sandbox/aws/faults.ts';
import { environmentFor } from '../../sandbox/aws/index.ts';
import { PERMISSION_SETS } from '../../sandbox/aws/permission-sets.ts';
import { POLICIES } from '../../sandbox/aws/policies.ts';
import { addAssignment, dropAssignment, provisionRole } from '../../sandbox/aws/provisioning.ts';
import { isRefusal } from '../../sandbox/aws/refusal.ts';
import { createAwsServer, type Hook } from '../../sandbox/aws/server.ts';
import { TAGS } from '../../sandbox/aws/tags.ts';
import {
  type Content,
  createWorld,
  findSet,
  record,
  roleKey,
  rolesOf,
  sameAssignment,
  type World,
} from '../../sandbox/aws/world.ts';
import { type Aws, type AwsCalls, NotFound, type PermissionSet, type Role } from '../aws.ts';
import { ACCOUNTS, PEOPLE } from '../policy.ts';

/** As the simulation's policy names it. */
export const INSTANCE = 'arn:aws:sso:::instance/ssoins-7223aabbccddeeff';
const REGION = 'us-east-1';

export type RealAws = {
  readonly aws: Aws;
  readonly environment: Readonly<Record<string, string>>;
  /** The grant that a request of the engine is about, by the mark; null where the set has none or is gone. */
  readonly grantOf: (input: Readonly<Record<string, unknown>>) => string | null;
  readonly close: () => void;
};

/** `faults` and `hook` see the engine's requests only. */
export async function startRealAws(now: () => Date, faults: Faults, hook: Hook): Promise<RealAws> {
  const world = createWorld({
    region: REGION,
    instanceArn: INSTANCE,
    identityStoreId: 'd-906712abcd',
    users: PEOPLE.flatMap(({ login, aws }) =>
      aws === null ? [] : [{ userId: aws, userName: login, displayName: login, email: `${login}@example.com` }],
    ),
    accounts: ['999999999999', ...Object.values(ACCOUNTS)].map((id) => ({ id, name: id })),
    now,
  });
  const server = createAwsServer({ world, faults, hooks: new Set([hook]), log: [], isDown: () => false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    aws: viewOf(world),
    environment: environmentFor(`http://127.0.0.1:${port}`, REGION),
    grantOf: (input) => {
      const arn = input.PermissionSetArn ?? input.ResourceArn;
      const tags = Array.isArray(input.Tags) ? input.Tags : [];
      const given: unknown = tags.find((one) => one?.Key === 'breakglass:grant')?.Value;
      const marked = typeof arn === 'string' ? world.sets.get(arn)?.tags.get('breakglass:grant') : given;
      return typeof marked === 'string' ? marked : null;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Read anew each time: what the engine did, and what AWS finished later, is in it. */
function viewOf(world: World): Aws {
  const sets = () => new Map([...world.sets.keys()].map((arn) => [arn, setOf(world, arn)]));
  return {
    calls: { ...callsOn(world), listSets: async () => [...sets().values()] },
    get sets() {
      return sets();
    },
    get version() {
      return world.history.length;
    },
  };
}

function setOf(world: World, arn: string): PermissionSet {
  const { name, createdAt, tags, content } = findSet(world, arn);
  return {
    arn,
    name,
    createdAt: createdAt.getTime(),
    tags: new Map(tags),
    ...held(content),
    roles: new Map(rolesOf(world, arn).map((role) => [role.account, held(role.content)])),
    assignments: world.assignments.flatMap((one) =>
      one.setArn === arn ? [{ account: one.account, user: one.principalId }] : [],
    ),
  };
}

function held({ inlinePolicy, managedPolicies }: Content): Role {
  return { inline: inlinePolicy === '' ? null : inlinePolicy, managed: managedPolicies };
}

const HANDLERS: Readonly<Record<string, Handler>> = { ...PERMISSION_SETS, ...POLICIES, ...TAGS };

/** What takes AWS a while is done at once here: who calls it in the simulation has waited already. */
function callsOn(world: World): Omit<AwsCalls, 'listSets'> {
  const send = (operation: string, asked: Readonly<Record<string, unknown>>): void => {
    const input = { InstanceArn: INSTANCE, ...asked };
    const call = { world, operation, input, actor: 'sdk', requestId: 'sdk', fate: { kind: 'as-usual' } as const };
    try {
      HANDLERS[operation]?.(call);
    } catch (error) {
      if (isRefusal(error) && error.code === 'ResourceNotFoundException') throw new NotFound(error.message);
      throw error;
    }
    record(world, { actor: 'sdk', what: operation, detail: asked, requestId: undefined });
  };
  const get = (arn: string): PermissionSet => {
    if (!world.sets.has(arn)) throw new NotFound(`404: no permission set ${arn}`);
    return setOf(world, arn);
  };
  const assignment = (setArn: string, account: string, principalId: string) =>
    ({ setArn, account, principalType: 'USER', principalId }) as const;
  return {
    createSet: async (Name, tags) => {
      send('CreatePermissionSet', { Name, Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) });
      return [...world.sets.values()].find((one) => one.name === Name)?.arn ?? '';
    },
    tag: async (arn, Key, Value) => send('TagResource', { ResourceArn: arn, Tags: [{ Key, Value }] }),
    putInline: async (arn, document) =>
      send('PutInlinePolicyToPermissionSet', { PermissionSetArn: arn, InlinePolicy: document }),
    attach: async (arn, policy) => {
      if (get(arn).managed.includes(policy)) return;
      send('AttachManagedPolicyToPermissionSet', { PermissionSetArn: arn, ManagedPolicyArn: policy });
    },
    detach: async (arn, policy) => {
      if (!get(arn).managed.includes(policy)) return;
      send('DetachManagedPolicyFromPermissionSet', { PermissionSetArn: arn, ManagedPolicyArn: policy });
    },
    provision: async (arn, account) => {
      get(arn);
      if (world.roles.has(roleKey(account, arn))) provisionRole(world, account, arn);
    },
    assign: async (arn, account, user) => {
      get(arn);
      addAssignment(world, assignment(arn, account, user));
    },
    unassign: async (arn, account, user) => {
      get(arn);
      const one = assignment(arn, account, user);
      if (!world.assignments.some((other) => sameAssignment(other, one)))
        throw new NotFound('404 status error: Assignment not found');
      dropAssignment(world, one);
    },
    deleteSet: async (arn) => send('DeletePermissionSet', { PermissionSetArn: arn }),
    describe: async (arn) => (world.sets.has(arn) ? setOf(world, arn) : null),
  };
}
