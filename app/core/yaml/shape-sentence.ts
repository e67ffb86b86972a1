// One error of the schema checker as a sentence that says what to write instead.
import type { ErrorObject } from 'ajv';
import { didYouMean } from './nearest.ts';
import type { Segment } from './strict.ts';

/** `written` is the scalar as it stands in the file, before it was read as a number or a boolean. */
export function shapeSentence(error: ErrorObject, path: readonly Segment[], written: string | null): string {
  const name = pathName(path);
  const hint = hintOf(error.parentSchema);
  const { params } = error;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(params.additionalProperty), error.parentSchema);
    case 'required':
      return missingKey(String(params.missingProperty), error.parentSchema);
    case 'type':
      return wrongType(name, params.type, error, { written, hint });
    case 'enum':
      return `${name} must be ${listed(params.allowedValues)}, not ${quoted(error.data)}.`;
    case 'pattern':
      if (error.propertyName !== undefined) return `The key ${quoted(error.propertyName)} does not fit.${hint}`;
      return `${name} ${quoted(error.data)} does not fit.${hint}`;
    case 'minLength':
      return `${name} is empty.${hint}`;
    case 'maxLength':
      return `${name} has more than ${params.limit} characters. Make it shorter.`;
    case 'minItems':
    case 'minProperties':
      return `${name} needs at least ${params.limit} ${params.limit === 1 ? 'entry' : 'entries'}.${hint}`;
    case 'maxItems':
    case 'maxProperties':
      return `${name} has more than ${params.limit} entries.`;
    case 'uniqueItems':
      return `${name} holds the same entry twice (numbers ${Number(params.j) + 1} and ${Number(params.i) + 1}). Keep one.`;
    case 'minimum':
      return `${name} must be at least ${params.limit}.`;
    case 'maximum':
      return `${name} must be at most ${params.limit}.`;
    default:
      return `${name} ${error.message ?? 'does not fit'}.${hint}`;
  }
}

function pathName(path: readonly Segment[]): string {
  const name = path.map((segment) => (typeof segment === 'number' ? `[${segment + 1}]` : `.${segment}`)).join('');
  return name === '' ? 'The file' : name.replace(/^\./, '');
}

function unknownKey(key: string, schema: unknown): string {
  const known = Object.keys(recordOf(recordOf(schema).properties));
  return `Unknown key ${quoted(key)}.${didYouMean(key, known) || ` Allowed here: ${known.join(', ')}.`}`;
}

function missingKey(key: string, schema: unknown): string {
  const [example] = examplesOf(recordOf(recordOf(schema).properties)[key]);
  return `The key "${key}" is missing.${example === undefined ? ' Add it.' : ` Add a line such as: ${key}: ${example}`}`;
}

type Clues = { readonly written: string | null; readonly hint: string };

function wrongType(name: string, type: unknown, { data, parentSchema }: ErrorObject, { written, hint }: Clues): string {
  const wanted = (Array.isArray(type) ? type : [type]).map((one) => TYPES[String(one)] ?? String(one)).join(' or ');
  if (data === null) return `${name} is empty; ${wanted} is needed.${hint}`;
  const scalar = typeof data === 'number' || typeof data === 'boolean';
  if (scalar && wanted.startsWith('text') && fitsInQuotes(written ?? '', parentSchema)) {
    return `${name} must be text. Write it in quotes: "${written}".`;
  }
  return `${name} must be ${wanted}, not ${kindOf(data)}.${hint}`;
}

function fitsInQuotes(written: string, schema: unknown): boolean {
  const { pattern } = recordOf(schema);
  return typeof pattern !== 'string' || new RegExp(pattern, 'u').test(written);
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping (key: value)',
};

function kindOf(data: unknown): string {
  if (Array.isArray(data)) return 'a list';
  return typeof data === 'object' ? 'a mapping' : quoted(data);
}

/** The schema's own words on the field, which editors show as well. */
function hintOf(schema: unknown): string {
  const { description } = recordOf(schema);
  const [example] = examplesOf(schema);
  const says = typeof description === 'string' ? ` Write ${description}.` : '';
  return example === undefined ? says : `${says} For example: ${example}`;
}

function examplesOf(schema: unknown): readonly string[] {
  const { examples } = recordOf(schema);
  return Array.isArray(examples) ? examples.map(String) : [];
}

function listed(values: unknown): string {
  return Array.isArray(values) ? values.map(String).join(' or ') : String(values);
}

function quoted(data: unknown): string {
  const text = JSON.stringify(data) ?? String(data);
  return text.length > 80 ? `${text.slice(0, 77)}..."` : text;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
