// One policy file, read and shaped, with a way to say where in it something is wrong.
import type { SchemaObject } from 'ajv';
import type { Problem } from '../result.ts';
import { checkShape } from '../yaml/check.ts';
import { parseStrictYaml, type Segment } from '../yaml/strict.ts';

export const LARGEST_POLICY_FILE = 4 * 1024 * 1024;

export type Source<T> = {
  readonly value: T;
  readonly refuse: (path: readonly Segment[], message: string, what?: 'key' | 'value') => void;
};

/** Null when the file is missing or misshapen; its problems are then in `problems`. */
export function readSource<T>(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  schema: SchemaObject,
  problems: Problem[],
): Source<T> | null {
  const file = `policies/${name}`;
  const bytes = files.get(name);
  if (bytes === undefined) {
    problems.push({ file, line: 0, column: 0, message: `The file ${file} is missing. Add it.` });
    return null;
  }
  const yaml = parseStrictYaml(file, bytes, { maxBytes: LARGEST_POLICY_FILE });
  if (yaml.kind === 'invalid') {
    problems.push(...yaml.problems);
    return null;
  }
  const shape = checkShape<T>(file, yaml.value, schema);
  if (shape.kind === 'invalid') {
    problems.push(...shape.problems);
    return null;
  }
  const { place } = yaml.value;
  return {
    value: shape.value,
    refuse: (path, message, what = 'value') => void problems.push({ file, ...place(path, what), message }),
  };
}

/** Says at each later entry that its value was taken by an earlier one. */
export function refuseTwins<T>(
  source: Source<unknown>,
  entries: Iterable<{ readonly path: readonly Segment[]; readonly value: T | undefined; readonly owner: string }>,
  what: string,
): void {
  const owners = new Map<T, string>();
  for (const { path, value, owner } of entries) {
    if (value === undefined) continue;
    const earlier = owners.get(value);
    if (earlier === undefined) owners.set(value, owner);
    else source.refuse(path, `${what} ${JSON.stringify(value)} belongs to ${earlier} already. Each may stand once.`);
  }
}

/** Seconds of a duration field between two bounds; null, and said, when it is outside. */
export function boundedSeconds(
  source: Source<unknown>,
  field: { readonly path: readonly Segment[]; readonly seconds: number | null },
  bounds: { readonly least: number; readonly most: number; readonly words: string },
): number | null {
  const { path, seconds } = field;
  if (seconds !== null && seconds >= bounds.least && seconds <= bounds.most) return seconds;
  source.refuse(path, `${path.at(-1)} must lie between ${bounds.words}.`);
  return null;
}
