// Pull requests in the double: what they follow, what ends them, and what cannot become one.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, base } from './acme.ts';
import { appClient, type Client, read } from './client.ts';
import { createGit } from './git.ts';
import type { GitHubDouble, Person } from './index.ts';

let github: GitHubDouble;
let app: Client;
let mona: Person;

beforeEach(async () => {
  github = await acme();
  app = await appClient(github);
  mona = github.as('mona');
});
afterEach(() => github.close());

const pull = async (number: number) => (await app('GET', `${base}/pulls/${number}`)).body;
const events = () => github.webhooks.deliveries.map(({ event, action }) => [event, action].filter(Boolean).join('.'));
const open = async (branch: string) => {
  await mona.push(branch, { [`grants/${branch}.yaml`]: 'x\n' });
  return mona.openPull({ head: branch });
};

test('the head follows a push, and the webhook tells both ends of it', async () => {
  const number = await open('request');
  const before = read(await pull(number), 'head.sha');
  const after = await mona.push('request', { 'grants/request.yaml': 'y\n' });

  expect(await pull(number)).toMatchObject({ head: { sha: after }, commits: 2, changed_files: 1 });
  expect(await createGit(github.bare).resolve(`refs/pull/${number}/head`)).toBe(after);
  const sent = github.webhooks.deliveries.find(({ action }) => action === 'synchronize');
  expect(sent?.payload).toMatchObject({ number, before, after, sender: { login: 'mona' } });
});

test('a force-push is in the timeline and in the activity log, and moves the commit of old reviews', async () => {
  const number = await open('request');
  const review = await github.as('boss').review(number, { event: 'APPROVE' });
  const after = await mona.push('request', { 'grants/z.yaml': 'z\n' }, { base: 'main', force: true });

  const found = (await app('GET', `${base}/pulls/${number}/reviews/${review}`)).body;
  expect(found).toMatchObject({ state: 'APPROVED', commit_id: after });
  const timeline = (await app('GET', `${base}/issues/${number}/timeline`)).body as { event: string }[];
  expect(timeline.map(({ event }) => event)).toContain('head_ref_force_pushed');
  const activity = (await app('GET', `${base}/activity?ref=refs/heads/request`)).body as { activity_type: string }[];
  expect(activity.map((entry) => entry.activity_type)).toEqual(['force_push', 'branch_creation']);
});

test('a review keeps its commit where the switch says so', async () => {
  github.switches.reviewsFollowHead = false;
  const number = await open('request');
  const before = read(await pull(number), 'head.sha');
  const review = await github.as('boss').review(number, { event: 'APPROVE' });
  await mona.push('request', { 'grants/request.yaml': 'y\n' });
  expect(read((await app('GET', `${base}/pulls/${number}/reviews/${review}`)).body, 'commit_id')).toBe(before);
});

test('mergeable is null at first, then what the test merge says', async () => {
  const number = await open('request');
  expect(await pull(number)).toMatchObject({ mergeable: null, mergeable_state: 'unknown' });
  expect(await pull(number)).toMatchObject({ mergeable: true, mergeable_state: 'blocked' });
  await github.as('root').push('main', { 'grants/request.yaml': 'other\n' });
  expect(await pull(number)).toMatchObject({ mergeable: null });
  expect(await pull(number)).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
});

test('deleting the branch closes the pull request, and it cannot be reopened', async () => {
  const number = await open('request');
  await mona.deleteBranch('request');
  expect(await pull(number)).toMatchObject({ state: 'closed', merged: false });
  await expect(mona.reopenPull(number)).rejects.toThrow('has been deleted');
});

test('pushing its head to the base by hand merges it', async () => {
  const number = await open('request');
  const tip = await github.as('root').push('main', { 'more.txt': 'more\n' }, { base: 'request' });
  expect(await pull(number)).toMatchObject({ merged: true, merged_by: { login: 'root' }, merge_commit_sha: tip });
});

test('emptying it by a force-push closes it', async () => {
  const number = await open('request');
  await mona.request('PATCH', `${base}/git/refs/heads/request`, { sha: github.repository.genesis, force: true });
  expect(await pull(number)).toMatchObject({ state: 'closed', merged: false });
  expect(events()).not.toContain('pull_request.synchronize');
});

