// Reconciles one pull request: gather, decide, perform. Any event about it leads here, and none is trusted for more.
import type { Action } from '../core/action.ts';
import { type Decision, decide } from '../core/decision/decide.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import type { Pull } from '../github/port.ts';
import { report } from '../github/report.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { endEarly } from './early-end.ts';
import { gather } from './gather.ts';
import { mergeApproved } from './merge.ts';
import { reconcileMerged } from './merged.ts';
import { perform } from './perform.ts';

/** Git and GitHub's push log lag behind the API by moments. */
const SOON_MS = 1_000;

export async function reconcilePull(context: Context, number: number): Promise<Again | undefined> {
  const { github, memory, configured } = context;
  const pull = await github.pull(number);
  if (pull === null || pull.base.repositoryId !== configured.repositoryId) return undefined;
  if (pull.state === 'closed') {
    memory.blocked.delete(number);
    for (const [id, n] of memory.removals) if (n === number) memory.removals.delete(id);
    if (pull.merged) await reconcileMerged(context, pull);
    return undefined;
  }
  return await reconcileOpen(context, pull);
}

async function reconcileOpen(context: Context, pull: Pull): Promise<Again | undefined> {
  const gathered = await gather(context, pull);
  if (gathered.kind === 'not-yet') {
    context.log.info({ pull: pull.number, reason: gathered.reason }, 'not judged yet');
    return { again: SOON_MS };
  }
  const { facts } = gathered;
  const decision = decide(facts);
  if (decision.phase.kind === 'approved') return await mergeNow(context, facts, decision);
  context.memory.blocked.delete(pull.number);
  await say(context, facts, decision);
  return afterwards(context, facts, decision);
}

async function mergeNow(context: Context, facts: PullFacts, decision: Decision): Promise<Again | undefined> {
  const { memory, enqueue } = context;
  const { number } = facts.pull;
  // Green first: GitHub merges nothing while the required check is not.
  await say(context, facts, decision, { blocked: null, checkOnly: true });
  const merged = await mergeApproved(context, number);
  switch (merged.kind) {
    case 'look-again':
      return { again: SOON_MS };
    case 'blocked':
      memory.blocked.set(number, merged.message);
      await say(context, facts, decision, { blocked: merged.message, checkOnly: false });
      return undefined;
    case 'merged': {
      memory.blocked.delete(number);
      const { record } = merged;
      await context.mirror.fetch();
      if (record.kind === 'removal') await tidyBranch(context, facts);
      if (record.kind === 'grant' || record.kind === 'extension') enqueue(`grant:${record.grantId}`);
      await perform(context, thanks(facts, decision), facts.comments);
      enqueue(`pull:${number}`);
      enqueue('pass');
      return undefined;
    }
  }
}

/** Only a branch that the app itself made. */
async function tidyBranch({ github }: Context, { pull, self }: PullFacts): Promise<void> {
  if (pull.author?.id === self.userId) await github.deleteBranch(pull.head.ref);
}

type Saying = { readonly blocked: string | null; readonly checkOnly: boolean };

async function say(
  context: Context,
  facts: PullFacts,
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
  const actions: Exclude<Action, { kind: 'merge' }>[] = [{ kind: 'set-check', sha: head.sha, content: check }];
  if (!saying.checkOnly) {
    actions.push({ kind: 'set-comment', pull: number, body: comment }, ...complaints(decision));
    if (decision.phase.kind === 'closed') actions.push({ kind: 'close', pull: number });
  }
  await perform(context, actions, facts.comments);
}

/** A reaction is the quickest answer to a command that did not count; the sticky comment says why. */
function complaints({ approval }: Decision): readonly Exclude<Action, { kind: 'merge' }>[] {
  if (approval === null || !('ignored' in approval)) return [];
  return approval.ignored.flatMap((one) =>
    one.commentId === null ? [] : [{ kind: 'react', commentId: one.commentId, reaction: 'confused' } as const],
  );
}

function thanks(facts: PullFacts, { approval }: Decision): readonly Exclude<Action, { kind: 'merge' }>[] {
  if (approval?.kind !== 'approved') return [];
  return approval.by.flatMap((by) => {
    const comment = facts.comments.find((one) => one.nodeId === by.nodeId);
    return comment === undefined ? [] : [{ kind: 'react', commentId: comment.id, reaction: 'rocket' } as const];
  });
}

function afterwards(context: Context, facts: PullFacts, { phase, approval }: Decision): Again | undefined {
  const { enqueue, memory } = context;
  if (facts.change.kind === 'removal')
    for (const { id } of facts.change.files) {
      memory.removals.set(id, facts.pull.number);
      const state = facts.removals.get(id);
      const entry = facts.ledger.grants.get(id);
      if (state?.kind !== 'waiting') continue;
      if (state.revoked !== undefined && entry !== undefined) endEarly(context, entry, state.revoked);
      else enqueue(`grant:${id}`);
    }
  const unknown = approval?.kind === 'waiting' && approval.ignored.some((one) => one.code === 'approver-unknown');
  if ((phase.kind === 'unapprovable' && phase.passing) || unknown) return { again: 5 * SOON_MS };
  return undefined;
}
