// Who is in a team: all pages or nobody, and half an answer of GitHub's is none.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connected, intercept, isolate, release } from './connection.ts';

beforeEach(isolate);
afterEach(release);

type Asked = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> };

const page = (
  ids: readonly (number | null)[],
  next: string | null = null,
  { children = 0, total = ids.length } = {},
) => ({
  databaseId: 5,
  childTeams: { totalCount: children },
  members: {
    totalCount: total,
    pageInfo: { hasNextPage: next !== null, endCursor: next },
    nodes: ids.map((databaseId) => ({ databaseId })),
  },
});
const data = (team: unknown) => ({ data: { organization: { team } } });

describe('teamMembers', () => {
  it('reads all pages, of the team itself alone where that is asked for', async () => {
    const asked: Asked[] = [];
    const keep = (body: unknown) => void asked.push(body as Asked);
    intercept()
      .post('/graphql', (body) => [keep(body)].length === 1)
      .reply(200, data(page([1, 2], 'c1', { total: 3 })))
      .post('/graphql', (body) => [keep(body)].length === 1)
      .reply(200, data(page([3], null, { total: 3 })));
    const found = await connected().teamMembers('sre', 'direct');
    expect(found).toEqual({ id: 5, members: new Set([1, 2, 3]), hasChildTeams: false });
    const common = { org: 'acme', team: 'sre', membership: 'IMMEDIATE' };
    expect(asked.map(({ variables }) => variables)).toEqual([
      { ...common, after: null },
      { ...common, after: 'c1' },
    ]);
  });

  it('asks for members of child teams as well, and says that there are some', async () => {
    intercept()
      .post('/graphql', (body: Asked) => body.variables.membership === 'ALL')
      .reply(200, data(page([1], null, { children: 2 })));
    expect(await connected().teamMembers('sre', 'with-child-teams')).toMatchObject({ hasChildTeams: true });
  });

  it('is null for a team that GitHub does not have', async () => {
    intercept().post('/graphql').reply(200, data(null));
    expect(await connected().teamMembers('sre', 'direct')).toBeNull();
  });

  it.each([
    ['an error beside data', { ...data(page([1])), errors: [{ type: 'FORBIDDEN', message: 'no' }] }],
    ['an error alone', { data: { organization: null }, errors: [{ type: 'NOT_FOUND', message: 'no' }] }],
    ['a member without a number', data(page([1, null]))],
    ['a team without a number', data({ ...page([1]), databaseId: null })],
    ['no list of members', data({ ...page([]), members: { ...page([]).members, nodes: null } })],
    ['fewer members than it counts', data(page([1], null, { total: 2 }))],
    [
      'a further page without a cursor',
      data({ ...page([1]), members: { ...page([1], 'c1').members, pageInfo: { hasNextPage: true, endCursor: null } } }),
    ],
    ['nothing', { data: null }],
  ])('throws after %s', async (_, answer) => {
    intercept().post('/graphql').reply(200, answer);
    await expect(connected().teamMembers('sre', 'direct')).rejects.toThrow();
  });

  it.each([
    ['the same cursor again', page([2], 'c1', { total: 2 })],
    ['another team', { ...page([2], null, { total: 2 }), databaseId: 6 }],
    ['no team any more', null],
    ['somebody who was named before', page([1], null, { total: 2 })],
  ])('throws when the second page has %s', async (_, second) => {
    intercept()
      .post('/graphql')
      .reply(200, data(page([1], 'c1', { total: 2 })))
      .post('/graphql')
      .reply(200, data(second));
    await expect(connected().teamMembers('sre', 'direct')).rejects.toThrow(/GitHub/);
  });

  it('is asked again after a 5xx, as asking twice changes nothing', async () => {
    intercept()
      .post('/graphql')
      .reply(502, {})
      .post('/graphql')
      .reply(200, data(page([1])));
    expect(await connected().teamMembers('sre', 'direct')).toMatchObject({ members: new Set([1]) });
  });

  it('throws after a 401, and when the second page does not come', async () => {
    intercept().post('/graphql').reply(401, { message: 'Bad credentials' });
    await expect(connected().teamMembers('sre', 'direct')).rejects.toMatchObject({ status: 401 });
    intercept()
      .post('/graphql')
      .reply(200, data(page([1], 'c1')))
      .post('/graphql')
      .reply(403, { message: 'no' });
    await expect(connected().teamMembers('sre', 'direct')).rejects.toMatchObject({ status: 403 });
  });
});
