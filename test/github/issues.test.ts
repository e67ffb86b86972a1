// The verbs of issues: pull requests are none of them, a deleted one is none, and no write is sent twice.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { APP_ID, connected, intercept, isolate, REPO, release } from './connection.ts';

beforeEach(isolate);
afterEach(release);

const issue = (number: number, more: object = {}) => ({ number, state: 'open', title: 'T', body: 'B', ...more });

test('openIssues leaves out pull requests and reads all pages', async () => {
  const link = `<https://api.github.com${REPO}/issues?state=open&per_page=100&page=2>; rel="next"`;
  intercept()
    .get(`${REPO}/issues?state=open&per_page=100`)
    .reply(200, [issue(1, { performed_via_github_app: { id: APP_ID } }), issue(2, { pull_request: {} })], { link })
    .get(`${REPO}/issues?state=open&per_page=100&page=2`)
    .reply(200, [issue(3, { body: null, performed_via_github_app: null })]);
  expect(await connected().openIssues()).toEqual([
    { number: 1, open: true, title: 'T', body: 'B', appId: APP_ID },
    { number: 3, open: true, title: 'T', body: '', appId: null },
  ]);
});

test.each([404, 410])('one that GitHub does not have (%i) is null', async (status) => {
  intercept().get(`${REPO}/issues/7`).reply(status, {});
  expect(await connected().issue(7)).toBeNull();
});

test('one that is there is read; what else goes wrong is thrown', async () => {
  intercept()
    .get(`${REPO}/issues/7`)
    .reply(200, issue(7, { state: 'closed' }))
    .get(`${REPO}/issues/8`)
    .reply(403, {});
  expect(await connected().issue(7)).toMatchObject({ number: 7, open: false });
  await expect(connected().issue(8)).rejects.toMatchObject({ status: 403 });
});

test('createIssue is sent once: a lost answer may have opened it, and the next pass finds it', async () => {
  intercept().post(`${REPO}/issues`, { title: 'T', body: 'B' }).reply(502, {});
  await expect(connected().createIssue({ title: 'T', body: 'B' })).rejects.toMatchObject({ status: 502 });
  intercept().post(`${REPO}/issues`, { title: 'T', body: 'B' }).reply(201, issue(9));
  expect(await connected().createIssue({ title: 'T', body: 'B' })).toBe(9);
});

test('updateIssue sets title, body and state in one request', async () => {
  const change = { title: 'T', body: 'B', state: 'closed' } as const;
  intercept().patch(`${REPO}/issues/7`, change).reply(200, issue(7));
  await connected().updateIssue(7, change);
});
