// What the app writes, it writes once: lost answers, doubled calls and things that are gone change nothing.
import { createHash } from 'node:crypto';
import { Probot } from 'probot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pacedOctokit } from '../../app/github/octokit-throttle.ts';
import { APP_ID, comment, connected, FAST, intercept, isolate, REPO, release, silent } from './connection.ts';

beforeEach(isolate);
afterEach(release);

const COMMENTS = `${REPO}/issues/42/comments`;
const LIST = `${COMMENTS}?per_page=100`;
const BODY = '<!-- breakglass:status -->\nWaiting for approval';

describe('createComment', () => {
  it('finds the comment that a 5xx made all the same', async () => {
    const there = [comment(1, BODY), comment(2, BODY, 5), comment(7, BODY, APP_ID), comment(8, BODY, APP_ID)];
    intercept().post(COMMENTS).reply(502, {}).get(LIST).reply(200, there);
    expect(await connected().createComment(42, BODY)).toBe(7);
  });

  it('tries again when it is not there', async () => {
    const other = comment(7, '<!-- breakglass:other -->\nx', APP_ID);
    intercept()
      .post(COMMENTS)
      .reply(502, {})
      .get(LIST)
      .reply(200, [other])
      .post(COMMENTS, { body: BODY })
      .reply(201, { id: 9 });
    expect(await connected().createComment(42, BODY)).toBe(9);
  });

  it('gives up after three attempts', async () => {
    intercept().post(COMMENTS).times(3).reply(502, {}).get(LIST).times(3).reply(200, []);
    await expect(connected().createComment(42, BODY)).rejects.toMatchObject({ status: 502 });
  });

  it('does not take an older comment with the same words for the new one', async () => {
    const old = { ...comment(7, 'Closed.', APP_ID), created_at: '2020-01-01T00:00:00Z' };
    const made = { ...comment(8, 'Closed.', APP_ID), created_at: new Date().toISOString() };
    intercept().post(COMMENTS).reply(500, {}).get(LIST).reply(200, [old, made]);
    expect(await connected().createComment(42, 'Closed.')).toBe(8);
  });

  it('does not repeat what GitHub refuses', async () => {
    intercept().post(COMMENTS).reply(422, { message: 'Validation Failed' });
    await expect(connected().createComment(42, BODY)).rejects.toMatchObject({ status: 422 });
  });

  it('cuts what is longer than GitHub takes', async () => {
    let sent = '';
    intercept()
      .post(COMMENTS, (body: { body: string }) => {
        sent = body.body;
        return true;
      })
      .reply(201, { id: 1 });
    await connected().createComment(42, 'x'.repeat(70_000));
    expect(sent).toHaveLength(65_536);
    expect(sent.endsWith('…')).toBe(true);
  });

  it('waits as long as a secondary rate limit says', async () => {
    const limited = { message: 'You have exceeded a secondary rate limit.' };
    intercept().post(COMMENTS).reply(403, limited, { 'retry-after': '1' }).post(COMMENTS).reply(201, { id: 3 });
    const started = performance.now();
    expect(await connected().createComment(42, BODY)).toBe(3);
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  it('fails at once under a limit that lasts long', async () => {
    const limited = { message: 'You have exceeded a secondary rate limit.' };
    intercept().post(COMMENTS).reply(403, limited, { 'retry-after': '600' });
    await expect(connected().createComment(42, BODY)).rejects.toMatchObject({ status: 403 });
  });
});

describe('writes', () => {
  it('keep a pause between them, and a short one', async () => {
    const Octokit = pacedOctokit(silent, { ...FAST, writeMs: 60 });
    const octokit = new Octokit({ auth: { token: 'secret' }, log: silent });
    const at: number[] = [];
    intercept()
      .patch(/issues\/comments/)
      .times(3)
      .reply(() => {
        at.push(performance.now());
        return [200, comment(1, 'x')];
      });
    const github = connected({ octokit });
    await Promise.all([1, 2, 3].map((id) => github.updateComment(id, 'x')));
    const [first = 0, , third = 0] = at;
    expect(third - first).toBeGreaterThan(100);
    expect(third - first).toBeLessThan(1_000);
  });

  it('keep the same pace in the Octokit that Probot makes of the class', async () => {
    const Octokit = pacedOctokit(silent, FAST);
    const probot = new Probot({ githubToken: 'secret', secret: 'hook', log: silent, Octokit });
    intercept().post(COMMENTS).times(3).reply(201, { id: 1 });
    const github = connected({ octokit: await probot.auth() });
    const started = performance.now();
    for (let n = 0; n < 3; n++) await github.createComment(42, BODY);
    // Probot's own pace is 3 s between two comments.
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('to things that are gone are done', async () => {
    const github = connected();
    intercept().delete(`${REPO}/issues/comments/5`).reply(404, { message: 'Not Found' });
    await github.deleteComment(5);
    intercept().post(`${REPO}/issues/comments/5/reactions`, { content: 'eyes' }).reply(404, { message: 'Not Found' });
    await github.react(5, 'eyes');
    intercept().delete(`${REPO}/git/refs/heads%2Frm`).reply(422, { message: 'Reference does not exist' });
    await github.deleteBranch('rm');
    intercept().delete(`${REPO}/git/refs/heads%2Frm`).reply(422, { message: 'Cannot delete a protected branch' });
    await expect(github.deleteBranch('rm')).rejects.toMatchObject({ status: 422 });
  });

  it('that may be repeated are repeated after a 5xx', async () => {
    intercept().patch(`${REPO}/pulls/42`, { state: 'closed' }).reply(502, {}).patch(`${REPO}/pulls/42`).reply(200, {});
    await connected().closePull(42);
    const reactions = `${REPO}/issues/comments/5/reactions`;
    intercept().post(reactions).reply(502, {}).post(reactions).reply(200, {});
    await connected().react(5, 'rocket');
  });
});

describe('the check run', () => {
  const content = { conclusion: 'action_required', title: 'Waiting', summary: 'One approval is missing' } as const;
  const digest = createHash('sha256')
    .update(JSON.stringify([content.conclusion, content.title, content.summary]))
    .digest('hex');
  const output = { title: content.title, summary: content.summary };
  const run = (id: number, appId: number) => ({
    id,
    name: 'breakglass',
    status: 'completed',
    conclusion: 'success',
    external_id: 'x',
    output,
    app: { id: appId, slug: `app-${appId}`, name: `App ${appId}` },
  });
  const existing = { id: 3, status: 'completed', conclusion: 'action_required', externalId: digest, ...output };

  const path = `${REPO}/commits/head/check-runs`;
  const byName = `${path}?check_name=breakglass&filter=latest&per_page=100`;

  it('is read by name in one request; others’ runs of that name are told apart by App', async () => {
    intercept()
      .get(byName)
      .reply(200, {
        total_count: 4,
        check_runs: [run(1, APP_ID), run(2, 5), { ...run(4, 6), app: null }, run(3, APP_ID)],
      });
    const { own, foreign } = await connected().checkRuns('head');
    expect(own.map(({ id }) => id)).toEqual([1, 3]);
    expect(own[0]).toEqual({ id: 1, status: 'completed', conclusion: 'success', externalId: 'x', ...output });
    expect(foreign).toEqual([
      { appId: 5, app: 'app-5', conclusion: 'success' },
      { appId: null, app: 'an app that GitHub does not name', conclusion: 'success' },
    ]);
  });

  it('is asked for by its App as well where others made more than a page of them', async () => {
    const more = (page: string) => ({ link: `<https://api.github.com${page}&page=2>; rel="next"` });
    const own = `${path}?check_name=breakglass&filter=latest&per_page=100&app_id=${APP_ID}`;
    intercept()
      .get(byName)
      .reply(200, { total_count: 101, check_runs: [run(2, 5)] }, more(byName))
      .get(own)
      .reply(200, { total_count: 101, check_runs: [run(1, APP_ID)] }, more(own))
      .get(`${own}&page=2`)
      .reply(200, { total_count: 101, check_runs: [run(3, APP_ID), run(7, 5)] });
    const found = await connected().checkRuns('head');
    expect(found.own.map(({ id }) => id)).toEqual([1, 3]);
    expect(found.foreign).toMatchObject([{ appId: 5 }]);
  });

  it('is created completed, with what tells it from another content', async () => {
    const sent = {
      name: 'breakglass',
      status: 'completed',
      conclusion: 'action_required',
      external_id: digest,
      output,
    };
    intercept()
      .post(`${REPO}/check-runs`, { ...sent, head_sha: 'head' })
      .reply(201, {});
    await connected().setCheck('head', undefined, content);
  });

  it('is left alone when nothing changed, and updated when anything did', async () => {
    const github = connected();
    await github.setCheck('head', existing, content);
    for (const changed of [
      { ...existing, conclusion: 'success' },
      { ...existing, status: 'queued' },
      { ...existing, externalId: null },
    ]) {
      intercept()
        .patch(`${REPO}/check-runs/3`, {
          name: 'breakglass',
          status: 'completed',
          conclusion: 'action_required',
          external_id: digest,
          output,
        })
        .reply(200, {});
      await github.setCheck('head', changed, content);
    }
  });
});

describe('createRemovalBranch', () => {
  const request = { branch: 'breakglass/remove', base: 'tip', paths: ['grants/a.yaml', 'grants/b.yaml'], message: 'm' };
  const entry = (path: string) => ({ path, mode: '100644', type: 'blob', sha: null });
  const upToRef = () =>
    intercept()
      .get(`${REPO}/git/commits/tip`)
      .reply(200, { sha: 'tip', tree: { sha: 'tree' } })
      .post(`${REPO}/git/trees`, { base_tree: 'tree', tree: request.paths.map(entry) })
      .reply(201, { sha: 'smaller' })
      .post(`${REPO}/git/commits`, { message: 'm', tree: 'smaller', parents: ['tip'] })
      .reply(201, { sha: 'commit' })
      .post(`${REPO}/git/refs`, { ref: 'refs/heads/breakglass/remove', sha: 'commit' });

  it('commits on the tip without the files', async () => {
    upToRef().reply(201, {});
    expect(await connected().createRemovalBranch(request)).toBe(true);
  });

  it('answers false when the branch exists', async () => {
    upToRef().reply(422, { message: 'Reference already exists' });
    expect(await connected().createRemovalBranch(request)).toBe(false);
  });

  it.each([
    ['commit', true],
    ['another', false],
  ])('looks at the branch (%s) when the answer is lost', async (sha, expected) => {
    upToRef().reply(502, {}).get(`${REPO}/git/ref/heads%2Fbreakglass%2Fremove`).reply(200, { object: { sha } });
    expect(await connected().createRemovalBranch(request)).toBe(expected);
  });

  it('fails when the branch was not made', async () => {
    upToRef().reply(502, {}).get(`${REPO}/git/ref/heads%2Fbreakglass%2Fremove`).reply(404, { message: 'Not Found' });
    await expect(connected().createRemovalBranch(request)).rejects.toMatchObject({ status: 502 });
  });
});
