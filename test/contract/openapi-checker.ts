// Checks requests, responses and webhooks against an OpenAPI 3.0 description, with ajv.
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { Delivery, Exchange } from '../sandbox/github/index.ts';
import { asObject, type Description, type Json, type JsonObject } from './openapi-reduce.ts';

export type Checker = {
  readonly exchange: (exchange: Exchange) => string[];
  readonly delivery: (delivery: Delivery) => string[];
};

/** Answered by GitHub though its description does not name them: who is not allowed gets these anywhere. */
const unwritten = new Set([400, 401, 403, 404]);
/** The same repository by its id; GitHub answers it and says so, but does not describe it. */
const undescribed = /^\/repositories\/\d+/;

export function createChecker(description: Description): Checker {
  const compile = createCompiler(description);
  const resolve = (value: Json | undefined): JsonObject => dereference(description, value);
  return {
    exchange: (exchange) => {
      if (exchange.operation === 'git' || undescribed.test(exchange.path)) return [];
      const name = `${exchange.method} ${exchange.operation ?? exchange.path}`;
      const operation = asObject(asObject(description.paths[exchange.operation ?? ''])[exchange.method.toLowerCase()]);
      if (operation.responses === undefined) return [`${name}: not in GitHub's description`];
      const problems = checkRequest({ name, operation, compile, resolve }, exchange);
      const answered = exchange.fault === null || exchange.fault.startsWith('done');
      if (answered) problems.push(...checkResponse({ name, operation, compile, resolve }, exchange));
      // What GitHub refused may well have been wrong: only what it accepted must have been right.
      return exchange.status === 422 || exchange.status === 400
        ? problems.filter((it) => it.includes(' answer'))
        : problems;
    },
    delivery: ({ event, action, payload }) => {
      const name = [event, action].filter(Boolean).join('-').replaceAll('_', '-');
      const schema = bodySchema(resolve, asObject(asObject(description['x-webhooks'][name]).post).requestBody);
      if (schema === undefined) return [`webhook ${name}: not in GitHub's description`];
      return compile(`webhook ${name}`, schema, payload);
    },
  };
}

type Compile = (name: string, schema: Json, value: unknown) => string[];
type Operation = {
  readonly name: string;
  readonly operation: JsonObject;
  readonly compile: Compile;
  readonly resolve: (value: Json | undefined) => JsonObject;
};

function checkRequest({ name, operation, compile, resolve }: Operation, exchange: Exchange): string[] {
  const query = new URLSearchParams(exchange.query);
  const parameters = ((operation.parameters ?? []) as readonly Json[]).map(resolve);
  const known = parameters.filter((parameter) => parameter.in === 'query');
  const problems = [];
  for (const [key, raw] of query) {
    const parameter = known.find((candidate) => candidate.name === key);
    if (!parameter) problems.push(`${name}: unknown query parameter ${key}`);
    else
      problems.push(...compile(`${name} query ${key}`, parameter.schema ?? {}, typed(resolve(parameter.schema), raw)));
  }
  for (const parameter of known) {
    if (parameter.required === true && !query.has(String(parameter.name))) {
      problems.push(`${name}: query parameter ${parameter.name} is missing`);
    }
  }
  return [...problems, ...checkBody({ name, operation, compile, resolve }, exchange.body)];
}

// Octokit sends a request without parameters as an empty string.
const isEmpty = (body: unknown): boolean =>
  body === null || body === '' || (typeof body === 'object' && Object.keys(body).length === 0);

function checkBody({ name, operation, compile, resolve }: Operation, body: unknown): string[] {
  const request = resolve(operation.requestBody);
  const schema = bodySchema(resolve, operation.requestBody);
  if (schema === undefined) return isEmpty(body) ? [] : [`${name}: a body where there is none`];
  if (body === null || body === '') return request.required === true ? [`${name}: the body is missing`] : [];
  const fields = propertyNames(resolve, schema);
  // GitHub's schemas seldom forbid what they do not know, and then ignore it: for a caller that is a mistake.
  const unknown =
    fields.size === 0 || typeof body !== 'object' ? [] : Object.keys(body as object).filter((key) => !fields.has(key));
  return [...compile(`${name} body`, schema, body), ...unknown.map((key) => `${name}: unknown body field ${key}`)];
}

