// How each answer of GitHub to the merge is read, and that the merge is never sent twice.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connected, intercept, isolate, REPO, release } from './connection.ts';

const REQUEST = { number: 42, sha: 'head', title: 'Grant', message: 'Format: 1' };
const MERGE = `${REPO}/pulls/42/merge`;

beforeEach(isolate);
afterEach(release);

describe('merge', () => {
  it('squashes exactly the head that was judged, with our message', async () => {
    const body = { merge_method: 'squash', sha: 'head', commit_title: 'Grant', commit_message: 'Format: 1' };
    intercept().put(MERGE, body).reply(200, { merged: true, sha: 'merged', message: 'ok' });
    expect(await connected().merge(REQUEST)).toEqual({ kind: 'merged', sha: 'merged' });
  });

  const RULES = 'Repository rule violations found: Required status check "breakglass" is expected.';
  it.each([
    [409, 'Head branch was modified. Review and try the merge again.', { kind: 'head-moved' }],
    [409, RULES, { kind: 'blocked', message: RULES }],
    [405, 'Base branch was modified. Review and try the merge again.', { kind: 'base-moved' }],
    [405, RULES, { kind: 'blocked', message: RULES }],
    [405, 'Pull Request is not mergeable', { kind: 'blocked', message: 'Pull Request is not mergeable' }],
    [403, 'Resource not accessible', { kind: 'blocked', message: 'Resource not accessible' }],
    [422, 'Validation Failed', { kind: 'blocked', message: 'Validation Failed' }],
    [500, 'Server Error', { kind: 'uncertain', message: 'Server Error' }],
    [502, 'Bad Gateway', { kind: 'uncertain', message: 'Bad Gateway' }],
    [429, 'slow down', { kind: 'uncertain', message: 'slow down' }],
  ])('%i "%s" is %o, after one request', async (status, message, expected) => {
    // A second request would find no interceptor and fail with another message.
    intercept().put(MERGE).reply(status, { message, documentation_url: 'https://docs' });
    expect(await connected().merge(REQUEST)).toEqual(expected);
  });

  it('names the details of a validation error', async () => {
    const errors = [{ message: 'must be signed' }, { field: 'sha', code: 'invalid' }];
    intercept().put(MERGE).reply(422, { message: 'Validation Failed', errors });
    const message = 'Validation Failed: must be signed; sha invalid';
    expect(await connected().merge(REQUEST)).toEqual({ kind: 'blocked', message });
  });

  it('is uncertain, and not repeated, under a secondary rate limit', async () => {
    const message = 'You have exceeded a secondary rate limit.';
    intercept().put(MERGE).reply(403, { message }, { 'retry-after': '1' });
    expect(await connected().merge(REQUEST)).toEqual({ kind: 'uncertain', message });
  });

  it('is uncertain when the connection breaks', async () => {
    intercept().put(MERGE).replyWithError('socket hang up');
    expect(await connected().merge(REQUEST)).toMatchObject({ kind: 'uncertain', message: expect.stringMatching(/./) });
  });

  it('is uncertain when a 200 does not say that it merged', async () => {
    intercept().put(MERGE).reply(200, '', { 'content-type': 'application/json' });
    expect(await connected().merge(REQUEST)).toMatchObject({ kind: 'uncertain' });
  });

  it.each([401, 404])('throws at a %i, which nobody expects', async (status) => {
    intercept().put(MERGE).reply(status, { message: 'no' });
    await expect(connected().merge(REQUEST)).rejects.toMatchObject({ status });
  });
});
