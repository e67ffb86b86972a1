// The checker of the contract finds what it is there to find: each case is a lie that it must notice.
import { describe, expect, test } from 'vitest';
import type { Delivery, Exchange } from '../sandbox/github/index.ts';
import { createChecker } from './openapi-checker.ts';
import { type Description, reduce } from './openapi-reduce.ts';

const described: Description = {
  paths: {
    '/things/{id}': {
      put: {
        parameters: [{ name: 'size', in: 'query', schema: { type: 'integer' } }],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/new-thing' } } } },
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/thing' } } } } },
      },
      get: { responses: {} },
    },
  },
  'x-webhooks': {
    'thing-made': {
      post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/thing' } } } } },
    },
    other: {},
  },
  components: {
    schemas: {
      thing: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'integer' },
          owner: { nullable: true, allOf: [{ $ref: '#/components/schemas/owner' }] },
        },
      },
      owner: { type: 'object', required: ['login'] },
      'new-thing': { type: 'object', properties: { colour: { type: 'string', enum: ['red'], nullable: true } } },
      unused: {},
    },
  },
};
const small = reduce(described, ['PUT /things/{id}', 'GET /nothing'], /^thing/);
const checker = createChecker(small);

const good: Exchange = {
  at: new Date(0),
  method: 'PUT',
  path: '/things/1',
  query: '?size=2',
  operation: '/things/{id}',
  caller: 'app',
  login: 'x[bot]',
  body: { colour: 'red' },
  status: 200,
  response: { id: 1, owner: null },
  fault: null,
};

describe('an exchange', () => {
  test('as described is in order', () => {
    expect(checker.exchange(good)).toEqual([]);
    expect(checker.exchange({ ...good, body: { colour: null }, response: { id: 1, owner: { login: 'x' } } })).toEqual(
      [],
    );
  });

  test.each<[string, Partial<Exchange>, string]>([
    ['an operation that is not there', { operation: null }, "PUT /things/1: not in GitHub's description"],
    ['an unknown query parameter', { query: '?length=2' }, 'PUT /things/{id}: unknown query parameter length'],
    ['a query parameter of the wrong type', { query: '?size=big' }, 'PUT /things/{id} query size: / must be integer'],
    ['an unknown field', { body: { color: 'red' } }, 'PUT /things/{id}: unknown body field color'],
    [
      'a value outside the list',
      { body: { colour: 'blue' } },
      'PUT /things/{id} body: /colour must be equal to one of the allowed values',
    ],
    ['a status that is not described', { status: 202 }, 'PUT /things/{id} answer: status 202 is not described'],
    [
      'an answer without what is required',
      { response: {} },
      "PUT /things/{id} answer 200: / must have required property 'id'",
    ],
    ['an error without a message', { status: 404, response: {} }, 'PUT /things/{id} answer 404: has no message'],
  ])('with %s is not', (_what, wrong, problem) => {
    expect(checker.exchange({ ...good, ...wrong })).toContain(problem);
  });

  test('is not held against anybody where a fault answered', () => {
    expect(checker.exchange({ ...good, status: 502, response: null, fault: 'refuse' })).toEqual([]);
    expect(checker.exchange({ ...good, response: {}, fault: 'done-then-reset' })).not.toEqual([]);
  });
});

test('webhooks are checked by their event and action', () => {
  const sent: Delivery = {
    event: 'thing',
    action: 'made',
    payload: { id: 1 },
    guid: '',
    at: '',
    fate: 'sent',
    attempts: [],
  };
  expect(checker.delivery(sent)).toEqual([]);
  expect(checker.delivery({ ...sent, payload: {} })).toEqual([
    "webhook thing-made: / must have required property 'id'",
  ]);
  expect(checker.delivery({ ...sent, action: 'lost' })).toEqual(["webhook thing-lost: not in GitHub's description"]);
});

test('the description is cut down to what is needed', () => {
  expect(Object.keys(small.paths['/things/{id}'] ?? {})).toEqual(['put']);
  expect(Object.keys(small['x-webhooks'])).toEqual(['thing-made']);
  expect(Object.keys(small.components.schemas ?? {}).sort()).toEqual(['new-thing', 'owner', 'thing']);
});
