// aws.ssoadmin.PermissionSet, as hashicorp/terraform-provider-aws internal/service/ssoadmin/permission_set.go.
import {
  CreatePermissionSetCommand,
  DeletePermissionSetCommand,
  DescribePermissionSetCommand,
  paginateListTagsForResource,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { type Connection, isNotFound, retrying } from './client.ts';
import { provisionEverywhere } from './provisioning.ts';
import { failed, idParts, orPartial, type Resource } from './resource.ts';
import { optionalText, type Properties, tagsOf, text } from './schema.ts';
import { ARN_PROPERTY, matching, REGION_PROPERTY } from './validators.ts';

export const PERMISSION_SET: Resource = {
  schema: {
    name: { type: 'string', mode: 'optional', replaces: true, autoName: 32, refuse: matching(/^[\w+=,.@-]+$/, 32) },
    instanceArn: ARN_PROPERTY,
    description: { type: 'string', mode: 'optional', refuse: matching(/^[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]*$/u, 700) },
    relayState: {
      type: 'string',
      mode: 'optional',
      refuse: matching(/^[0-9A-Za-z&$@#\\/%?=~\-_'"|!:,.;*+[\] (){}]+$/, 240),
    },
    sessionDuration: { type: 'string', mode: 'optional', default: 'PT1H', refuse: matching(/^/, 100) },
    tags: { type: 'tags', mode: 'optional' },
    region: REGION_PROPERTY,
    arn: { type: 'string', mode: 'computed' },
    createdDate: { type: 'string', mode: 'computed' },
    tagsAll: { type: 'tags', mode: 'computed' },
  },
  create,
  read,
  update,
  remove: async (aws, id) => {
    const [arn = '', instanceArn] = idParts(id, 2);
    const command = new DeletePermissionSetCommand({ InstanceArn: instanceArn, PermissionSetArn: arn });
    await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
      if (!isNotFound(error)) throw failed(`deleting SSO Permission Set (${arn})`, error);
    });
  },
};

async function create(aws: Connection, inputs: Properties) {
  const name = text(inputs, 'name');
  const instanceArn = text(inputs, 'instanceArn');
  const tags = sdkTags(tagsOf(inputs));
  const command = new CreatePermissionSetCommand({
    InstanceArn: instanceArn,
    Name: name,
    ...changeable(inputs),
    ...(tags.length === 0 ? {} : { Tags: tags }),
  });
  const output = await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
    throw failed(`creating SSO Permission Set (${name})`, error);
  });
  const id = `${output.PermissionSet?.PermissionSetArn},${instanceArn}`;
  return { id, state: await orPartial(id, inputs, () => readExisting(aws, id)) };
}

async function read(aws: Connection, id: string): Promise<Properties | undefined> {
  const [arn = '', instanceArn = ''] = idParts(id, 2);
  const command = new DescribePermissionSetCommand({ InstanceArn: instanceArn, PermissionSetArn: arn });
  const output = await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw failed(`reading SSO Permission Set (${id})`, error);
  });
  if (output?.PermissionSet === undefined) return undefined;
  const { Name, Description, RelayState, SessionDuration, CreatedDate } = output.PermissionSet;
  const tags = await listTags(aws, arn, instanceArn);
  return {
    arn,
    // Go's RFC 3339 has no fraction.
    createdDate: CreatedDate?.toISOString().replace(/\.\d+Z$/, 'Z') ?? '',
    ...(Description === undefined ? {} : { description: Description }),
    instanceArn,
    name: Name ?? '',
    ...(RelayState === undefined ? {} : { relayState: RelayState }),
    sessionDuration: SessionDuration ?? '',
    tags,
    tagsAll: tags,
  };
}

async function update(aws: Connection, id: string, { olds, news }: { olds: Properties; news: Properties }) {
  const [arn = '', instanceArn = ''] = idParts(id, 2);
  await orPartial(id, olds, async () => {
    if (['description', 'relayState', 'sessionDuration'].some((one) => (olds[one] ?? '') !== (news[one] ?? ''))) {
      // Every field is sent again, or AWS clears it: https://github.com/hashicorp/terraform-provider-aws/issues/17411
      const command = new UpdatePermissionSetCommand({
        InstanceArn: instanceArn,
        PermissionSetArn: arn,
        ...changeable(news),
      });
      await retrying(aws, () => aws.client.send(command)).catch((error: unknown) => {
        throw failed(`updating SSO Permission Set (${id})`, error);
      });
      await provisionEverywhere(aws, arn, instanceArn);
    }
    await updateTags(aws, { InstanceArn: instanceArn, ResourceArn: arn }, { olds, news });
  });
  return readExisting(aws, id);
}

async function readExisting(aws: Connection, id: string): Promise<Properties> {
  const state = await read(aws, id);
  if (state === undefined) throw new Error(`reading SSO Permission Set (${id}): couldn't find resource`);
  return state;
}

function changeable(properties: Properties) {
  const description = optionalText(properties, 'description');
  const relayState = optionalText(properties, 'relayState');
  return {
    SessionDuration: text(properties, 'sessionDuration'),
    ...(description === undefined ? {} : { Description: description }),
    ...(relayState === undefined ? {} : { RelayState: relayState }),
  };
}

async function listTags(aws: Connection, arn: string, instanceArn: string): Promise<Readonly<Record<string, string>>> {
  const tags = await retrying(aws, async () => {
    const found: Tag[] = [];
    const question = { InstanceArn: instanceArn, ResourceArn: arn };
    for await (const page of paginateListTagsForResource({ client: aws.client }, question))
      found.push(...(page.Tags ?? []));
    return found;
  }).catch((error: unknown) => {
    throw failed(`listing tags for SSO Permission Set (${arn})`, error);
  });
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

type Named = { readonly InstanceArn: string; readonly ResourceArn: string };

async function updateTags(aws: Connection, named: Named, { olds, news }: { olds: Properties; news: Properties }) {
  const before = tagsOf(olds);
  const after = tagsOf(news);
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const changed = new Map([...after].filter(([key, value]) => before.get(key) !== value));
  if (removed.length > 0) {
    await retrying(aws, () => aws.client.send(new UntagResourceCommand({ ...named, TagKeys: removed })));
  }
  if (changed.size > 0) {
    await retrying(aws, () => aws.client.send(new TagResourceCommand({ ...named, Tags: sdkTags(changed) })));
  }
}

function sdkTags(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}
