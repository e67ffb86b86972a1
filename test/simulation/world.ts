// Everything that outlives a process: the repository and its conversations, AWS, the disk, who is in which team, the time.
import type { CheckContent, Comment, Push, User } from '../../app/core/decision/people.ts';
import type { Issue } from '../../app/github/port.ts';
import { type Aws, createAws } from './aws.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import { createDisk, type Disk } from './disk.ts';
import { commander, hubot, octocat, type Person, policyWithout, second, type Team } from './policy.ts';
import { createRepository, type Repository } from './repository.ts';

export type SimulatedPull = {
  readonly number: number;
  readonly author: User;
  readonly branch: string;
  readonly title: string;
  readonly createdAt: Date;
  readonly base: string;
  head: string;
  state: 'open' | 'closed';
  merged: { readonly commit: string; readonly by: User } | null;
  reopenedAt: Date | null;
};

export type Delivery = 'lost' | 'doubled' | 'late';

export type World = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly repository: Repository;
  readonly aws: Aws;
  readonly disk: Disk;
  readonly pulls: Map<number, SimulatedPull>;
  /** Open branches, by name. */
  readonly branches: Map<string, string>;
  readonly pushes: Map<string, Push[]>;
  readonly comments: Map<number, Comment[]>;
  readonly checks: Map<string, CheckContent>;
  readonly issues: Map<number, Issue>;
  readonly teams: Readonly<Record<Team, Set<number>>>;
  /** What becomes of the next webhooks. */
  readonly deliveries: Delivery[];
  /** By how much AWS's clock differs from GitHub's, which is the true one. */
  awsSkewMs: number;
  /** Takes a key as the running process would from a webhook. */
  deliver: (key: string) => void;
  /** Told of each commit on the default branch. */
  onCommit: (sha: string, pull: SimulatedPull | null, by: User) => void;
  numbers: number;
  ids: number;
};

export const APP_ID = 77;
export const APP_USER: User = { login: 'breakglass[bot]', id: 5005, type: 'Bot' };

export function userOf({ login, id }: Person): User {
  return { login, id, type: 'User' };
}

export function createWorld(clock: Clock, chance: Chance, aws: Aws = createAws()): World {
  return {
    clock,
    chance,
    repository: createRepository({ policies: policyWithout('nothing'), at: new Date(clock.now() - 86_400_000) }),
    aws,
    disk: createDisk(),
    pulls: new Map(),
    branches: new Map(),
    pushes: new Map(),
    comments: new Map(),
    checks: new Map(),
    issues: new Map(),
    teams: {
      sre: new Set([octocat.id, hubot.id]),
      engineering: new Set([octocat.id, hubot.id]),
      'incident-commanders': new Set([commander.id, second.id]),
    },
    deliveries: [],
    awsSkewMs: 0,
    deliver: () => {},
    onCommit: () => {},
    numbers: 0,
    ids: 100,
  };
}

/** GitHub tells times in whole seconds. */
export function stamp({ clock }: World): Date {
  return new Date(Math.floor(clock.now() / 1000) * 1000);
}

export function awsNow({ clock, awsSkewMs }: World): number {
  return clock.now() + awsSkewMs;
}

const LATE_MS = 120_000;

/** As GitHub does: within a second or so, mostly; and nobody sends again what was lost. */
export function notify(world: World, key: string): void {
  const how = world.deliveries.shift();
  if (how === 'lost') return;
  const delay = how === 'late' ? LATE_MS : 100 + world.chance.below(1500);
  world.clock.after(delay, () => world.deliver(key));
  if (how === 'doubled') world.clock.after(delay + world.chance.below(3000), () => world.deliver(key));
}

export function pushTo(world: World, branch: string, sha: string, actor: User): void {
  const before = world.branches.get(branch) ?? '0'.repeat(40);
  const log = world.pushes.get(branch) ?? [];
  const kind = world.branches.has(branch) ? 'push' : 'branch_creation';
  log.push({ actor, before, after: sha, at: stamp(world), kind });
  world.pushes.set(branch, log);
  world.branches.set(branch, sha);
  for (const pull of world.pulls.values()) {
    if (pull.branch !== branch || pull.state !== 'open') continue;
    pull.head = sha;
    notify(world, `pull:${pull.number}`);
  }
}

export function deleteBranch(world: World, branch: string): void {
  const before = world.branches.get(branch);
  if (before === undefined) return;
  const at = stamp(world);
  world.pushes.get(branch)?.push({ actor: APP_USER, before, after: '0'.repeat(40), at, kind: 'branch_deletion' });
  world.branches.delete(branch);
  for (const pull of world.pulls.values()) if (pull.branch === branch && pull.state === 'open') closePull(world, pull);
}

export function openPull(world: World, branch: string, author: User, title: string): SimulatedPull {
  world.numbers += 1;
  const head = world.branches.get(branch) ?? '';
  const pull: SimulatedPull = {
    number: world.numbers,
    author,
    branch,
    title,
    createdAt: stamp(world),
    base: world.repository.tip(),
    head,
    state: 'open',
    merged: null,
    reopenedAt: null,
  };
  world.pulls.set(pull.number, pull);
  notify(world, `pull:${pull.number}`);
  return pull;
}

export function closePull(world: World, pull: SimulatedPull): void {
  if (pull.state === 'closed') return;
  pull.state = 'closed';
  notify(world, `pull:${pull.number}`);
}

export function reopenPull(world: World, pull: SimulatedPull): void {
  if (pull.state === 'open' || pull.merged !== null || !world.branches.has(pull.branch)) return;
  pull.state = 'open';
  pull.head = world.branches.get(pull.branch) ?? pull.head;
  pull.reopenedAt = stamp(world);
  notify(world, `pull:${pull.number}`);
}

export function say(world: World, number: number, author: User, body: string): Comment {
  world.ids += 1;
  const at = stamp(world);
  const { id } = { id: world.ids };
  const appId = author.id === APP_USER.id ? APP_ID : null;
  const comment: Comment = { id, nodeId: `IC_${id}`, author, appId, body, createdAt: at, updatedAt: at };
  world.comments.set(number, [...(world.comments.get(number) ?? []), comment]);
  if (appId === null) notify(world, `pull:${number}`);
  return comment;
}

/** A squash: one commit with the merged tree and this message. False where Git cannot merge it. */
export function squash(world: World, pull: SimulatedPull, by: User, message: string): string | null {
  const tree = world.repository.merged(world.repository.tip(), pull.head);
  if (tree === null) return null;
  const sha = world.repository.push(tree, stamp(world), message);
  pull.state = 'closed';
  pull.merged = { commit: sha, by };
  world.onCommit(sha, pull, by);
  notify(world, `pull:${pull.number}`);
  notify(world, 'pass');
  return sha;
}

/** Somebody's push to the default branch. */
export function pushMain(world: World, tree: Parameters<Repository['push']>[0], by: User, message: string): string {
  const sha = world.repository.push(tree, stamp(world), message);
  world.onCommit(sha, null, by);
  notify(world, 'pass');
  return sha;
}
