// Comments, reviews, reactions and checks in the double: who may, and what is left of it.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, base } from './acme.ts';
import { appJwt, type Client, clientWith, read } from './client.ts';
import type { GitHubDouble } from './index.ts';

let github: GitHubDouble;
let app: Client;
let number: number;
let head: string;
let clock: number;

beforeEach(async () => {
  clock = Date.parse('2026-11-22T03:04:05.678Z');
  github = await acme({ now: () => new Date(clock) });
  app = clientWith(github, github.otherApp.token);
  head = await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' });
  number = await github.as('mona').openPull({ head: 'request' });
});
afterEach(() => github.close());

test('a comment has whole seconds by the server clock, and an edit by somebody else shows the editor', async () => {
  const id = await github.as('boss').comment(number, '/approve-emergency');
  clock += 5_000;
  await github.as('mona').editComment(id, '/approve-emergency now');

  const comment = (await app('GET', `${base}/issues/comments/${id}`)).body;
  expect(read(comment, 'created_at')).toMatch(/^2026-11-22T03:04:\d\dZ$/);
  expect(Date.parse(read(comment, 'updated_at'))).toBeGreaterThan(Date.parse(read(comment, 'created_at')));
  const sent = github.webhooks.deliveries.at(-1);
  expect(sent).toMatchObject({
    event: 'issue_comment',
    action: 'edited',
    payload: {
      changes: { body: { from: '/approve-emergency' } },
      sender: { login: 'mona' },
      comment: { user: { login: 'boss' } },
      issue: { number, pull_request: {} },
    },
  });
});

test('only writers edit the words of others', async () => {
  const id = await github.as('boss').comment(number, 'hello');
  await expect(github.as('reader').editComment(id, 'bye')).rejects.toThrow('Must have admin rights');
  const own = await github.as('reader').comment(number, 'mine');
  await github.as('reader').editComment(own, 'still mine');
  await github.as('mona').deleteComment(own);
  expect((await app('GET', `${base}/issues/comments/${own}`)).status).toBe(404);
});

test('a comment of an app names the app and its bot', async () => {
  const { status, body } = await app('POST', `${base}/issues/${number}/comments`, { body: 'hello' });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    user: { login: 'other-ci[bot]', type: 'Bot' },
    performed_via_github_app: { slug: 'other-ci' },
  });
});

test('comments are listed since a moment and page by page', async () => {
  for (const n of [1, 2, 3]) await github.as('boss').comment(number, `number ${n}`);
  const first = await app('GET', `${base}/issues/${number}/comments?per_page=2`);
  expect(first.body).toHaveLength(2);
  expect(first.headers.get('link')).toMatch(/page=2>; rel="next".*page=2>; rel="last"/);
  clock += 60_000;
  await github.as('boss').comment(number, 'late');
  const since = encodeURIComponent(new Date(clock - 30_000).toISOString());
  const late = (await app('GET', `${base}/issues/comments?since=${since}`)).body as { body: string }[];
  expect(late.map(({ body }) => body)).toEqual(['late']);
});

test('the same reaction twice is one', async () => {
  const id = await github.as('boss').comment(number, '/approve-emergency');
  const path = `${base}/issues/comments/${id}/reactions`;
  expect((await app('POST', path, { content: 'rocket' })).status).toBe(201);
  expect((await app('POST', path, { content: 'rocket' })).status).toBe(200);
  expect((await app('POST', path, { content: 'thumbsup' })).status).toBe(422);
  expect(read((await app('GET', `${base}/issues/comments/${id}`)).body, 'reactions')).toMatchObject({ rocket: 1 });
});

test('nobody approves their own pull request, and a dismissal leaves a trace', async () => {
  await expect(github.as('mona').review(number, { event: 'APPROVE' })).rejects.toThrow('Can not approve your own');
  const id = await github.as('boss').review(number, { event: 'APPROVE' });
  expect(github.webhooks.deliveries.at(-1)).toMatchObject({
    payload: { review: { state: 'approved', commit_id: head } },
  });
  await github.as('root').dismissReview(number, id);
  const reviews = (await app('GET', `${base}/pulls/${number}/reviews`)).body;
  expect(reviews).toMatchObject([{ state: 'DISMISSED', user: { login: 'boss' } }]);
});

test('only apps make checks, each its own, and the newest of a name is shown', async () => {
  const path = `${base}/check-runs`;
  const asMona = await github.as('mona').request('POST', path, { name: 'breakglass', head_sha: head });
  expect(asMona.status).toBe(403);
  expect((await app('POST', path, { name: 'breakglass', head_sha: '1'.repeat(40) })).status).toBe(422);
  expect((await app('POST', path, { name: 'x', head_sha: head, conclusion: 'fail' })).status).toBe(422);
  const output = { title: 'x', summary: 'y'.repeat(65_536) };
  expect((await app('POST', path, { name: 'x', head_sha: head, output })).status).toBe(422);

  const first = read(
    (await app('POST', path, { name: 'breakglass', head_sha: head, status: 'in_progress' })).body,
    'id',
  );
  await app('PATCH', `${path}/${first}`, { conclusion: 'failure' });
  await app('POST', path, { name: 'breakglass', head_sha: head, conclusion: 'success' });
  const listed = (query: string) => app('GET', `${base}/commits/${head}/check-runs?check_name=breakglass${query}`);
  expect((await listed('')).body).toMatchObject({ total_count: 1, check_runs: [{ conclusion: 'success' }] });
  expect((await listed('&filter=all')).body).toMatchObject({ total_count: 2 });
  expect((await listed('&app_id=4242')).body).toMatchObject({ total_count: 0 });

  const seconds = Math.floor(clock / 1000);
  const asApp = clientWith(github, appJwt(github, { iat: seconds - 30, exp: seconds + 500 }));
  const { body } = await asApp('POST', '/app/installations/5151/access_tokens');
  const ours = clientWith(github, read(body, 'token'));
  expect((await ours('PATCH', `${path}/${first}`, { conclusion: 'success' })).status).toBe(403);
});

test('asking for a check again tells who asked', async () => {
  const { body } = await app('POST', `${base}/check-runs`, {
    name: 'breakglass',
    head_sha: head,
    conclusion: 'failure',
  });
  await github.as('mona').rerequestCheck(read(body, 'id'));
  const sent = github.webhooks.deliveries.at(-1);
  expect(sent).toMatchObject({ event: 'check_run', action: 'rerequested', payload: { sender: { login: 'mona' } } });
});
