// Instances and permission sets: created, described, listed, changed, deleted.
import { randomBytes } from 'node:crypto';
import { type Call, checkInstance, type Handler, namedSet, pageSize, seconds } from './call.ts';
import { invalid, type Output, optionalText, text } from './input.ts';
import { inProgress } from './operations.ts';
import { page } from './paging.ts';
import { refuse } from './refusal.ts';
import { readTags } from './tags.ts';
import { type PermissionSet, rolesOf, type World } from './world.ts';

export const PERMISSION_SETS: Readonly<Record<string, Handler>> = {
  ListInstances: ({ world }) => ({ Instances: [instance(world)] }),
  DescribeInstance: (call) => {
    checkInstance(call);
    return instance(call.world);
  },
  CreatePermissionSet: createSet,
  DescribePermissionSet: (call) => ({ PermissionSet: describe(namedSet(call)) }),
  UpdatePermissionSet: updateSet,
  DeletePermissionSet: deleteSet,
  ListPermissionSets: (call) => {
    checkInstance(call);
    const { items, ...next } = page([...call.world.sets.keys()], call.input, pageSize(call.world));
    return { PermissionSets: items, ...next };
  },
};

function instance(world: World): Output {
  const { instanceArn, identityStoreId } = world.organisation;
  return {
    InstanceArn: instanceArn,
    IdentityStoreId: identityStoreId,
    OwnerAccountId: world.managementAccount,
    CreatedDate: seconds(world.createdAt),
    Status: 'ACTIVE',
  };
}

function createSet(call: Call): Output {
  const { world, input } = call;
  checkInstance(call);
  const name = text(input, 'Name');
  if ([...world.sets.values()].some((set) => set.name === name)) {
    refuse('ConflictException', `PermissionSet with name ${name} already exists.`);
  }
  if (world.sets.size >= world.quotas.permissionSets) {
    refuse('ServiceQuotaExceededException', 'You have exceeded AWS SSO limits. Cannot create more PermissionSets.');
  }
  const arn = `${world.organisation.instanceArn.replace(':instance/', ':permissionSet/')}/ps-${randomBytes(8).toString('hex')}`;
  const set: PermissionSet = {
    arn,
    name,
    description: optionalText(input, 'Description'),
    relayState: optionalText(input, 'RelayState'),
    createdAt: world.now(),
    tags: new Map(readTags(input, world.quotas.tags)),
    content: { inlinePolicy: '', managedPolicies: [], customerPolicies: [], sessionDuration: duration(call) ?? 'PT1H' },
  };
  world.sets.set(arn, set);
  return { PermissionSet: describe(set) };
}

// RelayState and Description are cleared when they are not sent again:
// https://github.com/hashicorp/terraform-provider-aws/issues/17411
function updateSet(call: Call): Output {
  const set = namedSet(call);
  set.description = optionalText(call.input, 'Description');
  set.relayState = optionalText(call.input, 'RelayState');
  set.content = { ...set.content, sessionDuration: duration(call) ?? set.content.sessionDuration };
  return {};
}

// The message is the one of https://github.com/hashicorp/terraform-provider-aws/issues/26757
function deleteSet(call: Call): Output {
  const { world } = call;
  const set = namedSet(call);
  const assigned = world.assignments.some((assignment) => assignment.setArn === set.arn);
  const busy = inProgress(world).some((operation) => operation.setArn === set.arn);
  if (assigned || busy || rolesOf(world, set.arn).length > 0) {
    refuse('ConflictException', 'Could not delete because PermissionSet has ApplicationProfile associated with it');
  }
  world.sets.delete(set.arn);
  return {};
}

function describe(set: PermissionSet): Output {
  return {
    Name: set.name,
    PermissionSetArn: set.arn,
    ...(set.description === undefined ? {} : { Description: set.description }),
    CreatedDate: seconds(set.createdAt),
    SessionDuration: set.content.sessionDuration,
    ...(set.relayState === undefined ? {} : { RelayState: set.relayState }),
  };
}

// One hour at least, twelve at most: https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html
function duration({ input }: Call): string | undefined {
  const value = optionalText(input, 'SessionDuration');
  if (value === undefined) return undefined;
  const minutes = durationMinutes(value);
  if (minutes === undefined || minutes < 60 || minutes > 720) {
    invalid(`Value '${value}' at 'sessionDuration' failed to satisfy constraint: between PT1H and PT12H`);
  }
  return value;
}

export function durationMinutes(value: string): number | undefined {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(value);
  if (match === null || value === 'PT') return undefined;
  return Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0) + Number(match[3] ?? 0) / 60;
}
