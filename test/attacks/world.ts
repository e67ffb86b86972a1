// Plays many attacks in one sandbox against the real app process, and says of each whether it was refused or leaked.
import type { Folded } from '../../app/core/ledger/fold.ts';
import type { GrantEntry } from '../../app/core/ledger/ledger.ts';
import { readLedger } from '../../app/git/ledger.ts';
import type { AppProcess } from '../sandbox/app.ts';
import { createGit } from '../sandbox/github/git.ts';
import type { GitHubDouble } from '../sandbox/github/index.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/index.ts';
import { ACCOUNTS, USERS } from '../sandbox/organisation.ts';
import { type Attack, wordsOf } from './attack.ts';
import { pushBranches } from './bulk-push.ts';
import { type Clock, makeClock } from './clock.ts';
import { ATTACK_RULES } from './rules.ts';
import { makeScene, type Scene, type Theatre, until } from './scene.ts';
import { watchApp } from './watch.ts';

export type World = {
  readonly name: string;
  readonly attacks: readonly Attack[];
  readonly options?: Omit<SandboxOptions, 'now'>;
  readonly startsAt?: Date;
  /** One case after the other: they share a clock, or a fault that strikes whatever passes. */
  readonly inOrder?: true;
  /** Identity Center answers nothing, so that many honest merges cost no engine. Nothing is granted then. */
  readonly withoutAws?: true;
  readonly environment?: (sandbox: Sandbox) => Readonly<Record<string, string>>;
  /** Before anybody pushes. */
  readonly arrange?: (theatre: Theatre) => Promise<unknown>;
  /** Between the `first` ones and the attacks, while the app is down. */
  readonly interlude?: (first: readonly Scene[], attacks: readonly Scene[]) => Promise<unknown>;
};

export type Outcome = {
  readonly world: string;
  readonly name: string;
  readonly refusedWith: Attack['refusedWith'];
  readonly kind: 'refused' | 'granted' | 'leaked' | 'failed';
  /** What was seen instead. */
  readonly detail: string;
};

export type Played = {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
  /** What holds of the world as a whole and did not. */
  readonly broken: readonly string[];
  readonly seconds: number;
};

