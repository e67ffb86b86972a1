// The worked example of policies/, for tests: its files, itself, and it with one file changed.
import { readdirSync, readFileSync } from 'node:fs';
import { parsePolicy } from '../../../app/core/policy/parse.ts';
import type { Policy } from '../../../app/core/policy/policy.ts';

const folder = new URL('../../../policies/', import.meta.url);

/** Names relative to policies/, as the parser takes them. */
export function examplePolicyFiles(): Map<string, Uint8Array> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
  return new Map(names.map((name) => [name, readFileSync(new URL(name, folder))]));
}

export function examplePolicy(): Policy {
  return policyOf(examplePolicyFiles());
}

export function policyOf(files: ReadonlyMap<string, Uint8Array>): Policy {
  const parsed = parsePolicy(files);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.value;
}
