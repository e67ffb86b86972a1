// Everything on a pull request is read to the last page or not at all, since a missing line may be a rejection.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API, comment, connected, intercept, isolate, pull, REPO, REPOSITORY_ID, release, user } from './connection.ts';

beforeEach(isolate);
afterEach(release);

const COMMENTS = `${REPO}/issues/42/comments`;
const link = (path: string) => ({ link: `<${API}${path}>; rel="next", <${API}${path}>; rel="last"` });

describe('lists', () => {
  it('are read to the last page, 100 at a time', async () => {
    intercept()
      .get(`${COMMENTS}?per_page=100`)
      .reply(200, [comment(1, 'a'), comment(2, 'b')], link(`${COMMENTS}?per_page=100&page=2`))
      .get(`${COMMENTS}?per_page=100&page=2`)
      .reply(200, [comment(3, 'c')], link(`${COMMENTS}?per_page=100&page=3`))
      .get(`${COMMENTS}?per_page=100&page=3`)
      .reply(200, [comment(4, '/reject')]);
    const comments = await connected().comments(42);
    expect(comments.map(({ id, body }) => [id, body])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, '/reject'],
    ]);
  });

  const first = () =>
    intercept()
      .get(`${COMMENTS}?per_page=100`)
      .reply(200, [comment(1, 'a')], link(`${COMMENTS}?page=2`))
      .get(`${COMMENTS}?page=2`);

  it('that fail in the middle are errors', async () => {
    first().reply(409, { message: 'Conflict' });
    await expect(connected().comments(42)).rejects.toMatchObject({ status: 409 });
  });

  it('that become something else in the middle are errors', async () => {
    first().reply(200, '');
    await expect(connected().comments(42)).rejects.toThrow(/something else than the list/);
  });

  it('are asked for again after a 5xx', async () => {
    const again = first().reply(503, {});
    again.get(`${COMMENTS}?page=2`).reply(200, [comment(2, 'b')]);
    expect(await connected().comments(42)).toHaveLength(2);
  });

  it('with a time that cannot be read are errors', async () => {
    intercept()
      .get(`${COMMENTS}?per_page=100`)
      .reply(200, [{ ...comment(1, 'a'), created_at: 'soon' }]);
    await expect(connected().comments(42)).rejects.toThrow(/time that cannot be read: soon/);
  });
});

describe('pull', () => {
  it('is plain data, without the test merge', async () => {
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42));
    expect(await connected().pull(42)).toEqual({
      number: 42,
      state: 'open',
      merged: false,
      mergeCommit: null,
      mergedBy: null,
      draft: false,
      author: user('mona', 1),
      head: { sha: 'head', ref: 'emergency', repositoryId: REPOSITORY_ID },
      base: { sha: 'base', ref: 'main', repositoryId: REPOSITORY_ID },
      createdAt: new Date('2026-11-22T03:00:00Z'),
      updatedAt: new Date('2026-11-22T03:04:00Z'),
      title: 'Payments are down',
      url: 'https://github.com/acme/access/pull/42',
    });
  });

  it('names the merge when there was one', async () => {
    const merged = { state: 'closed', merged: true, merged_at: '2026-11-22T03:05:00Z', merged_by: user('app', 9) };
    intercept()
      .get(`${REPO}/pulls/42`)
      .reply(200, pull(42, { ...merged, merge_commit_sha: 'm' }));
    expect(await connected().pull(42)).toMatchObject({ merged: true, mergeCommit: 'm', mergedBy: user('app', 9) });
  });

  it('keeps nothing of an author and a fork that are gone', async () => {
    const ghost = { user: null, head: { sha: 'h', ref: 'r', repo: null } };
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42, ghost));
    expect(await connected().pull(42)).toMatchObject({ author: null, head: { repositoryId: null } });
  });

  it('is null when there is none, and an error when the repository is another one', async () => {
    intercept().get(`${REPO}/pulls/42`).reply(404, { message: 'Not Found' });
    expect(await connected().pull(42)).toBeNull();
    const other = { base: { sha: 'b', ref: 'main', repo: { id: 666 } } };
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42, other));
    await expect(connected().pull(42)).rejects.toThrow(/another repository/);
  });
});

