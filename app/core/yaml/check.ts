// A strictly read file against its JSON Schema: a typed value, or every problem with its place and what to write.
import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';
import type { Parsed, Problem } from '../result.ts';
import { shapeSentence } from './shape-sentence.ts';
import type { Segment, StrictYaml } from './strict.ts';
import { MOST_PROBLEMS } from './text.ts';

export function checkShape<T>(file: string, yaml: StrictYaml, schema: SchemaObject): Parsed<T> {
  const validate = compiled<T>(schema);
  const { value } = yaml;
  if (validate(value)) return { kind: 'ok', value };
  const [first, ...rest] = (validate.errors ?? [])
    .filter((error, _, all) => !isEcho(error, all))
    .slice(0, MOST_PROBLEMS)
    .map((error) => problem(file, yaml, error))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  if (first === undefined) throw new Error(`The schema refuses ${file} without a reason`);
  return { kind: 'invalid', problems: [first, ...rest] };
}

// Compiling costs milliseconds, and a process often needs one schema only: each at its first use, then kept.
const ajv = new Ajv({
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  verbose: true,
  // They are ours, and a test holds that they are schemas; half of what compiling costs is to make quick what runs once.
  validateSchema: false,
  code: { optimize: false },
});
const validators = new WeakMap<SchemaObject, ValidateFunction>();

function compiled<T>(schema: SchemaObject): ValidateFunction<T> {
  const known = validators.get(schema);
  if (known !== undefined) return known as ValidateFunction<T>;
  const made = ajv.compile<T>(schema);
  validators.set(schema, made);
  return made;
}

/** Said already: the parent of a bad key name, the pattern of an empty text. */
function isEcho(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === 'propertyNames') return true;
  const samePlace = (other: ErrorObject) => other.keyword === 'minLength' && other.instancePath === error.instancePath;
  return error.keyword === 'pattern' && error.data === '' && all.some(samePlace);
}

function problem(file: string, yaml: StrictYaml, error: ErrorObject): Problem {
  const path = segments(error.instancePath, yaml.value);
  const key = error.keyword === 'additionalProperties' ? String(error.params.additionalProperty) : error.propertyName;
  const place = key === undefined ? yaml.place(path) : yaml.place([...path, key], 'key');
  return { file, ...place, message: shapeSentence(error, path, yaml.written(path)) };
}

/** A JSON pointer (RFC 6901) to segments; a number only where the value really is a list. */
function segments(pointer: string, root: unknown): readonly Segment[] {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const segment = Array.isArray(value) ? Number(name) : name;
      value = typeof value === 'object' && value !== null ? Reflect.get(value, segment) : undefined;
      return segment;
    });
}