test('a pull request from a fork has a head in another repository and no pushes in our log', async () => {
  github.people.setRole('stranger', 'read');
  const stranger = github.as('stranger');
  await stranger.pushToFork('theirs', { 'grants/evil.yaml': 'x\n' });
  const number = await stranger.openPull({ head: 'stranger:theirs' });
  const after = await stranger.pushToFork('theirs', { 'grants/evil.yaml': 'y\n' });

  const found = await pull(number);
  expect(found).toMatchObject({ head: { sha: after, label: 'stranger:theirs' }, author_association: 'COLLABORATOR' });
  expect(read(found, 'head.repo.id')).not.toBe(github.repository.id);
  expect((await app('GET', `${base}/activity?actor=stranger`)).body).toEqual([]);
  expect(events()).toContain('pull_request.synchronize');
});

test('a mere reader changes only pull requests of their own', async () => {
  const number = await open('request');
  await expect(github.as('reader').closePull(number)).rejects.toThrow('does not have the correct permissions');
  await github.as('boss').closePull(number);
});

test('retargeting is an edit that names the old base', async () => {
  await mona.push('side', { 'side.txt': 'x\n' });
  const number = await open('request');
  await mona.retarget(number, 'side');
  const edited = github.webhooks.deliveries.at(-1);
  expect(edited).toMatchObject({ action: 'edited', payload: { changes: { base: { ref: { from: 'main' } } } } });
  expect(await pull(number)).toMatchObject({ base: { ref: 'side' } });
});

test.each([
  ['nothing new', 'same', 'main', 'No commits between main and same'],
  ['a branch that is not there', 'missing', 'main', '"field":"head","code":"invalid"'],
  ['a base that is not there', 'request', 'missing', '"field":"base","code":"invalid"'],
  ['a second time', 'request', 'main', 'A pull request already exists for acme:request.'],
])('cannot be opened with %s', async (_what, head, to, words) => {
  await mona.request('POST', `${base}/git/refs`, { ref: 'refs/heads/same', sha: github.repository.genesis });
  await open('request');
  const { status, body } = await app('POST', `${base}/pulls`, { title: 'x', head, base: to });
  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain(words);
});

test('files show both names of a rename, what was removed, and stop at 3,000 without a word', async () => {
  await github.as('root').push('main', { 'old.txt': 'the same\nlong\ncontent\n', 'gone.txt': 'gone\n' });
  const many = Object.fromEntries(Array.from({ length: 3_010 }, (_, n) => [`many/${n}.txt`, 'x\n']));
  await mona.push('request', { 'old.txt': null, 'new.txt': 'the same\nlong\ncontent\n', 'gone.txt': null, ...many });
  const number = await mona.openPull({ head: 'request' });

  const last = await app('GET', `${base}/pulls/${number}/files?per_page=100&page=30`);
  expect(last.body).toHaveLength(100);
  expect((await app('GET', `${base}/pulls/${number}/files?per_page=100&page=31`)).body).toEqual([]);
  expect(last.headers.get('link')).not.toContain('rel="next"');
  expect(await pull(number)).toMatchObject({ changed_files: 3_012 });

  const small = await mona.push('small', { 'old.txt': null, 'new.txt': 'the same\nlong\ncontent\n', 'gone.txt': null });
  const files = (await app('GET', `${base}/compare/main...${small}`)).body;
  expect(read(files, 'files')).toMatchObject([
    { filename: 'gone.txt', status: 'removed' },
    { filename: 'new.txt', previous_filename: 'old.txt', status: 'renamed' },
  ]);
});

test('the file modes that nobody should merge are kept as they are', async () => {
  await mona.push('odd', {
    'grants/link.yaml': { mode: '120000', content: '../policies/rules.yaml' },
    'grants/run.yaml': { mode: '100755', content: 'x\n' },
    'grants/module': { mode: '160000', content: github.repository.genesis },
  });
  const listed = await createGit(github.bare).run(['ls-tree', 'odd', 'grants/']);
  expect(
    listed
      .split('\n')
      .map((line) => line.slice(0, 6))
      .filter(Boolean),
  ).toEqual(['120000', '160000', '100755']);
});
