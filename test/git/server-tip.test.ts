// Where the branch stands, asked of Git's own server over HTTP; and no fetch where it stands where it is known to stand.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { branchFetcher, type FetchBranch, headsFetcher } from '../../app/git/fetch.ts';
import { git } from '../../app/git/git.ts';
import { commitOf } from '../../app/git/objects.ts';
import { serverTip, tipIn } from '../../app/git/server-tip.ts';
import { runBackend } from '../sandbox/github/git-http.ts';
import { createRepository, type Repository } from './repository.ts';

let origin: Repository;
let server: Server;
let url: string;
let dir: string;
let requests: string[];
/** Answers in place of git; null leaves it to git. */
let instead: ((response: ServerResponse) => void) | null;
/** For git; the question for the branch is answered. */
let isUnreachable: boolean;

beforeEach(async () => {
  origin = createRepository();
  dir = mkdtempSync(join(tmpdir(), 'breakglass-tip-'));
  [requests, instead, isUnreachable] = [[], null, false];
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${basename(origin.dir)}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  origin.remove();
  rmSync(dir, { recursive: true, force: true });
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const isQuestion = body.includes('command=ls-refs') && !body.includes('peel');
  requests.push(isQuestion ? 'where' : 'fetch');
  if (isQuestion && instead !== null) return instead(response);
  if (!isQuestion && isUnreachable) return void response.writeHead(503).end();
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const rest = path.slice(`/${basename(origin.dir)}/`.length);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const reply = await runBackend(origin.dir, { method: request.method ?? '', rest, query, headers, body }, {});
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

const ask = (branch: string, timeoutMs = 30_000) => serverTip({ url, branch, authorization: 'basic eA==', timeoutMs });
const push = (text: string, branch = 'main') => {
  const sha = origin.commit({ tree: origin.tree({ a: text }) });
  origin.setBranch(branch, sha);
  return sha;
};

describe('asked of git itself', () => {
  test('a branch is told from others whose names begin like it', async () => {
    push('1\n', 'mai');
    const main = push('2\n');
    push('3\n', 'main-2');
    push('4\n', 'main2/below');
    expect(await ask('main')).toBe(main);
    const moved = push('5\n');
    expect(await ask('main')).toBe(moved);
    expect(await ask('other')).toBeNull();
  });

  test('one with a slash and letters of two bytes', async () => {
    const sha = push('1\n', 'über/main');
    expect(await ask('über/main')).toBe(sha);
  });
});

describe('null, and never another answer', () => {
  test.each<readonly [string, (response: ServerResponse) => void]>([
    ['of an error', (response) => response.writeHead(500).end('0000')],
    ['of a refusal', (response) => response.writeHead(401).end()],
    ['of a page', (response) => response.end('<html>0000</html>')],
    ['of an answer that breaks off', (response) => response.end('003d')],
    ['of a connection that ends', (response) => response.destroy()],
    ['of a server that sends us elsewhere', (response) => response.writeHead(302, { location: `${url}/x` }).end()],
    ['of a server that never answers', () => undefined],
    ['of an answer that is far too long', (response) => response.end('0'.repeat(70_000))],
    ['of an answer without an end', (response) => response.write('0000')],
  ])('%s', async (_, answer) => {
    push('1\n');
    instead = answer;
    expect(await ask('main', 500)).toBeNull();
    expect(requests).toEqual(['where']);
  });

  test('where there is no server', async () => {
    server.close();
    expect(await ask('main')).toBeNull();
    expect(await serverTip({ url: 'file:///x', branch: 'main', authorization: '', timeoutMs: 1 })).toBeNull();
  });

  test.each([
    ['', null],
    ['0000', null],
    [`003d${'a'.repeat(40)} refs/heads/main\n0000`, 'a'.repeat(40)],
    [`003d${'a'.repeat(40)} refs/heads/main\n`, null],
    [`003d${'a'.repeat(40)} refs/heads/main\n0001`, null],
    [`003dERR ${'a'.repeat(36)} refs/heads/main\n0000`, null],
    [`003d${'A'.repeat(40)} refs/heads/main\n0000`, null],
    [`0032${'a'.repeat(40)} refs/heads/main\n0000`, null],
    ['zzzz', null],
  ])('of the lines %j', (text, tip) => {
    expect(tipIn(Buffer.from(text), 'refs/heads/main')).toBe(tip);
  });
});

describe('the fetch of the branch', () => {
  const options = () => ({ dir, branch: 'main', url: async () => url, token: async () => 'x' });
  let fetch: FetchBranch;
  beforeEach(async () => {
    fetch = branchFetcher(options());
    await git({ dir, args: ['init', '--bare', '--quiet'] });
  });

  test('is left out where nothing has moved, and only there', async () => {
    const first = push('1\n');
    await fetch();
    expect(await commitOf(dir, 'refs/heads/main')).toBe(first);
    requests = [];
    await fetch();
    expect(requests).toEqual(['where']);
    const second = push('2\n');
    await fetch();
    expect(await commitOf(dir, 'refs/heads/main')).toBe(second);
    expect(requests).toContain('fetch');
  });

  test('is made where the server does not say where the branch stands', async () => {
    push('1\n');
    await fetch();
    const second = push('2\n');
    instead = (response) => response.writeHead(503).end();
    await fetch();
    expect(await commitOf(dir, 'refs/heads/main')).toBe(second);
  });

  test('is made by git where that is asked for, whatever the server says', async () => {
    push('1\n');
    await fetch();
    requests = [];
    await fetch('surely');
    expect(requests).toContain('fetch');
    expect(requests).not.toContain('where');
  });

  test('is made for a while without the question where the server does not know it', async () => {
    push('1\n');
    instead = (response) => response.writeHead(404).end();
    for (let i = 0; i < 3; i += 1) await fetch();
    expect(requests.filter((one) => one === 'where')).toHaveLength(1);
  });

  test('blames no head for a git that cannot reach the server, though the branch has not moved', async () => {
    push('1\n');
    await fetch();
    origin.git(['update-ref', 'refs/pull/7/head', 'refs/heads/main']);
    const heads = headsFetcher(options(), fetch);
    const head = { number: 7, sha: 'a'.repeat(40) };
    isUnreachable = true;
    for (let i = 0; i < 3; i += 1) await expect(heads([head])).rejects.toThrow('git fetch failed');
    isUnreachable = false;
    await heads([head]);
    expect(await commitOf(dir, 'refs/pull/7/head')).not.toBeNull();
  });

  test('fails where the branch is gone', async () => {
    push('1\n');
    await fetch();
    origin.git(['update-ref', '-d', 'refs/heads/main']);
    await expect(fetch()).rejects.toThrow('git fetch failed');
  });
});
