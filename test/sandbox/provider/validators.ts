// Terraform's validators for the arguments of the ssoadmin resources, and its comparison of policy documents.
import { isDeepStrictEqual } from 'node:util';
import type { Property } from './schema.ts';

// internal/verify ValidARN: the parts, not what they name.
const ARN = /^arn:[\w-]+:([a-zA-Z0-9-])+:([a-z]{2,4}(-[a-z]+)+-\d)?:(\d{12}|aws)?:(.+)$/;

export const ARN_PROPERTY: Property = {
  type: 'string',
  mode: 'required',
  replaces: true,
  refuse: (value) => (ARN.test(value) ? undefined : `"${value}" is an invalid ARN`),
};

export const REGION_PROPERTY: Property = { type: 'string', mode: 'optional', replaces: true };

export function matching(pattern: RegExp, longest: number): (value: string) => string | undefined {
  return (value) => {
    if (value.length < 1 || value.length > longest) return `expected length to be in the range (1 - ${longest})`;
    return pattern.test(value) ? undefined : `must match ${pattern.source}`;
  };
}

export function oneOf(...values: readonly string[]): (value: string) => string | undefined {
  return (value) => (values.includes(value) ? undefined : `expected one of ${JSON.stringify(values)}, got ${value}`);
}

/** internal/verify ValidIAMPolicyJSON. */
export function refusePolicy(value: string): string | undefined {
  const policy = parse(value);
  if (policy === undefined) return 'contains an invalid JSON policy';
  return value.startsWith('{')
    ? undefined
    : 'contains an invalid JSON policy: leading space characters are not allowed';
}

/** internal/verify SuppressEquivalentPolicyDiffs: order of keys and of lists, and a list of one, mean nothing. */
export function samePolicy(one: string, other: string): boolean {
  const left = parse(one);
  const right = parse(other);
  return left !== undefined && right !== undefined && isDeepStrictEqual(canonical(left), canonical(right));
}

function parse(value: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    if (items.length === 1) return items[0];
    return items.every((item) => typeof item === 'string') ? items.sort() : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, canonical(item)]));
}