function checkResponse({ name, operation, compile, resolve }: Operation, exchange: Exchange): string[] {
  const described = asObject(operation.responses)[String(exchange.status)];
  if (described === undefined) {
    if (!unwritten.has(exchange.status)) return [`${name} answer: status ${exchange.status} is not described`];
    const message = asObject(exchange.response as Json).message;
    return typeof message === 'string' ? [] : [`${name} answer ${exchange.status}: has no message`];
  }
  const schema = asObject(asObject(resolve(described).content)['application/json']).schema;
  if (schema === undefined) return [];
  return compile(
    `${name} answer ${exchange.status}`,
    exchange.status < 400 ? schema : loose(schema),
    exchange.response,
  );
}

// Of the kinds of error that are offered most are subsets of others, so that "exactly one" can never be met.
function loose(schema: Json): Json {
  const { oneOf, ...rest } = asObject(schema);
  return oneOf === undefined ? schema : { ...rest, anyOf: oneOf };
}

const bodySchema = (resolve: Operation['resolve'], body: Json | undefined): Json | undefined =>
  asObject(asObject(resolve(body).content)['application/json']).schema;

function propertyNames(resolve: Operation['resolve'], schema: Json): Set<string> {
  const { properties, oneOf, anyOf, allOf } = resolve(schema);
  const parts = [oneOf, anyOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return new Set([...Object.keys(asObject(properties)), ...parts.flatMap((part) => [...propertyNames(resolve, part)])]);
}

function dereference(description: Description, value: Json | undefined): JsonObject {
  const { $ref } = asObject(value);
  if (typeof $ref !== 'string') return asObject(value);
  const [, , section = '', name = ''] = $ref.split('/');
  return dereference(description, description.components[section]?.[name]);
}

/** A query holds only text; what the schema wants as a number or a truth value is read as one. */
function typed(schema: JsonObject, raw: string): unknown {
  if (schema.type === 'integer' || schema.type === 'number') return raw === '' ? raw : Number(raw);
  return schema.type === 'boolean' && /^(true|false)$/.test(raw) ? raw === 'true' : raw;
}

function createCompiler(description: Description): Compile {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, inlineRefs: false, code: { optimize: false } });
  addFormats.default(ajv);
  for (const format of ['repo.nwo', 'timestamp', 'email']) ajv.addFormat(format, true);
  ajv.addSchema({ $id: 'github', components: forAjv(description.components) });
  const validators = new Map<string, ValidateFunction>();
  return (name, schema, value) => {
    const validate = validators.get(name) ?? ajv.compile(asObject(forAjv(schema)));
    validators.set(name, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${name}: ${error.instancePath || '/'} ${error.message}`);
  };
}

// OpenAPI 3.0 is not JSON Schema: `nullable` beside a reference is unknown to ajv, and references need a whole address.
function forAjv(value: Json): Json {
  if (Array.isArray(value)) return value.map(forAjv);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(asObject(value)).map(([key, child]): [string, Json] =>
    key === '$ref' && typeof child === 'string' ? [key, child.replace(/^#/, 'github#')] : [key, forAjv(child)],
  );
  const { nullable, ...rest } = corrected(Object.fromEntries(entries));
  if (nullable !== true) return nullable === undefined ? rest : { ...rest, nullable };
  return { anyOf: [rest, { type: 'null' }] };
}

// Where the description contradicts itself: nobody's account is a user and an enterprise at once.
function corrected(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  const titles = Array.isArray(allOf) ? allOf.map((part: Json) => asObject(part).title) : [];
  return titles.includes('Simple User') && titles.includes('Enterprise') ? { ...rest, anyOf: allOf ?? [] } : schema;
}
