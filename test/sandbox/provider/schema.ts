// Properties of the resources: what is accepted, what is filled in, what changes in place and what replaces.

export type Properties = Readonly<Record<string, unknown>>;

export type Property = {
  readonly type: 'string' | 'tags';
  readonly mode: 'required' | 'optional' | 'computed';
  readonly replaces?: boolean;
  readonly default?: string;
  /** Filled in from the resource's name where the program gives none. */
  readonly autoName?: number;
  /** A sentence where the value is refused. */
  readonly refuse?: (value: string) => string | undefined;
  readonly same?: (one: string, other: string) => boolean;
};

export type Schema = Readonly<Record<string, Property>>;

/** The engine's mark for a value that is not known before something else is created. */
const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

export type Checked = {
  readonly inputs: Properties;
  readonly failures: { readonly property: string; readonly reason: string }[];
};

export type Proposed = { readonly name: string; readonly olds: Properties; readonly news: Properties };

export function checkInputs(schema: Schema, proposed: Proposed): Checked {
  const inputs = withDefaults(schema, proposed);
  const unknown = Object.keys(inputs)
    .filter((property) => (schema[property]?.mode ?? 'computed') === 'computed' && !property.startsWith('__'))
    .map((property) => ({
      property,
      reason: `Unsupported argument: an argument named "${property}" is not expected here`,
    }));
  const refused = Object.entries(schema).flatMap(([property, rule]) => {
    const reason = refusalOf(rule, inputs[property]);
    return reason === undefined ? [] : [{ property, reason }];
  });
  return { inputs, failures: [...unknown, ...refused] };
}

export type Compared = {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
};

/** `olds` is the state, so that what a refresh found out of place shows as a change. */
export function compareState(schema: Schema, olds: Properties, news: Properties): Compared {
  const changed = Object.entries(schema).filter(
    ([property, rule]) => rule.mode !== 'computed' && !same(rule, olds[property], news[property]),
  );
  const replaces = changed.filter(([, rule]) => rule.replaces === true).map(([property]) => property);
  // A name that stays must be free before it is taken again; the bridge deletes first unless it made the name up.
  const named = Object.entries(schema).some(
    ([property, rule]) => rule.autoName !== undefined && olds[property] === news[property],
  );
  return { changes: changed.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 && named };
}

/** The arguments that lead to this state: what an import writes down. */
export function inputsOf(schema: Schema, state: Properties): Properties {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([property, rule]) => rule.mode !== 'computed' && property !== 'region' && state[property] !== undefined)
      .map(([property]) => [property, state[property]]),
  );
}

export function text(properties: Properties, property: string): string {
  const value = properties[property];
  if (typeof value !== 'string') throw new Error(`${property} is not a string`);
  return value;
}

export function optionalText(properties: Properties, property: string): string | undefined {
  return properties[property] === undefined || properties[property] === null ? undefined : text(properties, property);
}

export function tagsOf(properties: Properties, property = 'tags'): ReadonlyMap<string, string> {
  const value = properties[property];
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).map(([key, tag]) => [key, String(tag)]));
}

function withDefaults(schema: Schema, { name, olds, news }: Proposed): Properties {
  const filled = Object.entries(schema).flatMap(([property, rule]) => {
    if (news[property] !== undefined) return [];
    if (rule.default !== undefined) return [[property, rule.default]];
    if (rule.autoName === undefined) return [];
    return [[property, olds[property] ?? `${name}-${randomSuffix()}`.slice(0, rule.autoName)]];
  });
  return { ...news, ...Object.fromEntries(filled) };
}

function refusalOf(rule: Property, value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return rule.mode === 'required' ? 'Missing required argument' : undefined;
  }
  if (value === UNKNOWN) return undefined;
  if (rule.type === 'tags') return typeof value === 'object' ? undefined : 'expected a map of strings';
  return typeof value === 'string' ? rule.refuse?.(value) : 'expected a string';
}

function same(rule: Property, old: unknown, next: unknown): boolean {
  if (next === UNKNOWN) return false;
  if (rule.type === 'tags') return sameTags(tagsOf({ tags: old }), tagsOf({ tags: next }));
  // An optional value that is absent, null or empty is one and the same to Terraform's schema.
  const one = old ?? '';
  const other = next ?? '';
  // The region that a resource did not name is the provider's own.
  if (rule.mode === 'optional' && rule.replaces === true && other === '') return true;
  if (one === other) return true;
  return typeof one === 'string' && typeof other === 'string' && rule.same?.(one, other) === true;
}

function sameTags(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

function randomSuffix(): string {
  return Math.floor(Math.random() * 0xfffffff)
    .toString(16)
    .padStart(7, '0');
}
