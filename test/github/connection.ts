// A port on an intercepted network: no pauses, one repository, one App.
import nock from 'nock';
import { pino } from 'pino';
import { createGitHub, type GitHubOptions } from '../../app/github/octokit.ts';
import { pacedOctokit } from '../../app/github/octokit-throttle.ts';
import type { GitHub } from '../../app/github/port.ts';

export const API = 'https://api.github.com';
export const REPO = '/repos/acme/access';
export const APP_ID = 77;
export const REPOSITORY_ID = 1296269;
export const FAST = { writeMs: 0, notifyMs: 0, retryMs: 1 };

export const silent = pino({ level: 'silent' });

export const connected = (more: Partial<GitHubOptions> = {}): GitHub => {
  const Octokit = pacedOctokit(silent, FAST);
  return createGitHub({
    octokit: new Octokit({ auth: { token: 'secret' }, log: silent }),
    app: { id: APP_ID, slug: 'breakglass' },
    owner: 'acme',
    name: 'access',
    repositoryId: REPOSITORY_ID,
    log: silent,
    ...more,
  });
};

/** The network for one test: whatever is not intercepted fails. */
export const intercept = (): nock.Scope => nock(API);

export const isolate = (): void => nock.disableNetConnect();

/** Fails the test whose planned request was never made. */
export const release = (): void => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  if (pending.length > 0) throw new Error(`these requests were expected and not made: ${pending.join(', ')}`);
};

export const user = (login: string, id: number) => ({ login, id, type: 'User' });

export const comment = (id: number, body: string, appId: number | null = null) => ({
  id,
  node_id: `IC_${id}`,
  user: user('mona', 1),
  performed_via_github_app: appId === null ? null : { id: appId },
  body,
  created_at: '2026-11-22T03:00:00Z',
  updated_at: '2026-11-22T03:00:00Z',
});

export const pull = (number: number, more: object = {}) => ({
  number,
  state: 'open',
  merged: false,
  merged_at: null,
  merge_commit_sha: 'test-merge',
  merged_by: null,
  draft: false,
  user: user('mona', 1),
  head: { sha: 'head', ref: 'emergency', repo: { id: REPOSITORY_ID } },
  base: { sha: 'base', ref: 'main', repo: { id: REPOSITORY_ID } },
  created_at: '2026-11-22T03:00:00Z',
  updated_at: '2026-11-22T03:04:00Z',
  title: 'Payments are down',
  html_url: `https://github.com/acme/access/pull/${number}`,
  ...more,
});
