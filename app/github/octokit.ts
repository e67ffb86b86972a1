// GitHub by Octokit: connects as the App's installation on one repository and implements the port.
import type { Logger } from 'pino';
import { branchVerbs } from './octokit-branches.ts';
import { checkVerbs } from './octokit-checks.ts';
import { commentVerbs } from './octokit-comments.ts';
import type { Connection, Log } from './octokit-connection.ts';
import { editsVerb } from './octokit-edits.ts';
import { issueVerbs } from './octokit-issues.ts';
import { mergeVerb } from './octokit-merge.ts';
import { peopleVerbs } from './octokit-people.ts';
import { pullVerbs } from './octokit-pulls.ts';
import { refusalOf, type Target } from './octokit-refusal.ts';
import { type Client, createClock, createMeter, guardRequests } from './octokit-requests.ts';
import { rulesetVerbs } from './octokit-rulesets.ts';
import { teamVerbs } from './octokit-teams.ts';
import { PACE, type Pace, pacedOctokit } from './octokit-throttle.ts';
import type { GitHub } from './port.ts';

type Repository = { readonly owner: string; readonly name: string; readonly repositoryId: number };

export type GitHubOptions = Repository & {
  /** Authenticated as the installation. One port for one client: each adds its guards to the client's requests. */
  readonly octokit: Client;
  readonly app: { readonly id: number; readonly slug?: string | undefined };
  readonly log: Log;
  /** Of one attempt of one request. */
  readonly timeoutMs?: number;
};

export const createGitHub = (options: GitHubOptions): GitHub => {
  const clock = createClock();
  const meter = createMeter();
  const heard = (headers: Headers) => {
    clock.read(headers.get('date'));
    meter.read(headers);
  };
  guardRequests(options.octokit, heard, options.timeoutMs ?? TIMEOUT_MS);
  const connection: Connection = {
    client: options.octokit,
    app: options.app,
    at: { owner: options.owner, repo: options.name },
    repositoryId: options.repositoryId,
    clock,
    log: options.log,
    per_page: 100,
  };
  return {
    now: clock.now,
    budget: meter.budget,
    ...branchVerbs(connection),
    ...checkVerbs(connection),
    ...commentVerbs(connection),
    ...issueVerbs(connection),
    ...peopleVerbs(connection),
    ...pullVerbs(connection),
    ...rulesetVerbs(connection),
    ...teamVerbs(connection),
    edits: editsVerb(connection),
    merge: mergeVerb(connection),
  };
};

const TIMEOUT_MS = 10_000;
const GITHUB_COM = 'https://api.github.com';

export type ConnectOptions = Repository & {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** `https://<host>/api/v3` for GitHub Enterprise Server. */
  readonly baseUrl?: string | undefined;
  readonly log: Logger;
  readonly timeoutMs?: number;
  readonly pace?: Pace;
};

/** Finds the App's installation on the repository and proves that the repository is the configured one. */
export const connectGitHub = async (options: ConnectOptions): Promise<GitHub> => {
  const { appId, privateKey, owner, name, repositoryId, log, timeoutMs = TIMEOUT_MS } = options;
  const baseUrl = (options.baseUrl ?? GITHUB_COM).replace(/\/+$/, '');
  const Octokit = pacedOctokit(log, options.pace ?? PACE);
  const as = (auth: object): Client => new Octokit({ auth: { appId, privateKey, ...auth }, baseUrl, log });
  const target = { appId, baseUrl, owner, name };

  const found = await orRefusal(findInstallation(as({}), target, timeoutMs), target);
  const octokit = as({ installationId: found.id });
  const app = { id: appId, slug: found.slug };
  const github = createGitHub({ octokit, app, owner, name, repositoryId, log, timeoutMs });
  await orRefusal(github.token(), target);
  await github.repository();
  return github;
};

const orRefusal = <T>(step: Promise<T>, target: Target): Promise<T> =>
  step.catch((error: unknown) => {
    throw refusalOf(error, target);
  });

const findInstallation = async (
  client: Client,
  { owner, name }: { readonly owner: string; readonly name: string },
  timeoutMs: number,
): Promise<{ readonly id: number; readonly slug: string }> => {
  guardRequests(client, () => {}, timeoutMs);
  const { data } = await client.rest.apps.getRepoInstallation({ owner, repo: name });
  return { id: data.id, slug: data.app_slug };
};
