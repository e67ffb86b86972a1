// Cuts an OpenAPI description down to some operations and webhooks and the components that these need.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
export type Description = {
  readonly paths: JsonObject;
  readonly 'x-webhooks': JsonObject;
  readonly components: { readonly [section: string]: JsonObject };
};

export function reduce(whole: Description, operations: readonly string[], webhooks: RegExp): Description {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const [method = '', path = ''] = operation.split(' ');
    const described = asObject(whole.paths[path])[method.toLowerCase()];
    if (described === undefined) continue;
    paths[path] = { ...paths[path], [method.toLowerCase()]: withoutExamples(described) };
  }
  const hooks = Object.entries(whole['x-webhooks']).filter(([name]) => webhooks.test(name));
  const kept = Object.fromEntries(hooks.map(([name, hook]) => [name, withoutExamples(hook)]));
  return { paths, 'x-webhooks': kept, components: neededComponents(whole, [paths, kept]) };
}

export const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function neededComponents(whole: Description, roots: readonly Json[]): Record<string, Record<string, Json>> {
  const components: Record<string, Record<string, Json>> = {};
  const waiting = roots.flatMap(references);
  for (let reference = waiting.pop(); reference !== undefined; reference = waiting.pop()) {
    const [, , section = '', name = ''] = reference.split('/');
    if (components[section]?.[name] !== undefined) continue;
    const component = withoutExamples(whole.components[section]?.[name] ?? null);
    components[section] = { ...components[section], [name]: component };
    waiting.push(...references(component));
  }
  return components;
}

function references(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = !Array.isArray(value) && typeof asObject(value).$ref === 'string' ? [String(asObject(value).$ref)] : [];
  return [...own, ...Object.values(value).flatMap((child: Json) => references(child))];
}

// A property may be called "example" too, but none of those that are kept is.
function withoutExamples(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutExamples);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(asObject(value)).filter(([key]) => !['example', 'examples', 'x-github'].includes(key));
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutExamples(child)]));
}
