// Finds what of ours exists in Identity Center: permission sets with our name prefix, and the tags that mark them.
import {
  type ListPermissionSetsCommandOutput,
  paginateListPermissionSets,
  paginateListTagsForResource,
} from '@aws-sdk/client-sso-admin';
import { collect } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import type { NameCache } from './name-cache.ts';
import { type NamedSet, nameSearch } from './name-search.ts';
import type { Access } from './port.ts';

export const namePrefix = 'bg-';

export const listAccess = async (instance: Instance, cache: NameCache): Promise<readonly Access[]> => {
  const found: Access[] = [];
  const seen = new Set<string>();
  const take = async (set: NamedSet): Promise<void> => {
    seen.add(set.arn);
    if (!set.name.startsWith(namePrefix)) return;
    const access = await readAccess(instance, set);
    if (access !== null) found.push(access);
  };
  for await (const set of namedSets(instance, cache)) await take(set);
  for (const set of cache.lacking(seen, namePrefix)) if (await stillThere(instance, set)) await take(set);
  cache.keep(seen);
  await cache.save();
  return found;
};

/**
 * A list that lacks what was there may be a half answer, and half an answer must neither make access anew nor call it gone:
 * AWS is asked for each by its ARN.
 */
const stillThere = async (instance: Instance, { arn, name }: NamedSet): Promise<boolean> =>
  (await describeName(instance, arn)) === name;

export const findAccess = async (instance: Instance, cache: NameCache, name: string): Promise<Access | null> => {
  const known = cache.arnOf(name);
  // The cache says where to look, never that something exists: AWS is asked each time.
  if (known !== undefined && (await describeName(instance, known)) === name)
    return readAccess(instance, { arn: known, name });
  if (known !== undefined) cache.forget(known);
  const found = await nameSearch(instance, () => namedSets(instance, cache))(name);
  return found === null ? null : readAccess(instance, found);
};

/** Every permission set of the instance with its name; `onPage` sees each page that AWS answered. */
export async function* namedSets(
  instance: Instance,
  cache: NameCache,
  onPage: (page: ListPermissionSetsCommandOutput) => void = () => {},
  signal?: AbortSignal,
): AsyncGenerator<NamedSet> {
  const options = signal === undefined ? {} : { abortSignal: signal };
  const config = { client: instance.sso, pageSize: 100 };
  try {
    for await (const page of paginateListPermissionSets(config, { InstanceArn: instance.instanceArn }, options)) {
      onPage(page);
      for (const arn of page.PermissionSets ?? []) {
        const name = cache.nameOf(arn) ?? (await describeName(instance, arn, signal));
        if (name === null) continue;
        if (cache.nameOf(arn) === undefined) cache.set(arn, name);
        yield { arn, name };
      }
    }
  } finally {
    // Also when it broke off: the first listing of a large organisation takes minutes and must not begin anew.
    await cache.save();
  }
}

export const readTags = async (
  { sso, instanceArn }: Instance,
  arn: string,
): Promise<ReadonlyMap<string, string> | null> => {
  try {
    const pages = paginateListTagsForResource({ client: sso }, { InstanceArn: instanceArn, ResourceArn: arn });
    const { items } = await collect(pages, (page) => page.Tags);
    return new Map(items.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};

/** The tags of a set that is ours; null when AWS has no such set; throws for a set that another made. */
export const readOwnTags = async (
  instance: Instance,
  arn: string,
  repositoryId: number,
): Promise<ReadonlyMap<string, string> | null> => {
  const tags = await readTags(instance, arn);
  if (tags === null || tags.get('breakglass:ledger') === String(repositoryId)) return tags;
  throw new Error(
    `Permission set ${arn} is not ours: its tag breakglass:ledger is ${tags.get('breakglass:ledger') ?? 'missing'}, not ${repositoryId}. ` +
      'Nothing was changed; look at it in the AWS console and set the tag back or delete the set there.',
  );
};

const describeName = async (
  { sso, instanceArn }: Instance,
  arn: string,
  signal?: AbortSignal,
): Promise<string | null> => {
  try {
    const input = { InstanceArn: instanceArn, PermissionSetArn: arn };
    const { PermissionSet } = await sso.describePermissionSet(
      input,
      signal === undefined ? {} : { abortSignal: signal },
    );
    if (PermissionSet?.Name === undefined) throw new Error(`AWS describes ${arn} without a name; it is tried again.`);
    return PermissionSet.Name;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};

const readAccess = async (instance: Instance, { arn, name }: NamedSet): Promise<Access | null> => {
  const tags = await readTags(instance, arn);
  if (tags === null) return null;
  return {
    arn,
    name,
    ledger: tags.get('breakglass:ledger') ?? null,
    grantId: tags.get('breakglass:grant') ?? null,
    expiresAt: tags.get('breakglass:expires-at') ?? null,
    ended: tags.get('breakglass:ended') ?? null,
  };
};
