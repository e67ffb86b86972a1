// The start: either a proven connection to the configured repository, or a sentence that says what to do.
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectGitHub } from '../../app/github/octokit.ts';
import { FAST, intercept, isolate, REPO, REPOSITORY_ID, release, silent } from './connection.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

const INSTALLATION = `${REPO}/installation`;

// The library keeps tokens by installation for the whole process, so every test has its own.
let installation = 100;
const TOKENS = () => `/app/installations/${installation}/access_tokens`;

beforeEach(() => {
  isolate();
  installation += 1;
});
afterEach(release);

const connect = (key = privateKey) =>
  connectGitHub({
    appId: 77,
    privateKey: key,
    owner: 'acme',
    name: 'access',
    repositoryId: REPOSITORY_ID,
    log: silent,
    pace: FAST,
  });

const installed = () => intercept().get(INSTALLATION).reply(200, { id: installation, app_slug: 'breakglass' });

const token = { token: 'ghs_1', expires_at: '2099-01-01T00:00:00Z', permissions: {}, repository_selection: 'selected' };

const repository = (id: number) => ({
  id,
  owner: { login: 'acme' },
  name: 'access',
  html_url: 'https://github.com/acme/access',
  clone_url: 'https://github.com/acme/access.git',
  default_branch: 'main',
});

describe('connectGitHub', () => {
  it('finds the installation, checks the repository and works with its token', async () => {
    installed().post(TOKENS()).reply(201, token);
    const scope = intercept()
      .matchHeader('authorization', 'token ghs_1')
      .get(REPO)
      .reply(200, repository(REPOSITORY_ID));
    const github = await connect();
    expect(await github.repository()).toEqual({
      id: REPOSITORY_ID,
      owner: 'acme',
      name: 'access',
      url: 'https://github.com/acme/access',
      cloneUrl: 'https://github.com/acme/access.git',
      defaultBranch: 'main',
    });
    expect(await github.token()).toBe('ghs_1');
    expect(scope.isDone()).toBe(true);
  });

  it('refuses a repository whose number is not the configured one', async () => {
    installed().post(TOKENS()).reply(201, token).get(REPO).reply(200, repository(666));
    await expect(connect()).rejects.toThrow(
      /acme\/access has the id 666, but this process serves the repository 1296269/,
    );
  });

  it.each([
    [401, 'A JSON web token could not be decoded', /refused the App's key \(401.*new private key.*PRIVATE_KEY_FILE/],
    [404, 'Not Found', /App 77 is not installed on acme\/access .*Install it/],
    [404, 'Integration not found', /knows no App 77 .*BREAKGLASS_APP_ID/],
    [403, 'This installation has been suspended', /is suspended .*owner of acme can unsuspend/],
    [403, 'You have exceeded a secondary rate limit', /rate limit is used up/],
    [403, 'Forbidden', /refused the App 77 on acme\/access \(403: Forbidden\)/],
  ])('says what a %i "%s" means', async (status, message, words) => {
    intercept().get(INSTALLATION).reply(status, { message }, { 'retry-after': '600' });
    await expect(connect()).rejects.toThrow(words);
  });

  it('says so when GitHub fails, after three attempts', async () => {
    intercept().get(INSTALLATION).times(3).reply(503, { message: 'Unicorn' });
    await expect(connect()).rejects.toThrow(/answers 503 \(Unicorn\).*Try again/);
  });

  it('says so when GitHub cannot be reached', async () => {
    intercept().get(INSTALLATION).times(3).replyWithError('getaddrinfo ENOTFOUND api.github.com');
    await expect(connect()).rejects.toThrow(/https:\/\/api\.github\.com cannot be reached \(.*ENOTFOUND/);
  });

  it('says so when the key is not one', async () => {
    const broken = '-----BEGIN RSA PRIVATE KEY-----\nbroken\n-----END RSA PRIVATE KEY-----\n';
    await expect(connect(broken)).rejects.toThrow(/private key cannot be used .*\.pem file/);
  });
});
