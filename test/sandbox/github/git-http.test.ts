// Git's own protocol in the double: who may clone and push, what pull requests leave behind, what rulesets refuse.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, base } from './acme.ts';
import { appClient, installationToken } from './client.ts';
import { createGit } from './git.ts';
import type { GitHubDouble } from './index.ts';

let github: GitHubDouble;
let scratch: string;

beforeEach(async () => {
  github = await acme();
  scratch = await mkdtemp(join(tmpdir(), 'git-http-test-'));
});
afterEach(async () => {
  await github.close();
  await rm(scratch, { recursive: true, force: true });
});

async function git(token: string | null, ...args: string[]) {
  const header = `Authorization: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const credentials = token === null ? [] : ['-c', `http.extraHeader=${header}`];
  const { code, stdout, stderr } = await createGit(scratch).attempt([...credentials, ...args]);
  return { code, output: `${stdout}${stderr}` };
}

test('the app clones with its token and fetches the head of a pull request, one from a fork too', async () => {
  const head = await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' });
  const number = await github.as('mona').openPull({ head: 'request' });
  github.people.setRole('stranger', 'read');
  const foreign = await github.as('stranger').pushToFork('theirs', { 'grants/b.yaml': 'b\n' });
  const other = await github.as('stranger').openPull({ head: 'stranger:theirs' });
  const token = await installationToken(github);

  expect(await git(token, 'clone', '--mirror', github.cloneUrl, '.')).toMatchObject({ code: 0 });
  const mirror = createGit(scratch);
  expect(await mirror.resolve(`refs/pull/${number}/head`)).toBe(head);
  expect(await mirror.resolve(`refs/pull/${other}/head`)).toBe(foreign);
  expect(await mirror.run(['for-each-ref', 'refs/forks'])).toBe('');

  const next = await github.as('mona').push('request', { 'grants/a.yaml': 'b\n' });
  expect(await git(token, 'fetch', 'origin', `+refs/pull/${number}/head:refs/judged`)).toMatchObject({ code: 0 });
  expect(await mirror.resolve('refs/judged')).toBe(next);
});

test.each([
  ['no token', null, /could not read Username|Authentication failed|terminal prompts disabled/],
  ['a wrong token', 'ghs_wrong', /Authentication failed|could not read Username|terminal prompts disabled/],
])('nobody clones with %s', async (_what, token, words) => {
  const { code, output } = await git(token, 'clone', github.cloneUrl, 'x');
  expect(code).not.toBe(0);
  expect(output).toMatch(words);
});

test('to a stranger the repository does not exist, a reader may not push, an expired token opens nothing', async () => {
  expect((await git(github.as('stranger').token, 'ls-remote', github.cloneUrl)).output).toContain('not found');
  await expect(github.as('reader').push('x', { 'x.txt': 'x' })).rejects.toThrow('403');
  const token = await installationToken(github, { contents: 'read' });
  expect((await git(token, 'ls-remote', github.cloneUrl)).code).toBe(0);
  github.expireTokens();
  expect((await git(token, 'ls-remote', github.cloneUrl)).code).not.toBe(0);
});

test('the default branch takes no push by people, and any by administrators while they may bypass', async () => {
  await expect(github.as('mona').push('main', { 'x.txt': 'x' })).rejects.toThrow(/GH013.*through a pull request/s);
  await github.as('root').push('main', { 'x.txt': 'x' });
  await github.as('root').push('main', { 'y.txt': 'y' }, { base: github.repository.genesis, force: true });
  github.rulesets.reset(false);
  await expect(github.as('root').push('main', { 'z.txt': 'z' })).rejects.toThrow('GH013');
});

test('a rule against rewriting lets new commits through and stops a forced push', async () => {
  github.rulesets.clear();
  github.rulesets.add({
    name: 'Linear',
    bypass: [],
    include: ['refs/heads/kept'],
    rules: [{ type: 'non_fast_forward' }],
  });
  await github.as('mona').push('kept', { 'x.txt': 'x' });
  await github.as('mona').push('kept', { 'x.txt': 'y' });
  const rewriting = github.as('mona').push('kept', { 'x.txt': 'z' }, { base: 'main', force: true });
  await expect(rewriting).rejects.toThrow('Cannot force-push');
});

test('nobody pushes to the refs of pull requests', async () => {
  await github.as('mona').push('request', { 'grants/a.yaml': 'a\n' });
  await github.as('mona').openPull({ head: 'request' });
  await createGit(scratch).run(['init', '--quiet', '--bare', '.']);
  const token = github.as('root').token;
  await git(token, 'fetch', github.cloneUrl, 'main:main');
  const { code, output } = await git(token, 'push', '--force', github.cloneUrl, 'main:refs/pull/1/head');
  expect([code, output]).toEqual([1, expect.stringContaining('hidden ref')]);
});

test('the activity log names who pushed what, newest first, page by page through its cursors', async () => {
  const shas = [];
  for (const n of [1, 2, 3]) shas.push(await github.as('mona').push('request', { 'grants/a.yaml': `${n}\n` }));
  await github.as('boss').deleteBranch('request');
  const app = await appClient(github);

  type Entry = { activity_type: string; actor: { login: string }; after: string };
  const seen: Entry[] = [];
  let next: string | undefined = `${base}/activity?ref=refs/heads/request&per_page=2`;
  while (next) {
    const answer = await app('GET', next);
    seen.push(...(answer.body as Entry[]));
    const link: string | undefined = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    next = link?.slice(github.url.length);
  }
  expect(seen.map((entry) => [entry.activity_type, entry.actor.login])).toEqual([
    ['branch_deletion', 'boss'],
    ['push', 'mona'],
    ['push', 'mona'],
    ['branch_creation', 'mona'],
  ]);
  expect(seen.slice(1).map((entry) => entry.after)).toEqual(shas.reverse());
});
