// The double's front door: credentials, permissions, headers, conditional requests, faults.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acme, base } from './acme.ts';
import { appClient, appJwt, type Client, clientWith, installationToken, read } from './client.ts';
import type { Effect, GitHubDouble, RequestFacts } from './index.ts';

let github: GitHubDouble;
let app: Client;

beforeEach(async () => {
  github = await acme();
  app = await appClient(github);
});
afterEach(() => github.close());

describe('credentials', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each([
    ['one that ends too late', { exp: now + 3_600 }, "'Expiration time' claim ('exp') is too far in the future"],
    [
      'one that has ended',
      { iat: now - 900, exp: now - 300 },
      "'Expiration time' claim ('exp') must be a numeric value",
    ],
    ['one from the future', { iat: now + 300 }, "'Issued at' claim ('iat') must be an Integer"],
    ['one of nobody', { iss: 1 }, 'A JSON web token could not be decoded'],
  ])('a JWT is refused: %s', async (_what, claims, words) => {
    const { status, body } = await clientWith(github, appJwt(github, claims))('GET', '/app');
    expect([status, read(body, 'message')]).toEqual([401, expect.stringContaining(words)]);
  });

  test('a JWT signed with another key is refused', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect((await clientWith(github, appJwt(github, {}, key))('GET', '/app')).status).toBe(401);
  });

  test('a token ends after an hour by the server clock', async () => {
    await github.close();
    let late = 0;
    github = await acme({ now: () => new Date(Date.now() + late) });
    app = await appClient(github);
    expect((await app('GET', base)).status).toBe(200);
    late = 3_601_000;
    expect((await app('GET', base)).status).toBe(401);
  });

  test('a token with fewer permissions is told so, and none gets more than the app has', async () => {
    const reader = clientWith(github, await installationToken(github, { contents: 'read' }));
    const { status, body } = await reader('POST', `${base}/git/blobs`, { content: 'x' });
    expect([status, read(body, 'message')]).toEqual([403, 'Resource not accessible by integration']);
    expect((await reader('GET', '/orgs/acme/teams/commanders')).status).toBe(403);
    await expect(installationToken(github, { administration: 'read' })).rejects.toThrow('not granted');
  });

  test('what is private does not exist for strangers, and wrong tokens are bad credentials', async () => {
    expect((await github.as('stranger').request('GET', `${base}/pulls`)).status).toBe(404);
    expect((await clientWith(github, 'ghs_wrong')('GET', base)).status).toBe(401);
    expect((await fetch(`${github.url}${base}`)).status).toBe(404);
    expect((await app('GET', '/repos/acme/other')).status).toBe(404);
  });
});

test('every answer carries the server clock, limits and an id, and an unchanged one is a 304', async () => {
  await github.close();
  github = await acme({ now: () => new Date('2026-11-22T03:04:05Z') });
  const ask = (headers: Record<string, string> = {}) =>
    fetch(`${github.url}/api/v3${base}/branches/main`, {
      headers: { authorization: `token ${github.as('mona').token}`, ...headers },
    });
  const first = await ask();
  expect(first.headers.get('date')).toBe('Sun, 22 Nov 2026 03:04:05 GMT');
  expect(Number(first.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);
  expect(first.headers.get('x-github-request-id')).toMatch(/^[0-9A-F]+$/);
  const etag = first.headers.get('etag') ?? '';
  expect((await ask({ 'if-none-match': etag })).status).toBe(304);
  await github.as('root').push('main', { 'x.txt': 'x' });
  expect((await ask({ 'if-none-match': etag })).status).toBe(200);
});

test('membership follows the teams, and a team made anew under the old name is another', async () => {
  const path = '/orgs/acme/teams/commanders/memberships';
  expect((await app('GET', `${path}/BOSS`)).body).toMatchObject({ role: 'member', state: 'active' });
  expect((await app('GET', `${path}/mona`)).status).toBe(404);
  github.teams.recreate('commanders', 78, ['mona']);
  expect((await app('GET', '/orgs/acme/teams/commanders')).body).toMatchObject({ id: 78, members_count: 1 });
  expect((await app('GET', `${path}/mona`)).status).toBe(200);
  github.people.rename('mona', 'lisa');
  expect((await app('GET', '/user/583231')).body).toMatchObject({ login: 'lisa' });
  expect((await app('GET', `${path}/mona`)).status).toBe(404);
  github.teams.delete('commanders');
  expect((await app('GET', '/orgs/acme/teams/commanders')).status).toBe(404);
});

describe('faults', () => {
  const comments = `${base}/issues/1/comments`;
  const write = () => app('POST', comments, { body: 'hello' });
  const stored = async () => ((await app('GET', comments)).body as unknown[]).length;
  beforeEach(async () => {
    await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' });
    await github.as('mona').openPull({ head: 'request' });
  });

  test.each<[Effect['kind'], Effect, number | 'broken', number]>([
    ['refuse', { kind: 'refuse', status: 502 }, 502, 0],
    ['done-then-refuse', { kind: 'done-then-refuse', status: 502 }, 502, 1],
    ['reset', { kind: 'reset' }, 'broken', 0],
    ['done-then-reset', { kind: 'done-then-reset' }, 'broken', 1],
    ['secondary-limit', { kind: 'secondary-limit', retryAfterSeconds: 7 }, 403, 0],
    ['delay', { kind: 'delay', milliseconds: 20 }, 201, 1],
  ])('%s strikes once and leaves behind what it should', async (_kind, effect, answer, left) => {
    const fault = github.faults.on({ method: 'POST', path: /comments$/ }, effect);
    const status = await write().then(
      (it) => it.status,
      () => 'broken' as const,
    );
    expect([status, await stored(), fault.hits()]).toEqual([answer, left, 1]);
    expect((await write()).status).toBe(201);
  });

  test('a stale read answers as the last one of the same address did', async () => {
    expect(await stored()).toBe(0);
    await write();
    github.faults.on({ method: 'GET', path: /comments$/ }, { kind: 'stale' });
    expect([await stored(), await stored()]).toEqual([0, 1]);
  });

  test('people are spared unless asked for, and matching can look into the request', async () => {
    github.faults.on({ path: /comments$/, times: 2 }, { kind: 'refuse', status: 500 });
    await github.as('mona').comment(1, 'spared');
    const loud = (request: RequestFacts) => JSON.stringify(request.body).includes('loud');
    github.faults.clear();
    github.faults.on({ by: 'anyone', when: loud }, { kind: 'refuse', status: 500 });
    await expect(github.as('mona').comment(1, 'loud')).rejects.toThrow('Server Error');
    await github.as('mona').comment(1, 'quiet');
  });

  test('down is down for the API and for Git, and loses the webhooks', async () => {
    github.faults.down();
    expect((await write()).status).toBe(503);
    await expect(github.as('mona').push('request', { 'x.txt': 'x' })).rejects.toThrow();
    github.faults.down('unreachable');
    await expect(write()).rejects.toThrow();
    github.faults.up();
    expect((await write()).status).toBe(201);
  });

  test('a listener sees each request before and after it is done', async () => {
    const seen: string[] = [];
    const stop = github.faults.onRequest(async ({ phase, request }) => {
      if (request.method === 'POST') seen.push(`${phase} ${request.operation} by ${request.caller}`);
    });
    await write();
    stop();
    await write();
    const operation = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
    expect(seen).toEqual([`before ${operation} by app`, `after ${operation} by app`]);
  });
});
