// One case on the stage: its own branch, its own pull request, its own grant id, and what people do there.

import type { Files, GitHubDouble, PushOptions } from '../sandbox/github/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { type GrantFile, grantYaml } from '../scenarios/stage.ts';
import type { Attack } from './attack.ts';
import type { Clock } from './clock.ts';
import type { Watch } from './watch.ts';

export type Theatre = {
  readonly sandbox: Sandbox;
  readonly github: GitHubDouble;
  readonly watch: Watch;
  readonly clock: Clock;
  /** Commits on main that are part of an attack, so that the app need not have made them. */
  readonly outside: Set<string>;
};

export type Scene = Theatre & {
  readonly attack: Attack;
  /** The grant's id and the branch. */
  readonly id: string;
  readonly author: string;
  pull: number;
  readonly heads: string[];
  readonly head: () => string;
  readonly file: (grant?: GrantFile) => Files;
  readonly as: GitHubDouble['as'];
  readonly push: (files: Files, options?: PushOptions & { readonly by?: string }) => Promise<string>;
  readonly open: (facts?: { readonly draft?: boolean; readonly base?: string; readonly by?: string }) => Promise<void>;
  readonly say: (login: string, text: string) => Promise<number>;
  /** Waits until check run or comment says it. */
  readonly until: (what: string | RegExp) => Promise<void>;
  /** A commit that the attacker puts on main; the case is over when an alarm names it. */
  readonly onMain: (commit: string) => void;
  readonly commits: readonly string[];
  /** The attempt must fail with GitHub's words. */
  readonly refusedByGitHub: (words: RegExp, attempt: () => Promise<unknown>) => Promise<void>;
  readonly githubSaid: readonly string[];
  readonly expectLog: (pick: (line: Readonly<Record<string, unknown>>) => boolean) => void;
  readonly logPicks: readonly ((line: Readonly<Record<string, unknown>>) => boolean)[];
  /** Judged once the pull request is merged, and its answer null where all is well. */
  readonly harmless: (judge: () => string | null) => void;
  readonly judges: readonly (() => string | null)[];
};

export function makeScene(theatre: Theatre, attack: Attack, id: string): Scene {
  const { github, watch } = theatre;
  const author = attack.author ?? 'octocat';
  const heads: string[] = [];
  const commits: string[] = [];
  const githubSaid: string[] = [];
  const logPicks: Scene['logPicks'][number][] = [];
  const judges: Scene['judges'][number][] = [];
  const scene: Scene = {
    ...theatre,
    attack,
    id,
    author,
    pull: 0,
    heads,
    head: () => heads.at(-1) ?? '',
    file: (grant) => ({ [`grants/${id}.yaml`]: grantYaml({ requester: author, ...grant }) }),
    as: github.as,
    push: async (files, { by = author, ...options } = {}) => {
      const head = await github.as(by).push(id, files, options);
      heads.push(head);
      return head;
    },
    open: async ({ by = author, ...facts } = {}) => {
      scene.pull = await github.as(by).openPull({ head: id, title: attack.title ?? `Request ${id}`, ...facts });
    },
    say: (login, text) => github.as(login).comment(scene.pull, text),
    until: async (what) => {
      await until(`#${scene.pull} (${attack.name}) says ${String(what)}`, () => {
        const said = watch.said(scene.pull, heads);
        return typeof what === 'string' ? said.includes(what) : what.test(said);
      });
    },
    onMain: (commit) => {
      commits.push(commit);
      theatre.outside.add(commit);
    },
    commits,
    refusedByGitHub: async (words, attempt) => {
      const answer = await attempt().then(
        () => 'GitHub let it through',
        (error: unknown) => String(error),
      );
      githubSaid.push(words.test(answer) ? 'refused' : answer);
    },
    githubSaid,
    expectLog: (pick) => void logPicks.push(pick),
    logPicks,
    harmless: (judge) => void judges.push(judge),
    judges,
  };
  return scene;
}

/** A machine that does something else as well takes its time; a refusal that never comes is seen all the same. */
const PATIENCE_MS = 240_000;

/** A hundred look at once, and what they look at is read off the wire by itself. */
export async function until(
  what: string,
  look: () => boolean | Promise<boolean>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
