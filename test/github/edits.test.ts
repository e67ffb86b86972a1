// Whether words were edited has three answers, and only GitHub's clear word about these very words is "unedited".
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connected, intercept, isolate, release } from './connection.ts';

beforeEach(isolate);
afterEach(release);

const NODE = { __typename: 'IssueComment', id: 'IC_1', body: '/approve-emergency' };
const UNEDITED = { ...NODE, lastEditedAt: null, includesCreatedEdit: false, editor: null };
const WORD = { nodeId: 'IC_1', body: '/approve-emergency' };

const answers = (...nodes: readonly unknown[]): unknown => ({ data: { nodes } });
const ask = async (answer: unknown, status = 200): Promise<string | undefined> => {
  intercept()
    .post('/graphql')
    .reply(status, answer as object);
  return (await connected().edits([WORD])).get('IC_1');
};

describe('edits', () => {
  it('asks nothing of GitHub for no words', async () => {
    expect(await connected().edits([])).toEqual(new Map());
  });

  it('is unedited when there is neither an edit nor an editor', async () => {
    expect(await ask(answers(UNEDITED))).toBe('unedited');
  });

  it.each([
    ['a time of an edit', { lastEditedAt: '2026-11-22T03:00:00Z' }],
    ['an edit in its history', { includesCreatedEdit: true }],
    ['an editor', { editor: { login: 'mallory' } }],
  ])('is edited with %s', async (_, more) => {
    expect(await ask(answers({ ...UNEDITED, ...more }))).toBe('edited');
  });

  it.each<readonly [string, unknown]>([
    ['an error beside the data', { data: { nodes: [UNEDITED] }, errors: [{ type: 'NOT_FOUND', message: 'no' }] }],
    ['only errors', { errors: [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }] }],
    ['no data', { data: null }],
    ['no nodes', { data: {} }],
    ['a node that is gone', answers(null)],
    ['another node', answers({ ...UNEDITED, id: 'IC_2' })],
    ['a node of another kind', answers({ __typename: 'Issue' })],
    ['a field that is missing', answers({ ...NODE, includesCreatedEdit: false, editor: null })],
    ['a field that is missing', answers({ ...NODE, lastEditedAt: null, editor: null })],
    ['a field that is missing', answers({ ...NODE, lastEditedAt: null, includesCreatedEdit: false })],
    ['no words', answers({ ...UNEDITED, body: undefined })],
    ['other words than were read, as a replica that lags behind has them', answers({ ...UNEDITED, body: 'LGTM' })],
  ])('is unknown with %s', async (_, answer) => {
    expect(await ask(answer)).toBe('unknown');
  });

  it.each([401, 403, 404])('is unknown after a %i', async (status) => {
    expect(await ask({ message: 'Resource not accessible by integration' }, status)).toBe('unknown');
  });

  it('takes line ends of Windows for the same words', async () => {
    intercept()
      .post('/graphql')
      .reply(200, answers({ ...UNEDITED, body: 'Yes\r\n\r\n/approve-emergency' }) as object);
    const edits = await connected().edits([{ nodeId: 'IC_1', body: 'Yes\n\n/approve-emergency\n' }]);
    expect(edits.get('IC_1')).toBe('unedited');
  });

  it('of one comment is not hidden by another that was deleted meanwhile', async () => {
    const gone = { type: 'NOT_FOUND', path: ['nodes', 0], message: 'Could not resolve to a node' };
    intercept()
      .post('/graphql')
      .reply(200, { data: { nodes: [null, UNEDITED] }, errors: [gone] });
    const edits = await connected().edits([{ nodeId: 'IC_0', body: 'x' }, WORD]);
    expect([...edits]).toEqual([
      ['IC_0', 'unknown'],
      ['IC_1', 'unedited'],
    ]);
  });

  it.each<readonly [string, unknown]>([
    ['of another kind', { type: 'SERVICE_UNAVAILABLE', path: ['nodes', 0], message: 'no' }],
    ['about a field', { type: 'NOT_FOUND', path: ['nodes', 1, 'lastEditedAt'], message: 'no' }],
    ['about a node that is there', { type: 'NOT_FOUND', path: ['nodes', 1], message: 'no' }],
  ])('is unknown with an error %s', async (_, error) => {
    expect(await ask({ data: { nodes: [null, UNEDITED] }, errors: [error] })).toBe('unknown');
  });

  it('is unknown when only the front of the words differs: an indented command is code', async () => {
    expect(await ask(answers({ ...UNEDITED, body: '    /approve-emergency' }))).toBe('unknown');
  });

  it('is asked again after a 5xx, and unknown when that goes on', async () => {
    intercept()
      .post('/graphql')
      .reply(502, {})
      .post('/graphql')
      .reply(200, answers(UNEDITED) as object);
    expect((await connected().edits([WORD])).get('IC_1')).toBe('unedited');
    intercept().post('/graphql').times(3).reply(502, {});
    expect((await connected().edits([WORD])).get('IC_1')).toBe('unknown');
  });

  it('asks for at most 100 at once; one question that fails leaves the other its answer', async () => {
    const ids = Array.from({ length: 101 }, (_, i) => `IC_${i}`);
    const nodes = ids.slice(0, 100).map((id) => ({ ...UNEDITED, id }));
    const asks = (count: number) => (body: { readonly variables: { readonly ids: readonly string[] } }) =>
      body.variables.ids.length === count;
    intercept()
      .post('/graphql', asks(100))
      .reply(200, answers(...nodes) as object)
      .post('/graphql', asks(1))
      .reply(403, { message: 'no' });
    const edits = await connected().edits(ids.map((nodeId) => ({ ...WORD, nodeId })));
    expect([edits.size, edits.get('IC_0'), edits.get('IC_100')]).toEqual([101, 'unedited', 'unknown']);
  });
});
