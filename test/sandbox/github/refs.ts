// What follows when a ref moves: the activity log, the heads of pull requests, check suites and webhooks.
import type { Principal } from './auth.ts';
import { actor } from './auth.ts';
import { pullEvent, pushEvent, suiteEvent } from './events.ts';
import type { Commit } from './git.ts';
import { refusal } from './reply.ts';
import { violations } from './rules.ts';
import {
  type Account,
  type Activity,
  type PullRequest,
  pullRequests,
  recordEvent,
  stamp,
  type World,
  zeroSha,
} from './world.ts';

export type Move = {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly actor: Account;
  /** The pull request whose merge moved the ref. */
  readonly merged?: PullRequest;
};

/** Moves a ref by the API: refuses what the rulesets forbid, with the status this endpoint uses for it. */
export async function moveRef(
  world: World,
  principal: Principal,
  ref: string,
  after: string,
  refusedAs = 422,
): Promise<void> {
  const before = (await world.git.resolve(ref)) ?? zeroSha;
  const broken = await violations(world, { ref, before, after, principal, by: 'push' });
  if (broken.length > 0) throw refusal(refusedAs, violationText(broken));
  if (after === zeroSha) await world.git.deleteRef(ref);
  else await world.git.updateRef(ref, after);
  await refMoved(world, { ref, before, after, actor: actor(principal) });
}

export const violationText = (broken: readonly string[]): string =>
  `Repository rule violations found\n\n${broken.map((sentence) => `${sentence}\n\n`).join('')}`;

export async function refMoved(world: World, move: Move): Promise<void> {
  if (move.before === move.after || !move.ref.startsWith('refs/heads/')) return;
  const type = await activityType(world, move);
  const { ref, before, after } = move;
  world.activity.push({ id: world.nextId(), ref, before, after, timestamp: stamp(world), type, actor: move.actor });
  const commits = await newCommits(world, move);
  pushEvent(world, move.actor, { ref, before, after, forced: type === 'force_push' }, commits);
  openSuites(world, move, commits.at(-1));
  const branch = ref.slice('refs/heads/'.length);
  for (const issue of pullRequests(world)) await followBranch(world, issue, branch, move, type === 'force_push');
}

async function activityType(world: World, { before, after, merged }: Move): Promise<Activity['type']> {
  if (merged) return 'pr_merge';
  if (before === zeroSha) return 'branch_creation';
  if (after === zeroSha) return 'branch_deletion';
  return (await world.git.isAncestor(before, after)) ? 'push' : 'force_push';
}

async function newCommits(world: World, { before, after }: Move): Promise<Commit[]> {
  if (after === zeroSha) return [];
  const start = before === zeroSha ? await world.git.branch(world.repository.defaultBranch) : before;
  const only = start === undefined ? undefined : await world.git.childOf(start, after);
  if (only !== undefined) return [only];
  const range = [after, ...(start && start !== after ? [`^${start}`] : [])];
  const shas = await world.git.revisions(['--reverse', '--max-count=20', ...range]);
  // A new branch at a known commit brings nothing new, but GitHub still names its head.
  return world.git.commits(shas.length > 0 ? shas : [after]);
}

function openSuites(world: World, move: Move, commit: Commit | undefined): void {
  if (!commit) return;
  const headBranch = move.ref.slice('refs/heads/'.length);
  const known = [...world.suites.values()].some((suite) => suite.app === world.app && suite.headSha === commit.sha);
  if (known) return;
  const suite = { id: world.nextId(), app: world.app, headSha: commit.sha, headBranch, createdAt: stamp(world) };
  world.suites.set(suite.id, suite);
  suiteEvent(world, move.actor, 'requested', suite, commit);
}

async function followBranch(
  world: World,
  issue: PullRequest,
  branch: string,
  move: Move,
  forced: boolean,
): Promise<void> {
  if (issue.state !== 'open') return;
  const { head, base } = issue.pull;
  if (head.fork === null && head.ref === branch) {
    if (move.after === zeroSha) return closeWithoutHead(world, issue, move.actor);
    return moveHead(world, issue, { ...move, forced });
  }
  if (base.ref === branch && issue !== move.merged && move.after !== zeroSha) await landedByPush(world, issue, move);
}

export async function moveHead(
  world: World,
  issue: PullRequest,
  move: { before: string; after: string; actor: Account; forced: boolean },
): Promise<void> {
  const { pull } = issue;
  pull.head.sha = move.after;
  pull.base.sha = (await world.git.branch(pull.base.ref)) ?? pull.base.sha;
  issue.updatedAt = stamp(world);
  await world.git.updateRef(`refs/pull/${issue.number}/head`, move.after);
  if (world.switches.reviewsFollowHead) {
    for (const review of world.reviews.values()) if (review.issue === issue) review.commitId = move.after;
  }
  if (move.forced) {
    const details = { before: move.before, after: move.after };
    recordEvent(world, issue, 'head_ref_force_pushed', { actor: move.actor, commitId: move.after, details });
  }
  // GitHub closes a pull request that a force-push has emptied.
  if (await world.git.isAncestor(move.after, pull.base.sha)) return closePull(world, issue, move.actor);
  await pullEvent(world, move.actor, 'synchronize', issue, { before: move.before, after: move.after });
}

async function closeWithoutHead(world: World, issue: PullRequest, by: Account): Promise<void> {
  recordEvent(world, issue, 'head_ref_deleted', { actor: by });
  await closePull(world, issue, by);
}

export async function closePull(world: World, issue: PullRequest, by: Account): Promise<void> {
  issue.state = 'closed';
  issue.closedAt = stamp(world);
  issue.updatedAt = issue.closedAt;
  issue.closedBy = by;
  recordEvent(world, issue, 'closed', { actor: by });
  await pullEvent(world, by, 'closed', issue);
}

/** Pushing the head of a pull request to its base by hand merges it, as far as GitHub is concerned. */
async function landedByPush(world: World, issue: PullRequest, move: Move): Promise<void> {
  if (!(await world.git.isAncestor(issue.pull.head.sha, move.after))) return;
  issue.pull.base.sha = move.before;
  await markMerged(world, issue, move.actor, move.after);
}

export async function markMerged(world: World, issue: PullRequest, by: Account, commit: string): Promise<void> {
  const at = stamp(world);
  Object.assign(issue.pull, { mergedAt: at, mergedBy: by, mergeCommit: commit });
  Object.assign(issue, { state: 'closed', closedAt: at, updatedAt: at, closedBy: by });
  recordEvent(world, issue, 'merged', { actor: by, commitId: commit });
  recordEvent(world, issue, 'closed', { actor: by });
  await pullEvent(world, by, 'closed', issue);
}
