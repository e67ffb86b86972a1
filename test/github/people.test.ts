// Membership has three answers, and only GitHub's clear word makes it one of the two certain ones.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APP_ID, connected, intercept, isolate, release, user } from './connection.ts';

const TEAM = '/orgs/acme/teams/sre';
const MEMBER = `${TEAM}/memberships/mona`;

beforeEach(isolate);
afterEach(release);

describe('membership', () => {
  it.each([
    ['active', 'member'],
    ['pending', 'not-member'],
    ['something new', 'unknown'],
  ])('of state %s is %s', async (state, expected) => {
    intercept().get(MEMBER).reply(200, { state, role: 'member', url: 'u' });
    expect(await connected().membership('sre', 'mona')).toBe(expected);
  });

  it('is not-member after a 404 for a team that is visible', async () => {
    intercept().get(MEMBER).reply(404, { message: 'Not Found' }).get(TEAM).reply(200, { id: 5 });
    expect(await connected().membership('sre', 'mona')).toBe('not-member');
  });

  it.each([404, 403, 401])('is unknown after a 404 when the team itself answers %i', async (status) => {
    intercept().get(MEMBER).reply(404, { message: 'Not Found' }).get(TEAM).reply(status, { message: 'no' });
    expect(await connected().membership('sre', 'mona')).toBe('unknown');
  });

  it.each([401, 403])('is unknown after a %i', async (status) => {
    intercept().get(MEMBER).reply(status, { message: 'Resource not accessible by integration' });
    expect(await connected().membership('sre', 'mona')).toBe('unknown');
  });

  it('is asked again after a 5xx, and unknown when that goes on', async () => {
    intercept().get(MEMBER).reply(502, {}).get(MEMBER).reply(200, { state: 'active' });
    expect(await connected().membership('sre', 'mona')).toBe('member');
    intercept().get(MEMBER).times(3).reply(502, {});
    expect(await connected().membership('sre', 'mona')).toBe('unknown');
  });

  it('is unknown when GitHub cannot be reached', async () => {
    intercept().get(MEMBER).times(3).replyWithError('getaddrinfo ENOTFOUND api.github.com');
    expect(await connected().membership('sre', 'mona')).toBe('unknown');
  });
});

describe('teamId', () => {
  it('is the number, null for no such team, and an error when it cannot be known', async () => {
    intercept().get(TEAM).reply(200, { id: 5 });
    expect(await connected().teamId('sre')).toBe(5);
    intercept().get(TEAM).reply(404, { message: 'Not Found' });
    expect(await connected().teamId('sre')).toBeNull();
    intercept().get(TEAM).reply(403, { message: 'no' });
    await expect(connected().teamId('sre')).rejects.toMatchObject({ status: 403 });
  });
});

describe('self', () => {
  const bot = { ...user('breakglass[bot]', 900), type: 'Bot' };

  it('is read once, and again only after a failure', async () => {
    const github = connected();
    intercept().get('/users/breakglass%5Bbot%5D').reply(404, { message: 'Not Found' });
    await expect(github.self()).rejects.toMatchObject({ status: 404 });
    intercept().get('/users/breakglass%5Bbot%5D').reply(200, bot);
    const self = { appId: APP_ID, slug: 'breakglass', user: bot };
    expect(await github.self()).toEqual(self);
    expect(await github.self()).toEqual(self);
  });

  it('asks for the slug when it is not given', async () => {
    intercept().get('/app').reply(200, { slug: 'glass' }).get('/users/glass%5Bbot%5D').reply(200, bot);
    expect(await connected({ app: { id: APP_ID } }).self()).toMatchObject({ slug: 'glass' });
  });
});
