// GitHub's public GraphQL schema, as a check of every query that was sent and of every answer that the double gave.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { buildSchema, type GraphQLSchema, graphqlSync, parse, validate } from 'graphql';
import type { Exchange } from '../sandbox/github/index.ts';

/** Every deviation; what was refused before it was read (a fault, a wrong token) has nothing to check. */
export function checkGraphql({ body, response, status }: Exchange): readonly string[] {
  const { query, variables } = (body ?? {}) as { readonly query?: unknown; readonly variables?: Variables };
  if (typeof query !== 'string') return ['POST /graphql: no query'];
  // Such a request is repeated after a 5xx, and is no write for whoever counts writes.
  if (/^\s*mutation\b/.test(query)) return ['POST /graphql: a mutation'];
  const invalid = validate(schema(), parse(query)).map(({ message }) => `POST /graphql: ${message}`);
  if (invalid.length > 0 || status !== 200) return invalid;
  const { data, errors } = (response ?? {}) as { readonly data?: unknown; readonly errors?: readonly unknown[] };
  // The query, asked of the answer itself: it must come out as it went in, every type as the schema has it.
  const again = graphqlSync({ schema: schema(), source: query, rootValue: data, variableValues: variables ?? {} });
  const wrong = (again.errors ?? []).map(({ message }) => `POST /graphql answer: ${message}`);
  const same = isDeepStrictEqual(JSON.parse(JSON.stringify(again.data ?? null)), data ?? null);
  if (errors === undefined && !same) wrong.push('POST /graphql answer: more or less than was asked for');
  return wrong;
}

type Variables = Readonly<Record<string, unknown>>;

let known: GraphQLSchema | undefined;

function schema(): GraphQLSchema {
  const file = new URL('../../node_modules/@octokit/graphql-schema/schema.graphql', import.meta.url);
  known ??= buildSchema(readFileSync(file, 'utf8'), { assumeValid: true, assumeValidSDL: true, noLocation: true });
  return known;
}
