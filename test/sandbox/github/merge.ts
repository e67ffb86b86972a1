// Whether a pull request can be merged, and the merge itself, with GitHub's status codes and messages.
import { noReply } from './account-view.ts';
import { actor, type Principal } from './auth.ts';
import { text } from './input.ts';
import { pullRange } from './pull-view.ts';
import { markMerged, refMoved, violationText } from './refs.ts';
import { ok, type Reply, refusal } from './reply.ts';
import type { Call } from './router.ts';
import { missingChecks, violations } from './rules.ts';
import { type PullRequest, stamp, type World } from './world.ts';

type Method = 'merge' | 'squash' | 'rebase';
type Message = { readonly title: string; readonly body: string };

export async function mergePull(call: Call, issue: PullRequest): Promise<Reply> {
  const { world, principal } = call;
  const method = methodOf(call);
  const base = await refuseUnlessMergeable(call, issue);
  const merged = await world.git.mergeTree(base, issue.pull.head.sha);
  if (merged.kind === 'conflict') throw refusal(405, 'Pull Request is not mergeable');
  const ref = `refs/heads/${issue.pull.base.ref}`;
  const update = { ref, before: base, after: issue.pull.head.sha, principal, by: 'merge' as const, pull: issue };
  const broken = await violations(world, update);
  if (broken.length > 0) throw refusal(405, violationText(broken));
  const message = await messageOf(call, issue, method);
  const sha = await writeMerge(world, { issue, principal, base, tree: merged.tree, method, message });
  issue.pull.base.sha = base;
  await world.git.updateRef(ref, sha, base);
  await markMerged(world, issue, actor(principal), sha);
  await refMoved(world, { ref, before: base, after: sha, actor: actor(principal), merged: issue });
  return ok({ sha, merged: true, message: 'Pull Request successfully merged' });
}

async function refuseUnlessMergeable(call: Call, issue: PullRequest): Promise<string> {
  const { world } = call;
  const { head, base, draft } = issue.pull;
  if (issue.state !== 'open') throw refusal(405, 'Pull Request is not mergeable');
  if (draft) throw refusal(405, 'Pull Request is still a draft');
  const wanted = text(call, 'sha');
  if (wanted !== undefined && wanted !== head.sha) {
    throw refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (world.switches.baseModified > 0) {
    world.switches.baseModified -= 1;
    throw refusal(405, 'Base branch was modified. Review and try the merge again.');
  }
  const tip = await world.git.branch(base.ref);
  if (!tip) throw refusal(405, 'Pull Request is not mergeable');
  return tip;
}

function methodOf(call: Call): Method {
  const method = text(call, 'merge_method') ?? 'merge';
  if (method === 'merge' || method === 'squash' || method === 'rebase') return method;
  throw refusal(422, `Invalid request.\n\n"${method}" is not a valid merge method.`);
}

/** An empty message asks for GitHub's own; a message that is given is taken to the letter. */
async function messageOf(call: Call, issue: PullRequest, method: Method): Promise<Message> {
  const fallback = method === 'squash' ? await squashMessage(call.world, issue) : mergeMessage(call.world, issue);
  return { title: text(call, 'commit_title') || fallback.title, body: text(call, 'commit_message') || fallback.body };
}

async function squashMessage(world: World, issue: PullRequest): Promise<Message> {
  const { commits } = await pullRange(world, issue);
  const messages = (await world.git.commits(commits)).map((commit) => commit.message.trim());
  const [only = ''] = messages;
  if (messages.length === 1) {
    const [title = '', ...rest] = only.split('\n');
    return { title: `${title} (#${issue.number})`, body: rest.join('\n').trim() };
  }
  return { title: `${issue.title} (#${issue.number})`, body: messages.map((message) => `* ${message}`).join('\n\n') };
}

const mergeMessage = (world: World, issue: PullRequest): Message => {
  const owner = (issue.pull.head.fork ?? world.organization).login;
  return { title: `Merge pull request #${issue.number} from ${owner}/${issue.pull.head.ref}`, body: issue.title };
};

type Plan = {
  readonly issue: PullRequest;
  readonly principal: Principal;
  readonly base: string;
  readonly tree: string;
  readonly method: Method;
  readonly message: Message;
};

async function writeMerge(world: World, plan: Plan): Promise<string> {
  if (plan.method === 'rebase') return rebase(world, plan);
  const date = stamp(world);
  const author = plan.method === 'squash' ? plan.issue.author : actor(plan.principal);
  const parents = plan.method === 'squash' ? [plan.base] : [plan.base, plan.issue.pull.head.sha];
  const body = plan.message.body.trim() === '' ? '' : `\n\n${plan.message.body}`;
  return world.git.writeCommit({
    tree: plan.tree,
    parents,
    author: { name: author.login, email: noReply(author), date },
    committer: { name: 'GitHub', email: 'noreply@github.com', date },
    message: `${plan.message.title}${body}`,
  });
}

// Each commit is laid upon the last one by a merge with its own parent as base, which is what a rebase does.
async function rebase(world: World, plan: Plan): Promise<string> {
  const { commits } = await pullRange(world, plan.issue);
  let tip = plan.base;
  for (const commit of await world.git.commits(commits)) {
    const merged = await world.git.mergeTree(tip, commit.sha);
    if (merged.kind === 'conflict') throw refusal(405, 'Rebase failed');
    const committer = { name: 'GitHub', email: 'noreply@github.com', date: stamp(world) };
    tip = await world.git.writeCommit({ ...commit, tree: merged.tree, parents: [tip], committer });
  }
  return tip;
}

/** What GET shows: GitHub answers null first and works the test merge out after the question. */
export async function mergeability(
  world: World,
  issue: PullRequest,
): Promise<{ mergeable: boolean | null; state: string }> {
  if (issue.state !== 'open') return { mergeable: null, state: 'unknown' };
  const { pull } = issue;
  const tip = (await world.git.branch(pull.base.ref)) ?? pull.base.sha;
  const key = `${tip}...${pull.head.sha}`;
  if (pull.mergeability?.key !== key) {
    const lazy = world.switches.lazyMergeable;
    pull.mergeability = { key, testMerge: await testMerge(world, issue, tip) };
    if (lazy) return { mergeable: null, state: 'unknown' };
  }
  if (pull.mergeability.testMerge === null) return { mergeable: false, state: 'dirty' };
  if (pull.draft) return { mergeable: true, state: 'draft' };
  const missing = missingChecks(world, `refs/heads/${pull.base.ref}`, pull.head.sha);
  return { mergeable: true, state: missing.length > 0 ? 'blocked' : 'clean' };
}

async function testMerge(world: World, issue: PullRequest, tip: string): Promise<string | null> {
  const merged = await world.git.mergeTree(tip, issue.pull.head.sha);
  if (merged.kind === 'conflict') return null;
  const who = { name: 'GitHub', email: 'noreply@github.com', date: stamp(world) };
  const parents = [tip, issue.pull.head.sha];
  const message = `Merge ${issue.pull.head.sha} into ${tip}`;
  const sha = await world.git.writeCommit({ tree: merged.tree, parents, author: who, committer: who, message });
  await world.git.updateRef(`refs/pull/${issue.number}/merge`, sha);
  return sha;
}
