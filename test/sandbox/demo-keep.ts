// `npm run demo -- --keep`: the sandbox stays, with commands to copy that ask for access and approve it by hand.
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppProcess } from './app.ts';
import type { Narrator } from './demo-narrator.ts';
import { withToken } from './demo-record.ts';
import { REPOSITORY } from './demo-scene.ts';
import type { Sandbox } from './index.ts';
import { ACCOUNTS, USERS } from './organisation.ts';

export type Kept = {
  readonly sandbox: Sandbox;
  readonly tell: Narrator;
  readonly app: AppProcess;
  readonly log: string;
  readonly asked: Promise<unknown>;
};

export async function keepOpen({ sandbox, tell, app, log, asked }: Kept): Promise<void> {
  tell.step('Everything is still running. Ask for access yourself: copy these lines into another terminal (bash).');
  tell.verbatim('');
  for (const line of commands(sandbox)) tell.verbatim(line);
  tell.verbatim('');
  tell.plain(`The app's page: ${app.url}/`);
  tell.plain(`The app's log:  ${log}`);
  tell.plain('Here you see when AWS changes its answer. Ctrl-C ends everything.');
  const stop = new AbortController();
  void asked.then(() => stop.abort());
  await watchAws(sandbox, tell, stop.signal);
  tell.plain('');
  tell.plain('Stopped.');
}

/** Every command as a shell reads it; none of them needs anything but git and curl. */
export function commands({ github, dir }: Sandbox): readonly string[] {
  const token = (login: string) => github.as(login).token;
  const clone = withToken(github.cloneUrl, 'octocat', token('octocat'));
  const api = `${github.url}${REPOSITORY}`;
  const curl = (login: string, rest: string) => `curl -sS -H 'Authorization: Bearer ${token(login)}' ${rest}`;
  return [
    '# 1. octocat asks, by git',
    `git clone -q ${clone} ${dir}/mine && cd ${dir}/mine && git switch -qc by-hand`,
    "printf '%s\\n' 'requester: octocat' 'account: prod-payments' 'role: admin' 'duration: 45s' 'reason: Trying breakglass by hand' 'incident: INC-2' > grants/by-hand.yaml",
    "git add grants && git -c user.name=octocat -c user.email=octocat@example.com commit -qm 'Ask for access' && git push -q origin by-hand",
    `PR=$(${curl('octocat', `${api}/pulls -d '{"title":"By hand","head":"by-hand","base":"main"}'`)} | grep -o '"number": *[0-9]*' | head -n 1 | tr -dc 0-9); echo "pull request #$PR"`,
    '',
    '# 2. what the app says; again whenever you like',
    curl('octocat', `${api}/issues/$PR/comments | grep -o '"body": *"\\(\\\\.\\|[^"\\\\]\\)*"' | sed 's/\\\\n/\\n/g'`),
    '',
    '# 3. hubot-boss approves',
    curl('hubot-boss', `-o /dev/null ${api}/issues/$PR/comments -d '{"body":"/approve-emergency"}'`),
    '',
    '# 4. 45 seconds later: the audit trail',
    'git fetch -q && git log origin/main -- grants/',
  ];
}

/** Says each change of what octocat may do, as AWS answers it. */
async function watchAws({ aws }: Sandbox, tell: Narrator, signal: AbortSignal): Promise<void> {
  const before = new Map<string, string>();
  while (!signal.aborted) {
    for (const [account, id] of Object.entries(ACCOUNTS)) {
      const { kind } = aws.whatCan(USERS.octocat, id, 's3:GetObject');
      const said = before.get(account) ?? 'denied';
      before.set(account, kind);
      if (kind !== said)
        tell.step(`AWS: octocat in ${account}: ${kind.toUpperCase()}`, kind === 'allowed' ? 'good' : 'bad');
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}