export async function playWorld(world: World): Promise<Played> {
  const started = Date.now();
  const clock = makeClock(world.startsAt);
  const sandbox = await startSandbox({
    passSeconds: 600,
    now: clock.now,
    ...world.options,
    seed: { 'policies/rules.yaml': ATTACK_RULES, ...world.options?.seed },
  });
  try {
    const { github } = sandbox;
    const begins = await ledgerOf(world, sandbox);
    if (begins.kind === 'no-root') throw new Error(`${world.name} cannot begin: ${begins.reason}`);
    const theatre: Theatre = { sandbox, github, watch: watchApp(github), clock, outside: new Set() };
    if (world.withoutAws) sandbox.aws.plant({ on: isSsoAdmin, mishap: REFUSE, times: Number.MAX_SAFE_INTEGER });
    await world.arrange?.(theatre);
    const scenes = world.attacks.map((attack, i) => makeScene(theatre, attack, `${world.name}-${i + 1}`));
    const first = scenes.filter(({ attack }) => attack.first);
    // What is honest comes last: a merge makes the app look at everything again.
    const last = scenes.filter(({ attack }) => attack.refusedWith === 'granted' && !attack.first);
    const hostile = scenes.filter((scene) => !first.includes(scene) && !last.includes(scene));
    const app = await sandbox.startApp({ env: world.environment?.(sandbox) ?? {} });
    await untilQuiet(github, app);
    await prepare(world, first, clock);
    const outcomes = [...(await playAll(world, first))];
    if (first.length > 0) await untilQuiet(github, app);
    await unheard(github, async () => {
      await world.interlude?.(first, hostile);
      await prepare(world, hostile, clock);
    });
    outcomes.push(...(await playAll(world, hostile)));
    await prepare(world, last, clock);
    outcomes.push(...(await playAll(world, last)));
    const broken = await lookAtTheEnd(world, scenes, outcomes);
    return { name: world.name, outcomes, broken, seconds: (Date.now() - started) / 1000 };
  } finally {
    // What the app asked last is still being answered from a repository that close() takes away.
    await Promise.all(sandbox.apps.map((app) => app.kill()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await sandbox.close();
  }
}

/** Whatever a start or a merge makes it look at, it has looked at: a busy machine may pause in the middle of that. */
async function untilQuiet(github: GitHubDouble, app: AppProcess): Promise<void> {
  const page = async (path: string) => JSON.stringify(await (await fetch(`${app.url}/${path}`)).json());
  await until('the engine is there', async () => (await page('readyz')).includes('"engine":"ready"'));
  await until('it has looked at everything once', async () => !(await page('healthz')).includes('"lastPass":null'));
  for (let [before, quiet] = [-1, 0]; quiet < 3; await new Promise((resolve) => setTimeout(resolve, 400))) {
    quiet = before === github.requests.length ? quiet + 1 : 0;
    before = github.requests.length;
  }
}

/**
 * The app hears of all of it at once, in one pass, and judges each case once and complete. Which words or pushes came
 * first is a matter of GitHub's times, and never of when a webhook arrived.
 */
async function unheard(github: GitHubDouble, work: () => Promise<void>): Promise<void> {
  const targets = github.webhooks.targets.list();
  for (const target of targets) github.webhooks.targets.remove(target);
  await work();
  await github.idle();
  for (const target of targets) github.webhooks.targets.add(target);
  // Hubot is a member already: an event of the organization makes the app look at everything.
  github.teams.add('engineering', 'hubot');
}

const REFUSE = { kind: 'error', code: 'AccessDeniedException' } as const;
const isSsoAdmin = (operation: string): boolean => !/User/.test(operation);

async function prepare(world: World, scenes: readonly Scene[], clock: Clock): Promise<void> {
  const pushed = scenes.filter(({ attack }) => attack.byHand === undefined);
  for (const [author, own] of Map.groupBy(pushed, (scene) => scene.author)) {
    const branches = own.map((scene) => ({ name: scene.id, files: scene.attack.files?.(scene.id) ?? scene.file() }));
    const heads = await pushBranches(own[0]?.github ?? never(), author, branches);
    for (const scene of own) scene.heads.push(heads.get(scene.id) ?? '');
  }
  await each(scenes, world.inOrder ? 1 : 6, async (scene) => {
    const { attack } = scene;
    if (attack.byHand === undefined) {
      await scene.open();
      const said = attack.says?.(scene) ?? [['hubot-boss', '/approve-emergency'] as const];
      for (const [login, text] of said) await scene.say(login, text);
    }
    await attack.before?.(scene);
    clock.shift(0);
  });
}

function playAll(world: World, scenes: readonly Scene[]): Promise<readonly Outcome[]> {
  return each(scenes, world.inOrder ? 1 : 400, async (scene) => {
    const { name, refusedWith } = scene.attack;
    const outcome = (kind: Outcome['kind'], detail = ''): Outcome => ({
      world: world.name,
      name,
      refusedWith,
      kind,
      detail,
    });
    try {
      await scene.attack.live?.(scene);
      await until(`it is refused with ${refusedWith}`, () => hasLeaked(scene) || isOver(world, scene));
      if (hasLeaked(scene)) return outcome('leaked', `#${scene.pull} was merged by the app`);
      const wrong = scene.judges.flatMap((judge) => judge() ?? []);
      if (wrong.length > 0) return outcome('leaked', wrong.join('; '));
      return outcome(refusedWith === 'granted' ? 'granted' : 'refused');
    } catch (error) {
      const said = scene.watch.said(scene.pull, scene.heads);
      return outcome(
        'failed',
        `${String(error)}; #${scene.pull}, GitHub: ${scene.githubSaid.join()}; the app said:\n${said}`,
      );
    }
  });
}

const isHonest = ({ attack }: Scene): boolean => attack.refusedWith === 'granted' || attack.refusedWith === 'harmless';

const hasLeaked = (scene: Scene): boolean => !isHonest(scene) && scene.watch.merged.has(scene.pull);

function isOver(world: World, scene: Scene): boolean {
  const { refusedWith } = scene.attack;
  // Thousands of lines, a hundred scenes: only whoever needs them looks at them.
  const logs = () => scene.sandbox.apps.flatMap((app) => app.logs);
  const said = scene.watch.said(scene.pull, scene.heads);
  switch (refusedWith) {
    case 'granted':
      return scene.watch.merged.has(scene.pull) && (world.withoutAws === true || said.includes('Active until'));
    case 'seen':
      return true;
    case 'harmless':
      return scene.watch.merged.has(scene.pull);
    case 'github':
      return scene.githubSaid.length > 0 && scene.githubSaid.every((answer) => answer === 'refused');
    case 'logged':
      return scene.logPicks.every((pick) => logs().some(pick));
  }
  const words = wordsOf(refusedWith);
  if (words !== null) return words.test(said);
  return scene.commits.every((commit) => logs().some((line) => line.alarm === refusedWith && line.commit === commit));
}

function ledgerOf({ environment }: World, sandbox: Sandbox): Promise<Folded> {
  const { bare, repository } = sandbox.github;
  const fingerprints = sandbox.environment(environment?.(sandbox)).BREAKGLASS_KEY_FINGERPRINTS?.split(',') ?? [];
  return readLedger(
    bare,
    { repositoryId: repository.id, genesis: repository.genesis, fingerprints },
    'refs/heads/main',
  );
}

/** Whatever the app said: who can do what in AWS, and what is on main. */
async function lookAtTheEnd(world: World, scenes: readonly Scene[], outcomes: readonly Outcome[]): Promise<string[]> {
  const [scene] = scenes;
  if (scene === undefined) return ['a world without cases'];
  const { sandbox, github, outside } = scene;
  const folded = await ledgerOf(world, sandbox);
  if (folded.kind === 'no-root') return [folded.reason];
  const honest = new Set(scenes.filter(isHonest).flatMap((one) => [`grant ${one.id}`, `#${one.pull}`]));
  const granted = [...folded.ledger.grants.values()];
  const isMeant = (entry: GrantEntry): boolean =>
    honest.has(`grant ${entry.id}`) &&
    !outside.has(entry.commit) &&
    entry.pulls.every((pull) => honest.has(`#${pull}`));
  const broken = granted
    .filter((entry) => !isMeant(entry))
    .map((entry) => `the ledger grants ${entry.id} of ${entry.pulls.join()} in ${entry.commit}`);
  const ours = new Set(folded.authorizations.map((one) => one.commit));
  const all = await createGit(github.bare).revisions([
    '--first-parent',
    `${github.repository.genesis}..refs/heads/main`,
  ]);
  for (const commit of all)
    if (!ours.has(commit) && !outside.has(commit)) broken.push(`commit ${commit} on main is nobody's`);
  const live = new Map(granted.filter(isMeant).map((one) => [one.id, one.resolved]));
  for (const set of sandbox.aws.sets())
    if (!live.has(set.tags.get('breakglass:grant') ?? '')) broken.push(`AWS holds ${set.name}`);
  for (const [login, user] of Object.entries(USERS))
    for (const [name, account] of Object.entries(ACCOUNTS)) {
      const may = ['s3:GetObject', 's3:PutObject', 'iam:CreateUser'].some(
        (action) => sandbox.aws.whatCan(user, account, action).kind === 'allowed',
      );
      const should = [...live.values()].some((one) => one.userId === user && one.accountId === account);
      if (may && !should) broken.push(`${login} has access to ${name}`);
    }
  const controls = outcomes.filter((one) => one.refusedWith === 'granted' || one.refusedWith === 'harmless');
  if (controls.length === 0) broken.push('no honest case shows that anything at all is granted here');
  return broken;
}

async function each<T, R>(items: readonly T[], width: number, run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await run(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

function never(): never {
  throw new Error('unreachable');
}