describe('pull requests', () => {
  it('and issues that changed since are asked for in whole seconds, the newest first', async () => {
    const issue = (number: number, updated_at: string) => ({ number, updated_at });
    intercept()
      .get(`${REPO}/issues?state=all&since=2026-11-22T03%3A00%3A09Z&sort=updated&direction=desc&per_page=100`)
      .reply(200, [issue(3, '2026-11-22T03:05:00Z'), issue(1, '2026-11-22T03:00:09Z')]);
    expect(await connected().changedSince(new Date('2026-11-22T03:00:09.900Z'))).toEqual(
      new Map([
        [3, new Date('2026-11-22T03:05:00Z')],
        [1, new Date('2026-11-22T03:00:09Z')],
      ]),
    );
  });

  it('of a commit come newest first, and an unknown commit has none', async () => {
    const path = `${REPO}/commits/abc/pulls?per_page=100`;
    intercept()
      .get(path)
      .reply(200, [
        pull(3),
        pull(9, { state: 'closed', merged: undefined, merged_at: '2026-11-22T03:05:00Z' }),
        pull(5),
      ]);
    const pulls = await connected().pullsOfCommit('abc');
    expect(pulls.map(({ number, merged }) => [number, merged])).toEqual([
      [9, true],
      [5, false],
      [3, false],
    ]);
    intercept().get(path).reply(422, { message: 'No commit found for SHA: abc' });
    expect(await connected().pullsOfCommit('abc')).toEqual([]);
  });

  it('are found when the answer to their creation was lost', async () => {
    intercept()
      .post(`${REPO}/pulls`)
      .reply(422, { message: 'Validation Failed', errors: [{ message: 'A pull request already exists for acme:rm.' }] })
      .get(`${REPO}/pulls?state=open&head=acme%3Arm&base=main`)
      .reply(200, [pull(8, { head: { sha: 'h', ref: 'rm', repo: { id: REPOSITORY_ID } } })]);
    const request = { branch: 'rm', base: 'main', title: 'Remove', body: '' };
    expect(await connected().openPull(request)).toBe(8);
  });

  it('that cannot be made are an error', async () => {
    intercept()
      .post(`${REPO}/pulls`)
      .reply(422, { message: 'No commits between main and rm' })
      .get(/pulls/)
      .reply(200, [pull(8)]);
    const request = { branch: 'rm', base: 'main', title: 'Remove', body: '' };
    await expect(connected().openPull(request)).rejects.toThrow(/No commits/);
  });
});

describe('what the hour has left', () => {
  const headers = (remaining: string, resource = 'core') => ({
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': remaining,
    'x-ratelimit-resource': resource,
  });

  it('is what the last answer said of REST, refusals too, and not known before', async () => {
    const github = connected();
    expect(github.budget()).toBeNull();
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42), headers('4321'));
    await github.pull(42);
    expect(github.budget()).toEqual({ limit: 5000, remaining: 4321 });
    intercept().get(`${REPO}/pulls/42`).reply(404, {}, headers('0'));
    await github.pull(42);
    expect(github.budget()).toEqual({ limit: 5000, remaining: 0 });
  });

  it.each([headers('7', 'graphql'), headers('many'), {}])('is not changed by %j', async (said) => {
    const github = connected();
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42), headers('4321'));
    await github.pull(42);
    intercept().get(`${REPO}/pulls/42`).reply(200, pull(42), said);
    await github.pull(42);
    expect(github.budget()).toEqual({ limit: 5000, remaining: 4321 });
  });
});

describe('the repository', () => {
  const answer = { id: REPOSITORY_ID, owner: { login: 'acme' }, name: 'access' };
  const said = { ...answer, html_url: 'h', clone_url: 'c', default_branch: 'main' };

  it('is asked for once, though many want it', async () => {
    intercept().get(REPO).reply(200, said);
    const github = connected();
    await Promise.all([github.repository(), github.repository()]);
    expect((await github.repository()).url).toBe('h');
  });

  it('is asked for again where GitHub did not answer', async () => {
    intercept().get(REPO).reply(404, {}).get(REPO).reply(200, said);
    const github = connected();
    await expect(github.repository()).rejects.toMatchObject({ status: 404 });
    expect((await github.repository()).url).toBe('h');
  });
});

