// Edits in the double: what REST shows of them in whole seconds or not at all, and GraphQL in full, as the app reads it.
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectGitHub } from '../../../app/github/octokit.ts';
import type { GitHub } from '../../../app/github/port.ts';
import { acme } from './acme.ts';
import type { GitHubDouble } from './index.ts';

const LINE = '/approve-emergency';
const ALWAYS = Number.MAX_SAFE_INTEGER;

let github: GitHubDouble;
let number: number;

beforeEach(async () => {
  const now = new Date('2026-11-22T03:04:05.678Z');
  github = await acme({ now: () => now });
  await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' });
  number = await github.as('mona').openPull({ head: 'request' });
});
afterEach(() => github.close());

const connect = (path = ''): Promise<GitHub> =>
  connectGitHub({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    owner: github.repository.owner,
    name: github.repository.name,
    repositoryId: github.repository.id,
    baseUrl: `${github.url}${path}`,
    log: pino({ level: 'silent' }),
    pace: { writeMs: 0, notifyMs: 0, retryMs: 1 },
  });

/** Of all comments, in order. */
async function editsBy(port: GitHub): Promise<readonly unknown[]> {
  const comments = await port.comments(number);
  const edits = await port.edits(comments);
  return comments.map((one) => edits.get(one.nodeId));
}

describe('an edit within the second of the writing', () => {
  test.each(['', '/api/v3'])('is seen by GraphQL alone, at %j', async (path) => {
    await github.as('boss').comment(number, LINE);
    await github.as('mona').editComment(await github.as('boss').comment(number, 'I will look'), LINE);

    const port = await connect(path);
    const comments = await port.comments(number);
    expect(comments.map((one) => one.updatedAt.getTime() - one.createdAt.getTime())).toEqual([0, 0]);
    expect(await editsBy(port)).toEqual(['unedited', 'edited']);
    expect(github.requests.at(-1)).toMatchObject({ operation: '/graphql', path: '/graphql', status: 200 });
  });

  test('is seen when it put back what stood there before', async () => {
    const id = await github.as('boss').comment(number, LINE);
    await github.as('mona').editComment(id, 'No');
    await github.as('mona').editComment(id, LINE);
    expect(await editsBy(await connect())).toEqual(['edited']);
  });

  test('is unknown as long as GraphQL answers from before it', async () => {
    const id = await github.as('boss').comment(number, 'I will look');
    const port = await connect();
    expect(await editsBy(port)).toEqual(['unedited']);
    github.faults.on({ path: /^\/graphql$/ }, { kind: 'stale' });
    await github.as('mona').editComment(id, LINE);
    expect(await editsBy(port)).toEqual(['unknown']);
    expect(await editsBy(port)).toEqual(['edited']);
  });
});

test('the words of a review that somebody else edited', async () => {
  const id = await github.as('boss').review(number, { event: 'APPROVE', body: 'Fine' });
  const port = await connect();
  const edits = async () => [...(await port.edits(await port.reviews(number))).values()];
  expect(await edits()).toEqual(['unedited']);
  await github.as('mona').editReview(id, LINE);
  expect(await edits()).toEqual(['edited']);
});

test.each([500, 401, 403])('%i is unknown', async (status) => {
  await github.as('boss').comment(number, LINE);
  const port = await connect();
  github.faults.on({ path: /^\/graphql$/, times: ALWAYS }, { kind: 'refuse', status });
  expect(await editsBy(port)).toEqual(['unknown']);
});

test('a comment that is gone leaves the others of the same question unknown', async () => {
  const id = await github.as('boss').comment(number, LINE);
  await github.as('boss').comment(number, LINE);
  const port = await connect();
  const comments = await port.comments(number);
  await github.as('boss').deleteComment(id);
  expect([...(await port.edits(comments)).values()]).toEqual(['unknown', 'unknown']);
});
