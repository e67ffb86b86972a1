// The one endpoint of GitHub's GraphQL API: not the language, only the queries that the app asks, by their names.
import { editsQuery } from './edits-graphql.ts';
import type { Answered, Query } from './graphql-answer.ts';
import { record, text } from './input.ts';
import { ok } from './reply.ts';
import { type Call, route } from './router.ts';
import { teamQuery } from './team-graphql.ts';

const QUERIES: Readonly<Record<string, Query>> = { Edits: editsQuery, TeamMembers: teamQuery };

/** Not in GitHub's description of its REST API, so not among the routes that are compared with it. */
export const graphqlRoute = route('POST', '/graphql', { app: 'any', user: 'read' }, async (call) =>
  ok(await answer(call)),
);

/** Whether a query is valid, and an answer what was asked for, is held against GitHub's schema by the contract. */
async function answer(call: Call): Promise<Answered> {
  const name = /^\s*query\s+(\w+)/.exec(text(call, 'query') ?? '')?.[1] ?? '';
  const query = QUERIES[name];
  if (query !== undefined) return await query(call, record(call.body.variables));
  return {
    data: null,
    errors: [{ type: 'undefinedOperation', path: [], message: `This double answers no query "${name}".` }],
  };
}
