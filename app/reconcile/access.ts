// Reconciles the access of one grant: what AWS holds becomes what was signed, and what has ended becomes proven absence.

import type { Access, IdentityCenter } from '../aws/port.ts';
import { type End, endedAt, endOf } from '../core/ledger/ends.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import { plan } from '../core/plan.ts';
import type { Engine } from '../engine/engine.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { isConfirmed } from './drift.ts';
import { denyNow } from './early-end.ts';
import { makeAccess, putRight, untilDeadline } from './make-access.ts';
import { tell } from './tell.ts';

/** While another process holds the engine's state: how soon to look whether it is ours. */
const STANDBY_MS = 5_000;

/**
 * Whatever is done for a live grant is stopped by its end, from the first reading on: while this key is at work the end
 * cannot have a run of its own, and is denied meanwhile.
 */
export async function reconcileGrant(context: Context, id: string, signal: AbortSignal): Promise<Again | undefined> {
  const { running } = context.memory;
  const stopped = new AbortController();
  running.set(id, stopped);
  try {
    const ledger = await context.ledger();
    const entry = ledger.grants.get(id);
    if (entry === undefined) return undefined;
    if (context.engine().kind === 'standby') return { again: STANDBY_MS };
    return await reconcileOrTell(context, ledger, entry, { stopped, signal });
  } finally {
    running.delete(id);
  }
}

type Run = {
  /** By an end, as long as the grant is not known to have ended. */
  readonly stopped: AbortController;
  /** By the process, which is to stop. */
  readonly signal: AbortSignal;
};

async function reconcileOrTell(
  context: Context,
  ledger: Ledger,
  entry: GrantEntry,
  run: Run,
): Promise<Again | undefined> {
  const { memory } = context;
  const { id } = entry;
  try {
    const again = await reconcileEntry(context, ledger, entry, run);
    memory.failing.delete(id);
    return again;
  } catch (error) {
    if (run.signal.aborted) throw error;
    // No failure: its end stopped it, and has the next run.
    if (run.stopped.signal.aborted && memory.running.has(id)) return { again: 0 };
    const reason = error instanceof Error ? error.message : String(error);
    memory.failing.set(id, { since: memory.failing.get(id)?.since ?? context.github.now(), reason });
    // Merged, and nothing to see of it: whoever waits for it at 03:00 must read why.
    if (knownEnd(context, ledger, entry) === null && memory.confirmed.get(id) !== entry.resolved.deadline)
      tell(context, entry, { kind: 'failing', reason });
    throw error;
  }
}

/** Once it is known, nothing stops the taking away. */
function knownEnd({ memory, github }: Context, ledger: Ledger, entry: GrantEntry): End | null {
  const end = endOf(entry, ledger.policy.value, github.now(), memory.revoked.get(entry.id));
  if (end !== null) memory.running.delete(entry.id);
  return end;
}

async function reconcileEntry(
  context: Context,
  ledger: Ledger,
  entry: GrantEntry,
  { stopped, signal }: Run,
): Promise<Again | undefined> {
  const { id } = entry;
  const state = context.engine();
  if (state.kind === 'standby') return { again: STANDBY_MS };
  const known = knownEnd(context, ledger, entry);
  if (known === null) for (const pull of entry.pulls) context.memory.livePulls.add(pull);
  const engine = state.kind === 'ready' ? state.engine : null;
  const center = context.identityCenter(entry.resolved);
  // An end must not wait for a state that cannot be read, or that takes its minute to say so: AWS is what gives access.
  const unreadable = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
  const listing = engine === null ? [] : engine.stacks().catch(unreadable);
  const access = await ownAccess(context, center, entry, known === null ? undefined : entry.resolved.accountId);
  rememberEnd(context, entry, access);
  const end = knownEnd(context, ledger, entry);
  if (end?.early && access !== null) await denyFirst(context, entry, access.arn, end);
  const stacks = await listing;
  const [step] = plan({
    ledger: only(ledger, entry),
    ends: new Map(end === null ? [] : [[id, end]]),
    // Without an engine nothing says that a live grant's stack is gone.
    stacks: new Set(stacks instanceof Error || (engine === null && end === null) ? [id] : stacks),
    access: new Map(access === null ? [] : [[id, access]]),
    now: context.github.now(),
  });
  if (end !== null)
    return await takeAway(context, { entry, end, access, engine, center, there: step !== undefined, signal });
  const live = AbortSignal.any([stopped.signal, signal]);
  const drifted = context.memory.drifted.has(id);
  // One reading is not enough to make anew what AWS has confirmed: the pass looks again.
  if (isConfirmed(context, entry) && !drifted) return untilDeadline(context, entry);
  if (stacks instanceof Error) throw stacks;
  context.memory.confirmed.delete(id);
  const unchanged = step === undefined;
  if (state.kind === 'unavailable') {
    const checking = { entry, center, signal: live, unchanged };
    if (unchanged && access !== null && (await putRight(context, checking, access.arn)))
      return untilDeadline(context, entry);
    throw new Error(`the engine is not available: ${state.reason}`);
  }
  return await makeAccess(context, { entry, access, engine: state.engine, center, signal: live, unchanged });
}