describe('what happened', () => {
  it('reopenedAt is the last time that it was opened again or pointed at another base', async () => {
    const events = [
      { event: 'reopened', created_at: '2026-11-22T03:01:00Z' },
      { event: 'closed', created_at: '2026-11-22T03:02:00Z' },
      { event: 'base_ref_changed', created_at: '2026-11-22T03:03:00Z' },
      { event: 'labeled', created_at: '2026-11-22T03:04:00Z' },
    ];
    intercept().get(`${REPO}/issues/42/events?per_page=100`).reply(200, events);
    expect(await connected().reopenedAt(42)).toEqual(new Date('2026-11-22T03:03:00Z'));
    intercept().get(`${REPO}/issues/42/events?per_page=100`).reply(200, []);
    expect(await connected().reopenedAt(42)).toBeNull();
  });

  it('pushes come oldest first over all pages, in GitHub’s order when times are equal', async () => {
    const line = (after: string, kind = 'push') => ({
      actor: after === 'c' ? null : user('mona', 1),
      before: `before-${after}`,
      after,
      timestamp: '2026-11-22T03:00:00Z',
      activity_type: kind,
    });
    const path = `${REPO}/activity?ref=refs%2Fheads%2Ffix%2Fdb&per_page=100`;
    intercept()
      .get(path)
      .reply(200, [line('d', 'force_push'), line('c')], link(`${REPO}/activity?after=x`))
      .get(`${REPO}/activity?after=x`)
      .reply(200, [line('b'), line('a', 'branch_creation')]);
    const pushes = await connected().pushes('fix/db');
    expect(pushes.map(({ after, kind }) => [after, kind])).toEqual([
      ['a', 'branch_creation'],
      ['b', 'push'],
      ['c', 'push'],
      ['d', 'force_push'],
    ]);
    expect(pushes.map(({ actor }) => actor?.login)).toEqual(['mona', 'mona', undefined, 'mona']);
  });

  it('a review of a state that is not known does not approve', async () => {
    const review = (id: number, state: string, submitted_at?: string) => ({
      id,
      node_id: `R${id}`,
      user: user('boss', 2),
      state,
      submitted_at,
    });
    intercept()
      .get(`${REPO}/pulls/42/reviews?per_page=100`)
      .reply(200, [
        review(1, 'APPROVED', '2026-11-22T03:00:00Z'),
        review(2, 'APPROVED_BY_DREAM'),
        review(3, 'PENDING'),
      ]);
    const reviews = await connected().reviews(42);
    expect(reviews.map(({ state, submittedAt }) => [state, submittedAt])).toEqual([
      ['APPROVED', new Date('2026-11-22T03:00:00Z')],
      ['COMMENTED', null],
      ['PENDING', null],
    ]);
  });
});

describe('now', () => {
  it('follows the Date header of every answer, errors too', async () => {
    const github = connected();
    const near = (time: string) => Math.abs(github.now().getTime() - Date.parse(time)) < 2_000;
    expect(near(new Date().toISOString())).toBe(true);
    intercept().get(`${REPO}/pulls/1`).times(2).reply(200, pull(1), { date: 'Sun, 22 Nov 2026 03:00:00 GMT' });
    await github.pull(1);
    await github.pull(1);
    expect(near('2026-11-22T03:00:00Z')).toBe(true);
    intercept().get(`${REPO}/pulls/1`).times(2).reply(404, {}, { date: 'Sun, 22 Nov 2026 04:00:00 GMT' });
    await github.pull(1);
    await github.pull(1);
    expect(near('2026-11-22T04:00:00Z')).toBe(true);
    intercept().get(`${REPO}/pulls/1`).reply(404, {}, { date: 'nonsense' });
    await github.pull(1);
    expect(near('2026-11-22T04:00:00Z')).toBe(true);
  });
});
