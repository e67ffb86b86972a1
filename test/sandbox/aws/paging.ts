// Lists in pages: MaxResults, and a NextToken that says where the next page begins.
import type { Input } from './input.ts';
import { optionalText } from './input.ts';
import { refuse } from './refusal.ts';

export type Page<T> = { readonly items: readonly T[]; readonly NextToken?: string };

export function page<T>(all: readonly T[], input: Input, pageSize: number): Page<T> {
  const start = offsetOf(optionalText(input, 'NextToken'));
  const size = Math.min(maxResults(input) ?? pageSize, pageSize);
  const items = all.slice(start, start + size);
  const next = start + size;
  return next < all.length ? { items, NextToken: Buffer.from(`offset ${next}`).toString('base64url') } : { items };
}

function maxResults(input: Input): number | undefined {
  const value = input.MaxResults;
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return value;
  return refuse('ValidationException', 'MaxResults must be an integer between 1 and 100');
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^offset (\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  return match === null ? refuse('ValidationException', 'Invalid NextToken') : Number(match[1]);
}
