// What the demo sees of the sandbox: pull requests as people see them on GitHub, and what AWS lets a person do.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppProcess } from './app.ts';
import type { Session } from './aws/index.ts';
import type { Sandbox } from './index.ts';
import { ACCOUNTS, USERS } from './organisation.ts';

export const REPOSITORY = '/repos/acme/access';

export type Pull = {
  readonly merged: boolean;
  readonly merge_commit_sha: string | null;
  readonly head: { readonly sha: string; readonly ref: string };
  readonly number: number;
  readonly title: string;
};
export type Check = {
  readonly conclusion: string | null;
  readonly output: { readonly title: string | null; readonly summary: string | null };
};
export type Scene = ReturnType<typeof createScene>;

export function createScene(sandbox: Sandbox) {
  const { github, aws } = sandbox;
  const read = async <T>(path: string) => (await github.as('octocat').request('GET', `${REPOSITORY}${path}`)).body as T;
  const pull = (number: number) => read<Pull>(`/pulls/${number}`);
  return {
    sandbox,
    pull,
    pulls: () => read<readonly Pull[]>('/pulls?state=all&per_page=100'),
    /** The app's comment. */
    said: async (number: number) => {
      const comments = await read<readonly { readonly body: string; readonly user: { readonly login: string } }[]>(
        `/issues/${number}/comments?per_page=100`,
      );
      return comments.find((one) => one.user.login === github.app.login)?.body ?? '';
    },
    check: async (number: number): Promise<Check | null> => {
      const { head } = await pull(number);
      const { check_runs } = await read<{ readonly check_runs: readonly Check[] }>(
        `/commits/${head.sha}/check-runs?check_name=breakglass`,
      );
      return check_runs[0] ?? null;
    },
    /** One line of a merge commit's record. */
    recorded: async (number: number, key: string): Promise<string> => {
      const { merge_commit_sha } = await pull(number);
      const { message } = await read<{ readonly message: string }>(`/git/commits/${merge_commit_sha}`);
      return new RegExp(`^${key}: (.*)$`, 'm').exec(message)?.[1] ?? '';
    },
    can: (action: string, account: keyof typeof ACCOUNTS = 'payments', session?: Session) =>
      aws.whatCan(USERS.octocat, ACCOUNTS[account], action, new Date(), session === undefined ? {} : { session }),
    signIn: (account: keyof typeof ACCOUNTS = 'payments') =>
      aws.signIn(USERS.octocat, ACCOUNTS[account], ownSets(sandbox)[0]?.name ?? ''),
    sets: () => ownSets(sandbox),
    pushed: (branch: string, files: Readonly<Record<string, string>>) => github.as('octocat').push(branch, files),
  };
}

function ownSets({ aws }: Sandbox) {
  return aws.sets().filter((set) => set.name.startsWith('bg-'));
}

/** The app's log as a file, in the making: whoever looks for the reason of a failure needs it after everything has stopped. */
export function keepLog() {
  const dir = mkdtempSync(join(tmpdir(), 'breakglass-demo-'));
  const path = join(dir, 'app.log');
  const file = createWriteStream(path);
  const apps: { readonly app: AppProcess; written: number }[] = [];
  const flush = () => {
    for (const one of apps) {
      for (const line of one.app.logs.slice(one.written)) file.write(`${JSON.stringify(line)}\n`);
      one.written = one.app.logs.length;
    }
  };
  const timer = setInterval(flush, 250);
  return {
    path,
    follow: (app: AppProcess) => apps.push({ app, written: 0 }),
    close: async (keep: boolean): Promise<void> => {
      clearInterval(timer);
      flush();
      for (const { app } of apps) if (app.errors() !== '') file.write(app.errors());
      await new Promise<void>((resolve) => file.end(resolve));
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}
