// What the scenarios share: people acting on the sandbox, and looking at what they would see.
import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { deviationsFromGitHub } from '../contract/traffic-service.ts';
import { checkTraffic as checkAws } from '../sandbox/aws/traffic.ts';
import { createGit } from '../sandbox/github/git.ts';
import { type Sandbox, type SandboxOptions, startSandbox, until } from '../sandbox/index.ts';
import { ACCOUNTS, USERS } from '../sandbox/organisation.ts';

export type Login = 'octocat' | 'hubot' | 'hubot-boss' | 'octo-lead' | 'mallory' | 'root-admin';

export type GrantFile = {
  readonly requester?: string;
  readonly account?: string;
  readonly role?: string;
  readonly duration?: string;
  readonly reason?: string;
  readonly incident?: string;
};

export type Stage = Awaited<ReturnType<typeof startStage>>;

export function grantYaml(grant: GrantFile = {}): string {
  const lines = {
    requester: 'octocat',
    account: 'prod-payments',
    role: 'admin',
    duration: '1h',
    reason: 'Primary database refuses connections',
    incident: 'INC-1',
    ...grant,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

export async function startStage(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options);
  const { github } = sandbox;
  const git = createGit(github.bare);
  const as = (login: Login) => github.as(login);
  const read = async (path: string) => (await as('octocat').request('GET', `/repos/acme/access${path}`)).body;
  const comments = async (pull: number) =>
    (await read(`/issues/${pull}/comments?per_page=100`)) as readonly {
      id: number;
      body: string;
      user: { login: string };
    }[];
  const pullOf = async (pull: number) =>
    (await read(`/pulls/${pull}`)) as {
      state: string;
      merged: boolean;
      merge_commit_sha: string | null;
      head: { sha: string; ref: string };
      user: { login: string };
    };

  return {
    sandbox,
    github,
    aws: sandbox.aws,
    as,
    /** Pushes a branch with one grant file and opens the pull request. */
    request: async (id: string, grant: GrantFile = {}, login: Login = 'octocat') => {
      const body = grantYaml({ requester: login, ...grant });
      await as(login).push(id, { [`grants/${id}.yaml`]: body });
      return await as(login).openPull({ head: id, title: `Request ${id}` });
    },
    comments,
    pull: pullOf,
    /** The app's own comments on a pull request, joined. */
    said: async (pull: number) =>
      (await comments(pull))
        .filter((one) => one.user.login === 'breakglass[bot]')
        .map((one) => one.body)
        .join('\n'),
    check: async (pull: number) => {
      const { head } = await pullOf(pull);
      const runs = (await read(`/commits/${head.sha}/check-runs?check_name=breakglass`)) as {
        check_runs: readonly {
          conclusion: string | null;
          output: { title: string | null; summary: string | null; text: string | null };
        }[];
      };
      return runs.check_runs[0] ?? null;
    },
    pulls: async (state = 'all') =>
      (await read(`/pulls?state=${state}&per_page=100`)) as readonly {
        number: number;
        title: string;
        state: string;
        merged_at: string | null;
        head: { ref: string };
        user: { login: string };
      }[],
    /** What a person can do in an account now, or at another time. */
    can: (login: keyof typeof USERS, account: keyof typeof ACCOUNTS, action = 's3:PutObject', at?: Date) =>
      sandbox.aws.whatCan(USERS[login], ACCOUNTS[account], action, at).kind === 'allowed',
    /** Permission sets of this installation that AWS holds now. */
    sets: () => sandbox.aws.sets().filter((set) => set.name.startsWith('bg-')),
    /** How often AWS really made a set, whatever became of it. */
    setsMade: () => sandbox.aws.history.filter((one) => one.what.includes('CreatePermissionSet')).length,
    files: async () => {
      const listed = await git.line(['ls-tree', '-r', '--name-only', 'main', 'grants/']);
      return listed.split('\n');
    },
    /** As it is on main. */
    file: (path: string) => execFileSync('git', ['-C', github.bare, 'show', `main:${path}`], { encoding: 'utf8' }),
    log: (...args: string[]) => execFileSync('git', ['-C', github.bare, 'log', 'main', ...args], { encoding: 'utf8' }),
    logged: (pick: (line: Readonly<Record<string, unknown>>) => boolean) =>
      sandbox.apps.flatMap((app) => app.logs).filter(pick),
    until,
    close: () => sandbox.close(),
  };
}

export async function untilSaid(stage: Stage, pull: number, words: string, timeoutMs?: number): Promise<string> {
  let last = '';
  try {
    return await until(
      `#${pull} says "${words}"`,
      whenWritten(stage, async () => {
        last = await stage.said(pull);
        return last.includes(words) ? last : null;
      }),
      timeoutMs,
    );
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : ''}; it says:\n${last}\n\nlast log lines:\n${lastLines(stage)}`,
    );
  }
}

/** A request of octocat's, approved and active. */
export async function live(stage: Stage, id: string, duration = '1h'): Promise<number> {
  const pull = await stage.request(id, { duration });
  await untilSaid(stage, pull, 'Waiting for approval');
  await stage.as('hubot-boss').comment(pull, '/approve-emergency');
  await untilSaid(stage, pull, 'Active until');
  return pull;
}

export async function untilMerged(stage: Stage, pull: number, timeoutMs?: number): Promise<void> {
  await until(
    `#${pull} is merged`,
    whenWritten(stage, async () => (await stage.pull(pull)).merged),
    timeoutMs,
  );
}

/** Looks only where somebody has written to GitHub since it looked last, and every second: each look is a request. */
function whenWritten<T>(stage: Stage, look: () => Promise<T>): () => Promise<T | null> {
  const { requests } = stage.github;
  let [seen, lookedAt] = [0, 0];
  return async () => {
    const isWritten = requests.slice(seen).some(({ method }) => method !== 'GET');
    seen = requests.length;
    if (!isWritten && performance.now() - lookedAt < 1_000) return null;
    lookedAt = performance.now();
    return await look();
  };
}

/** Plays on a stage of its own; afterwards all that was said on the wire must be what GitHub and AWS describe. */
export async function withStage(
  options: SandboxOptions,
  play: (stage: Stage, sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const stage = await startStage(options);
  try {
    await play(stage, stage.sandbox);
    await Promise.all(stage.sandbox.apps.map((app) => app.stop()));
    expect(await checkAws(stage.aws.log)).toEqual([]);
    const { requests, webhooks } = stage.github;
    expect((await deviationsFromGitHub(requests, webhooks.deliveries)) ?? []).toEqual([]);
  } catch (error) {
    if (error instanceof Error) error.message += `\n\nlast log lines of the app:\n${lastLines(stage)}`;
    throw error;
  } finally {
    await stage.close();
  }
}

function lastLines({ sandbox }: Stage): string {
  const lines = sandbox.apps.flatMap((app) => app.logs.filter((line) => Number(line.level) >= 30).slice(-15));
  return [...lines.map((line) => JSON.stringify(line)), ...sandbox.apps.map((app) => app.errors())].join('\n');
}
