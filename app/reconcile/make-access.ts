// Makes or extends the access of one live grant, and says "active" only when AWS itself has confirmed it.

import { inlinePolicy } from '../../pulumi/statements.ts';
import type { Access, Corrected, GrantProof, IdentityCenter } from '../aws/port.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Engine, EngineOutcome } from '../engine/engine.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { sayRepaired } from './drift.ts';
import { tell } from './tell.ts';
import { unlessAborted } from './within.ts';

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
  if (making.unchanged && access !== null && (await putRight(context, making, access.arn)))
    return untilDeadline(context, entry);
  if (!making.signal.aborted) await adoptOrDelete(context, making);
  // An end that this process found aborts the engine; one that only the ledger tells of must not be missed.
  if (await isOver(context, making)) return { again: 0 };
  const outcome = await runEngine(context, making);
  // Ended meanwhile: the next run takes away what this one made.
  if (await isOver(context, making)) return { again: 0 };
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

/** All but the engine, which may not start: a hand's work in AWS is undone without it. */
export type Checking = Pick<Making, 'entry' | 'center' | 'signal' | 'unchanged'>;

/**
 * Read again before anything is changed: what the sweep saw may have been half an answer. Then what was added in AWS is
 * taken back by SDK, as the engine does not know it; false when something is left for the engine.
 */
export async function putRight(context: Context, checking: Checking, arn: string): Promise<boolean> {
  const { id } = checking.entry;
  const { memory, log } = context;
  const found = memory.drifted.get(id);
  memory.drifted.delete(id);
  if ((await confirm(context, checking, arn, 1)) !== null) return true;
  try {
    const corrected = await correct(context, checking, arn);
    // Nobody but a hand adds anything; what is otherwise than signed or missing may be an attempt of ours that was cut off.
    const said = found ?? corrected.added;
    if (said.length > 0) memory.drifted.set(id, said);
    return corrected.complete && (await confirm(context, checking, arn, 3)) !== null;
  } catch (error) {
    if (found !== undefined) memory.drifted.set(id, found);
    log.warn({ grant: id, error: String(error) }, 'not put right by SDK; the engine tries');
    return false;
  }
}

/** As an operation of the engine is: an end aborts it and denies meanwhile, so that it never puts back what was denied. */
async function correct(context: Context, checking: Checking, arn: string): Promise<Corrected> {
  const { entry, center, signal } = checking;
  const document = inlinePolicy(entry.resolved);
  if (document.kind === 'too-large' || (await isOver(context, checking))) return { added: [], complete: false };
  return await center.correct(entry.resolved, arn, document.document, signal);
}

/** Comes back in the second of the deadline. */
export function untilDeadline({ github }: Pick<Context, 'github'>, entry: GrantEntry): Again {
  return { again: Math.max(0, entry.deadline.getTime() - github.now().getTime()) };
}

async function isOver(context: Context, { entry: { id }, signal }: Checking): Promise<boolean> {
  const { grants, policy } = await context.ledger();
  const entry = grants.get(id);
  if (signal.aborted || entry === undefined) return true;
  return endOf(entry, policy.value, context.github.now(), context.memory.revoked.get(id)) !== null;
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
  const started = Date.now();
  const confirmations: Promise<unknown>[] = [];
  const proof = Promise.withResolvers<string | null>();
  tell(context, entry, { kind: 'granting' });
  // Handled here, as nobody waits for it before the engine is done: it is asked again then.
  const unconfirmed = (error: unknown): null => {
    log.warn({ grant: id, error: String(error) }, 'not confirmed');
    return null;
  };
  try {
    return await engine.grant({
      grantId: id,
      accountId: resolved.accountId,
      userId: resolved.userId,
      signal: making.signal,
      onProgress: (progress) => {
        log.debug({ grant: id, progress }, 'engine');
        if (progress.kind !== 'assigned') return;
        log.info({ grant: id, milliseconds: Date.now() - started }, 'assigned');
        // What is put right is right when the engine has compared all of it with AWS, which comes after this.
        if (memory.drifted.has(id)) return proof.resolve(null);
        const confirmed = confirm(context, making, progress.arn, 10).catch(unconfirmed);
        confirmations.push(confirmed.then((proven) => proven !== null && proof.resolve(inWords(proven))));
      },
      proof: proof.promise,
    });
  } finally {
    await Promise.all(confirmations);
  }
}

function inWords({ at, evidence }: Proven): string {
  return `proven ${at} requests ${evidence.map((one) => one.requestId).join(' ')}`;
}

type Proven = Extract<GrantProof, { kind: 'proven' }>;

const POLL_MS = 500;

/** AWS's own answer, and then the comment: in that order, and only once for each deadline. */
async function confirm(context: Context, making: Checking, arn: string, tries: number): Promise<Proven | null> {
  const { entry, center, signal } = making;
  const { memory, log } = context;
  const document = inlinePolicy(entry.resolved);
  if (document.kind === 'too-large') return null;
  let proof: GrantProof = { kind: 'not-proven', reason: 'not asked yet' };
  for (let i = 0; i < tries && proof.kind !== 'proven'; i++) {
    if (i > 0) await unlessAborted(signal, new Promise((resolve) => setTimeout(resolve, POLL_MS)), null);
    if (signal.aborted) return null;
    const answer = center.proveGranted(entry.resolved, arn, document.document);
    proof = await unlessAborted(signal, answer, { kind: 'not-proven', reason: 'it has ended' });
  }
  if (proof.kind === 'not-proven') {
    log.warn({ grant: entry.id, reason: proof.reason }, 'not confirmed by AWS');
    return null;
  }
  if (await isOver(context, making)) return null;
  memory.confirmed.set(entry.id, entry.resolved.deadline);
  if (!making.unchanged) measureGrant(context, entry);
  if (!memory.granted.has(entry.id))
    memory.granted.set(entry.id, { at: new Date(proof.at), requests: proof.evidence.map((one) => one.requestId) });
  log.info({ grant: entry.id, at: proof.at }, 'active');
  const repaired = sayRepaired(context, entry, arn);
  const told = { kind: 'active', at: proof.at, evidence: proof.evidence } as const;
  tell(context, entry, repaired === null ? told : { ...told, repaired });
  return proof;
}

/** Once for each grant: not when it is extended, nor when it is made again. */
function measureGrant({ memory, measure, github }: Context, { id, pulls, startedAt }: GrantEntry): void {
  if (memory.measured.has(id) || pulls.length > 1) return;
  memory.measured.add(id);
  measure({ kind: 'merge-to-granted', seconds: Math.max(0, github.now().getTime() - startedAt.getTime()) / 1000 });
}
