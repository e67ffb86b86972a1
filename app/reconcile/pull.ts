// Reconciles one pull request: gather, decide, perform. Any event about it leads here, and none is trusted for more.
import type { Action } from '../core/action.ts';
import { isPassing } from '../core/decision/approval.ts';
import { type Decision, decide } from '../core/decision/decide.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import type { AuthorizationRecord } from '../core/record/record.ts';
import { evidenceText, report } from '../github/report.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { endEarly } from './early-end.ts';
import { type Gathered, gather } from './gather.ts';
import { beginLook, type Look, noteJudged } from './looked.ts';
import { mergeApproved } from './merge.ts';
import { reconcileMerged } from './merged.ts';
import { perform } from './perform.ts';

/**
 * What GitHub does not say yet, it mostly says within a second or two; what it goes on not saying must not use up the
 * requests of an hour. So it is an error here: the queue looks again at once, then more and more rarely.
 */
export async function reconcilePull(context: Context, number: number): Promise<Again | undefined> {
  const { github, memory, configured } = context;
  const begun = beginLook(context, number);
  const pull = await github.pull(number);
  if (pull === null || pull.base.repositoryId !== configured.repositoryId) return undefined;
  if (pull.state === 'closed') {
    memory.blocked.delete(number);
    forgetRemovals(context, number);
    if (pull.merged) await reconcileMerged(context, { ...begun, pull });
    return undefined;
  }
  return await reconcileOpen(context, { ...begun, pull });
}

async function reconcileOpen(context: Context, look: Look): Promise<Again | undefined> {
  const { pull } = look;
  const gathered = await gather(context, pull, 'soon');
  if (gathered.kind === 'not-yet') {
    throw new Error(`not judged yet: ${gathered.reason}`);
  }
  const { facts } = gathered;
  const decision = decide(facts);
  if (decision.phase.kind === 'approved') return await mergeNow(context, gathered, decision, look);
  context.memory.blocked.delete(pull.number);
  // Only the process that takes access away knows the proofs: two that say different things would never stop.
  if (facts.change.kind !== 'removal' || context.engine().kind !== 'standby') await say(context, gathered, decision);
  if (facts.change.kind === 'removal' && decision.phase.kind === 'closed') await tidyBranch(context, facts);
  // Somebody pushed to its branch: what it would take out now is not what AWS has proved, and it keeps ours from being opened.
  const isOurs = pull.author?.id === facts.self.userId;
  if (isOurs && decision.phase.kind === 'denied' && context.engine().kind !== 'standby') await withdraw(context, facts);
  afterwards(context, facts, decision);
  // A removal that waits does so for AWS, and only the process that does the work shows what of it.
  if (facts.change.kind !== 'removal' || (decision.phase.kind === 'denied' && context.engine().kind !== 'standby'))
    noteJudged(context, look, gathered);
  lookWhenItLapses(context, facts, decision);
  return undefined;
}

/** Later by a second: GitHub's clock is known in whole ones. */
function lookWhenItLapses({ enqueue }: Context, { pull, now }: PullFacts, { verdict }: Decision): void {
  if (verdict.kind === 'denied' || !('rule' in verdict.allowed)) return;
  const lapsesMs = pull.createdAt.getTime() + verdict.allowed.rule.requestTtlSeconds * 1000;
  if (lapsesMs > now.getTime()) enqueue(`pull:${pull.number}`, lapsesMs - now.getTime() + 1000);
}

async function mergeNow(context: Context, judged: Judged, decision: Decision, look: Look): Promise<Again | undefined> {
  const { memory, enqueue } = context;
  const { facts } = judged;
  const { number } = facts.pull;
  // Green first: GitHub merges nothing while the required check is not.
  await say(context, judged, decision, { blocked: null, checkOnly: true });
  const merged = await mergeApproved(context, number);
  switch (merged.kind) {
    case 'look-again':
      throw new Error(
        `pull request ${number} was approved, but not so when it was read again or GitHub gave no answer`,
      );
    case 'blocked':
      memory.blocked.set(number, merged.message);
      await say(context, judged, decision, { blocked: merged.message, checkOnly: false });
      if (facts.change.kind === 'removal') await giveWay(context, facts);
      // What holds it up may be another check or a rule, which no list shows; owners have days for theirs.
      if (facts.change.kind === 'owners') noteJudged(context, look, judged, PASSES_WHILE_BLOCKED);
      return undefined;
    case 'merged': {
      memory.blocked.delete(number);
      const { record } = merged;
      measureMerge(context, record);
      // What follows fetches again; nothing of it may be left out because Git was away for a moment.
      await context.mirror
        .fetch()
        .catch((error: unknown) => context.log.warn({ error: String(error) }, 'after a merge'));
      if (record.kind === 'removal') await tidyBranch(context, facts);
      if (record.kind === 'grant' || record.kind === 'extension') enqueue(`grant:${record.grantId}`);
      await perform(context, thanks(facts, decision), facts.comments);
      enqueue(`pull:${number}`);
      enqueue('pass');
      return undefined;
    }
  }
}

