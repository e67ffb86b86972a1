// The check by GitHub's GraphQL schema finds what is wrong, in queries and in answers; and the app's own queries pass it.
import { expect, test } from 'vitest';
import { EDITS_QUERY } from '../../app/github/octokit-edits.ts';
import { TEAM_MEMBERS_QUERY } from '../../app/github/octokit-teams.ts';
import type { Exchange } from '../sandbox/github/index.ts';
import { checkGraphql } from './github-graphql.ts';

const exchange = (query: string, data: unknown, more: Partial<Exchange> = {}): Exchange => ({
  method: 'POST',
  path: '/graphql',
  query: '',
  operation: '/graphql',
  caller: 'app',
  login: 'breakglass[bot]',
  body: { query, variables: VARIABLES },
  at: new Date(0),
  status: 200,
  response: { data },
  fault: null,
  ...more,
});

const VARIABLES = { org: 'acme', team: 'sre', membership: 'IMMEDIATE', after: null, ids: ['IC_1'] };
const TEAM = {
  databaseId: 5,
  childTeams: { totalCount: 1 },
  members: { totalCount: 1, pageInfo: { hasNextPage: false, endCursor: null }, nodes: [{ databaseId: 1 }] },
};
const answer = (team: unknown) => ({ organization: { team } });

test('the queries of the app are valid, and so are answers of their shape', () => {
  expect(checkGraphql(exchange(TEAM_MEMBERS_QUERY, answer(TEAM)))).toEqual([]);
  expect(checkGraphql(exchange(TEAM_MEMBERS_QUERY, answer(null)))).toEqual([]);
  expect(checkGraphql(exchange(EDITS_QUERY, { nodes: [null] }))).toEqual([]);
});

test.each([
  ['a field that there is not', TEAM_MEMBERS_QUERY.replace('totalCount', 'count'), TEAM, 'Cannot query field "count"'],
  ['a value that there is not', TEAM_MEMBERS_QUERY.replace('$membership,', 'DIRECT,'), TEAM, 'DIRECT'],
  ['a number as text', TEAM_MEMBERS_QUERY, { ...TEAM, databaseId: 'five' }, 'answer: Int cannot represent'],
  [
    'null where there must be something',
    TEAM_MEMBERS_QUERY,
    { ...TEAM, childTeams: null },
    'answer: Cannot return null',
  ],
  ['more than was asked for', TEAM_MEMBERS_QUERY, { ...TEAM, slug: 'sre' }, 'answer: more or less'],
])('finds %s', (_, query, team, words) => {
  expect(checkGraphql(exchange(query, answer(team))).join()).toContain(words);
});

test('an answer that was never given, or one of errors, has nothing to check; a mutation is never right', () => {
  expect(checkGraphql(exchange(TEAM_MEMBERS_QUERY, null, { status: 502, response: null }))).toEqual([]);
  const errors = { data: { organization: null }, errors: [{ type: 'NOT_FOUND' }] };
  expect(checkGraphql(exchange(TEAM_MEMBERS_QUERY, null, { response: errors }))).toEqual([]);
  expect(checkGraphql(exchange('mutation { x }', null))).toEqual(['POST /graphql: a mutation']);
  expect(checkGraphql(exchange('', null, { body: {} }))).toEqual(['POST /graphql: no query']);
});
