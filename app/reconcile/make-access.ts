// Makes or extends the access of one live grant, and says "active" only when AWS itself has confirmed it.

import { inlinePolicy } from '../../pulumi/statements.ts';
import type { Access, GrantProof, IdentityCenter } from '../aws/port.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Engine, EngineOutcome } from '../engine/engine.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { tell } from './tell.ts';

type Making = {
  readonly entry: GrantEntry;
  readonly access: Access | null;
  readonly engine: Engine;
  readonly center: IdentityCenter;
  readonly signal: AbortSignal;
  /** Everything seems to be there: ask AWS before asking the engine. */
  readonly unchanged: boolean;
};

export async function makeAccess(context: Context, making: Making): Promise<Again | undefined> {
  const { entry, access } = making;
  if (making.unchanged && access !== null && (await confirm(context, making, access.arn, 1)))
    return untilDeadline(context, entry);
  await adoptOrDelete(context, making);
  const outcome = await runEngine(context, making);
  // Ended meanwhile: the next run takes away what this one made.
  if (making.signal.aborted || (await hasEnded(context, entry.id))) return { again: 0 };
  if (outcome.kind === 'done') {
    const arn = outcome.permissionSetArn;
    if (context.memory.confirmed.get(entry.id) !== entry.resolved.deadline && arn !== null)
      await confirm(context, making, arn, 10);
    if (context.memory.confirmed.get(entry.id) === entry.resolved.deadline) return untilDeadline(context, entry);
    throw new Error(`AWS does not confirm the access of "${entry.id}" yet`);
  }
  context.memory.confirmed.delete(entry.id);
  throw new Error(`the engine did not grant "${entry.id}": ${outcome.reason}`);
}

/** Comes back in the second of the deadline. */
export function untilDeadline({ github }: Pick<Context, 'github'>, entry: GrantEntry): Again {
  return { again: Math.max(0, entry.deadline.getTime() - github.now().getTime()) };
}

async function hasEnded({ ledger, memory, github }: Context, id: string): Promise<boolean> {
  const { grants, policy } = await ledger();
  const entry = grants.get(id);
  return entry === undefined || endOf(entry, policy.value, github.now(), memory.revoked.get(id)) !== null;
}

/**
 * What AWS holds and the state does not know, after an interrupted operation or the loss of the state, would make the
 * engine fail with "already exists" for good: it is deleted and made again, which ends sessions that use it.
 */
async function adoptOrDelete({ log }: Context, { entry, access, engine, center }: Making): Promise<void> {
  if (access === null) return;
  const known = await engine.permissionSetArn(entry.id);
  if (known === access.arn) return;
  log.warn({ grant: entry.id, arn: access.arn, state: known }, 'AWS holds what the state does not know; deleting it');
  await center.remove(access.arn);
}

async function runEngine(context: Context, making: Making): Promise<EngineOutcome> {
  const { entry, engine } = making;
  const { id, resolved } = entry;
  const { memory, log } = context;
  const abort = new AbortController();
  memory.running.set(id, abort);
  // From here on an end aborts it; one that came before must not be missed.
  if (await hasEnded(context, id)) abort.abort();
  const started = Date.now();
  const confirmations: Promise<unknown>[] = [tell(context, entry, { kind: 'granting' })];
  try {
    return await engine.grant({
      grantId: id,
      accountId: resolved.accountId,
      userId: resolved.userId,
      signal: AbortSignal.any([abort.signal, making.signal]),
      onProgress: (progress) => {
        log.debug({ grant: id, progress }, 'engine');
        if (progress.kind !== 'assigned') return;
        log.info({ grant: id, milliseconds: Date.now() - started }, 'assigned');
        confirmations.push(confirm(context, making, progress.arn, 10));
      },
    });
  } finally {
    memory.running.delete(id);
    await Promise.all(confirmations);
  }
}

const POLL_MS = 500;

/** AWS's own answer, and then the comment: in that order, and only once for each deadline. */
async function confirm(context: Context, making: Making, arn: string, tries: number): Promise<boolean> {
  const { entry, center } = making;
  const { memory, log } = context;
  const document = inlinePolicy(entry.resolved);
  if (document.kind === 'too-large') return false;
  let proof: GrantProof = { kind: 'not-proven', reason: 'not asked yet' };
  for (let i = 0; i < tries && proof.kind !== 'proven'; i++) {
    if (i > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    proof = await center.proveGranted(entry.resolved, arn, document.document);
  }
  if (proof.kind === 'not-proven') {
    log.warn({ grant: entry.id, reason: proof.reason }, 'not confirmed by AWS');
    return false;
  }
  if (await hasEnded(context, entry.id)) return false;
  memory.confirmed.set(entry.id, entry.resolved.deadline);
  log.info({ grant: entry.id, at: proof.at }, 'active');
  await tell(context, entry, { kind: 'active', at: proof.at, evidence: proof.evidence });
  return true;
}
