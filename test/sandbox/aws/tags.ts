// Tags of permission sets.
import { type Call, checkInstance, type Handler, pageSize } from './call.ts';
import { type Input, invalid, isStructure, list, type Output, text } from './input.ts';
import { page } from './paging.ts';
import { refuse } from './refusal.ts';
import { findSet, type PermissionSet } from './world.ts';

export const TAGS: Readonly<Record<string, Handler>> = {
  TagResource: (call) => {
    const set = taggedSet(call);
    const tags = new Map([...set.tags, ...readTags(call.input, call.world.quotas.tags)]);
    if (tags.size > call.world.quotas.tags) refuse('ServiceQuotaExceededException', 'Too many tags.');
    for (const [key, value] of tags) set.tags.set(key, value);
    return {};
  },
  UntagResource: (call) => {
    const set = taggedSet(call);
    const keys = list(call.input, 'TagKeys');
    if (keys.length === 0) invalid(`Value null at 'tagKeys' failed to satisfy constraint: Member must not be null`);
    for (const key of keys) set.tags.delete(String(key));
    return {};
  },
  ListTagsForResource: listTags,
};

/** Keys may not repeat, and `aws:` is AWS's own prefix. */
export function readTags(input: Input, most: number): readonly (readonly [string, string])[] {
  const tags = list(input, 'Tags').map(readTag);
  if (tags.length > most) refuse('ServiceQuotaExceededException', 'Too many tags.');
  if (new Set(tags.map(([key]) => key)).size < tags.length) refuse('ValidationException', 'Duplicate tag key.');
  return tags;
}

function readTag(tag: unknown): readonly [string, string] {
  if (!isStructure(tag)) return refuse('ValidationException', 'A tag is a structure with Key and Value.');
  const { Key: key, Value: value } = tag;
  if (typeof key !== 'string' || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key)) return invalid(`tag key ${key}`);
  if (typeof value !== 'string' || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
    return invalid(`tag value ${value}`);
  if (key.toLowerCase().startsWith('aws:')) return refuse('ValidationException', 'Tag keys may not begin with aws:');
  return [key, value];
}

function listTags(call: Call): Output {
  const tags = [...taggedSet(call).tags].map(([Key, Value]) => ({ Key, Value }));
  const { items, ...next } = page(tags, call.input, Math.min(pageSize(call.world), 75));
  return { Tags: items, ...next };
}

function taggedSet(call: Call): PermissionSet {
  checkInstance(call);
  return findSet(call.world, text(call.input, 'ResourceArn'));
}