/** The mark is the tags; a set with our name and another's ledger tag is not ours. */
async function ownAccess(
  { configured, alarms }: Context,
  center: IdentityCenter,
  entry: GrantEntry,
  endingIn?: string,
): Promise<Access | null> {
  const access = await center.find(entry.resolved.permissionSetName, endingIn);
  if (access === null || access.ledger === String(configured.repositoryId)) {
    alarms.clear('foreign-permission-set', entry.id);
    return access;
  }
  const sentence = 'a permission set with our name lacks our ledger tag; it is not touched';
  alarms.raise('foreign-permission-set', entry.id, sentence, { arn: access.arn, grant: entry.id });
  throw new Error(
    `permission set ${access.name} exists without our ledger tag; remove or rename it in IAM Identity Center`,
  );
}

/** An end that AWS remembers stands, whatever became of the comment that asked for it. */
function rememberEnd({ memory }: Context, entry: GrantEntry, access: Access | null): void {
  if (access?.ended != null && !memory.revoked.has(entry.id)) memory.revoked.set(entry.id, access.ended);
}

/** What keeps AWS from denying must not keep it from deleting. */
async function denyFirst(context: Context, entry: GrantEntry, arn: string, end: End): Promise<void> {
  await denyNow(context, entry, arn, end.sentence).catch((error: unknown) => {
    const facts = { grant: entry.id, error: String(error) };
    context.alarms.raise('early-deny-failed', entry.id, 'deleting the access undenied', facts);
  });
}

type Ending = {
  readonly entry: GrantEntry;
  readonly end: End;
  readonly access: Access | null;
  /** Null while it does not start. */
  readonly engine: Engine | null;
  readonly center: IdentityCenter;
  /** AWS or the engine's state still holds something. */
  readonly there: boolean;
  readonly signal: AbortSignal;
};

async function takeAway(context: Context, ending: Ending): Promise<Again | undefined> {
  const { entry, end, access, engine, center } = ending;
  const { memory, log, alarms } = context;
  memory.confirmed.delete(entry.id);
  memory.drifted.delete(entry.id);
  if (ending.there) memory.seenToEnd.add(entry.id);
  if (!ending.there && (memory.proven.has(entry.id) || alreadyRecorded(entry))) {
    settle(context, entry, end);
    return undefined;
  }
  const started = Date.now();
  if (ending.there) tell(context, entry, { kind: 'ending', ended: end.sentence });
  const arn = access?.arn ?? (await engine?.permissionSetArn(entry.id)) ?? null;
  const left = ending.there ? await destroy(context, ending) : null;
  const proof = await center.proveRemoved({
    permissionSetName: entry.resolved.permissionSetName,
    arn,
    accountId: entry.resolved.accountId,
    signal: ending.signal,
  });
  if (proof.kind === 'not-proven') throw new Error(`the removal of "${entry.id}" is not proven: ${proof.reason}`);
  const requests = proof.evidence.map((one) => one.requestId).join(' ');
  memory.proven.set(entry.id, {
    ended: end.sentence,
    proof: `proven ${proof.firstAt} ${proof.at} requests ${requests}`,
  });
  log.info({ grant: entry.id, end: end.kind, milliseconds: Date.now() - started, at: proof.at }, 'removal proven');
  alarms.clear('early-deny-failed', entry.id);
  if (memory.seenToEnd.delete(entry.id)) measureRemoval(context, entry, end);
  settle(context, entry, end);
  if (left !== null)
    throw new Error(`the access of "${entry.id}" is gone, but the engine did not end its stack: ${left}`);
  return undefined;
}

function measureRemoval({ measure, github }: Context, entry: GrantEntry, end: End): void {
  const seconds = (github.now().getTime() - endedAt(entry, end).getTime()) / 1000;
  measure({ kind: 'end-to-removed', end: end.kind, seconds: Math.max(0, seconds) });
}

/**
 * The engine first, as its state must not name what is gone; then whatever AWS still holds under our mark. Answers why
 * the engine failed, where it did: that keeps the stack, and the retries, but not the proof that AWS holds nothing.
 */
async function destroy(context: Context, { entry, engine, center, signal }: Ending): Promise<string | null> {
  const { id, resolved } = entry;
  const outcome = await engine?.end({ grantId: id, accountId: resolved.accountId, signal });
  const left = await ownAccess(context, center, entry, resolved.accountId);
  if (left !== null) {
    context.log.warn({ grant: id, arn: left.arn, outcome: outcome?.kind }, 'removing by SDK what the engine left');
    await center.remove(left.arn, resolved.accountId);
  }
  return outcome === undefined || outcome.kind === 'done' ? null : outcome.reason;
}

function alreadyRecorded(entry: GrantEntry): boolean {
  return entry.removed?.record != null;
}

/** Proven: the file goes next, by our pull request or the one that a person has open. */
function settle(context: Context, entry: GrantEntry, end: End): void {
  const { memory, enqueue } = context;
  const proof = memory.proven.get(entry.id);
  const { removed } = entry;
  if (removed?.record != null) {
    const recorded = removed.record.removed.find((one) => one.grantId === entry.id);
    tell(context, entry, { kind: 'recorded', ended: recorded?.ended ?? end.sentence, commit: removed.commit });
    context.alarms.clear('early-deny-failed', entry.id);
    context.alarms.clear('foreign-permission-set', entry.id);
    memory.settled.add(entry.id);
    memory.proven.delete(entry.id);
    memory.revoked.forget(entry.id);
    return;
  }
  if (proof !== undefined) tell(context, entry, { kind: 'removed', ...proof });
  if (removed !== null) memory.settled.add(entry.id);
  const open = memory.removals.get(entry.id);
  enqueue(open === undefined ? 'removal' : `pull:${open}`);
}

function only(ledger: Ledger, entry: GrantEntry): Ledger {
  return { ...ledger, grants: new Map([[entry.id, entry]]) };
}