const PASSES_WHILE_BLOCKED = 3;

function measureMerge({ measure, github }: Context, record: AuthorizationRecord): void {
  const approvals = record.kind === 'removal' ? [] : record.approvedBy.map(({ at }) => Date.parse(at));
  if (approvals.length === 0) return;
  const seconds = Math.max(0, github.now().getTime() - Math.max(...approvals)) / 1000;
  measure({ kind: 'approval-to-merge', change: record.kind, seconds });
}

/** A person's removal that GitHub does not merge, or one that can never merge, must not keep ours from being opened. */
async function giveWay(context: Context, facts: PullFacts): Promise<void> {
  const { mirror } = context;
  const { number, head, author } = facts.pull;
  const isOurs = author?.id === facts.self.userId;
  if (isOurs && (await mirror.mergeTree(await mirror.tip(), head.sha)) !== null) return;
  if (isOurs) await withdraw(context, facts);
  else forgetRemovals(context, number);
}

/** Ours: the next pass opens another. */
async function withdraw(context: Context, facts: PullFacts): Promise<void> {
  const { number } = facts.pull;
  forgetRemovals(context, number);
  await context.github.closePull(number);
  await tidyBranch(context, facts);
}

function forgetRemovals({ memory }: Context, pull: number): void {
  for (const [id, number] of memory.removals) if (number === pull) memory.removals.delete(id);
}

/** Only a branch that the app itself made. */
async function tidyBranch({ github }: Context, { pull, self }: PullFacts): Promise<void> {
  if (pull.author?.id === self.userId) await github.deleteBranch(pull.head.ref);
}

type Judged = Extract<Gathered, { readonly kind: 'facts' }>;
type Saying = { readonly blocked: string | null; readonly checkOnly: boolean };

async function say(
  context: Context,
  { facts, seen }: Judged,
  decision: Decision,
  saying: Saying = { blocked: null, checkOnly: false },
): Promise<void> {
  const repository = await context.github.repository();
  const { check, comment } = report(facts, decision, {
    owner: repository.owner,
    repositoryUrl: repository.url,
    blocked: saying.blocked,
  });
  const { number, head } = facts.pull;
  const details = evidenceText({ repository: { owner: repository.owner, name: repository.name }, seen, facts });
  const actions: Exclude<Action, { kind: 'merge' }>[] = [
    { kind: 'set-check', sha: head.sha, content: { ...check, details } },
  ];
  if (!saying.checkOnly) {
    actions.push({ kind: 'set-comment', pull: number, body: comment }, ...complaints(context, decision));
    if (decision.phase.kind === 'closed') actions.push({ kind: 'close', pull: number });
  }
  await perform(context, actions, facts.comments);
}

/**
 * A reaction is the quickest answer to a command that did not count; the sticky comment says why. Once for each: a
 * stranger's hundred comments must not use up what the app may write in a minute, in every pass.
 */
function complaints({ memory }: Context, { approval }: Decision): readonly Exclude<Action, { kind: 'merge' }>[] {
  if (approval === null || !('ignored' in approval)) return [];
  return approval.ignored.slice(-MOST_COMPLAINTS).flatMap(({ commentId }) => {
    if (commentId === null || memory.answered.has(commentId)) return [];
    memory.answered.add(commentId);
    return [{ kind: 'react', commentId, reaction: 'confused' } as const];
  });
}

const MOST_COMPLAINTS = 25;

function thanks(facts: PullFacts, { approval }: Decision): readonly Exclude<Action, { kind: 'merge' }>[] {
  if (approval?.kind !== 'approved') return [];
  return approval.by.flatMap((by) => {
    const comment = facts.comments.find((one) => one.nodeId === by.nodeId);
    return comment === undefined ? [] : [{ kind: 'react', commentId: comment.id, reaction: 'rocket' } as const];
  });
}

function afterwards(context: Context, facts: PullFacts, { phase, approval }: Decision): void {
  const { enqueue, memory } = context;
  if (facts.change.kind === 'removal')
    for (const { id } of facts.change.files) {
      // One that is refused (a draft, a grant that is not theirs) never merges, and must not hold up ours.
      if (phase.kind === 'waiting') memory.removals.set(id, facts.pull.number);
      else if (memory.removals.get(id) === facts.pull.number) memory.removals.delete(id);
      const state = facts.removals.get(id);
      const entry = facts.ledger.grants.get(id);
      if (state?.kind !== 'waiting') continue;
      if (state.revoked !== undefined && entry !== undefined) endEarly(context, entry, state.revoked);
      else enqueue(`grant:${id}`);
    }
  const unknown = approval?.kind === 'waiting' && approval.ignored.some((one) => isPassing(one.code));
  if ((phase.kind === 'unapprovable' && phase.passing) || unknown)
    throw new Error('GitHub does not say everything yet that this decision needs');
}
