// The engine on the simulated AWS: its state on disk, the provider's calls one by one, as the real one's operations go.
import { wholeSeconds } from '../../app/core/instant.ts';
import { endOf } from '../../app/core/ledger/ends.ts';
import type { GrantEntry } from '../../app/core/ledger/ledger.ts';
import type { Engine, EngineOperation, EngineOutcome } from '../../app/engine/engine.ts';
import { createSchedule } from '../../app/engine/schedule.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';
import { type AwsCalls, NotFound } from './aws.ts';
import type { Stack } from './disk.ts';
import { ledgerAt } from './mirror.ts';
import { awsNow, type World } from './world.ts';

/** How long the kill ladder takes with a child that does not obey. */
export const KILL_MS = 45_000;

/** `calls` are the provider's, each of which can fail or hang by itself. */
export function engineOf(world: World, calls: AwsCalls): Engine {
  const { stacks } = world.disk;
  const schedule = createSchedule(8);
  const perform = async (
    action: 'grant' | 'end',
    operation: EngineOperation,
    work: () => Promise<EngineOutcome>,
  ): Promise<EngineOutcome> => {
    const { accountId, userId, signal } = operation;
    const turn = { action, accountId, ...(userId === undefined ? {} : { userId }), ...(signal ? { signal } : {}) };
    const outcome = await schedule.run(turn, () => killedAfter(signal, work().catch(failure)));
    return outcome === 'cancelled' ? failed('stopped while waiting', false) : outcome;
  };
  return {
    grant: (operation) =>
      perform('grant', operation, async () => {
        const entry = authorized(world, operation.grantId);
        if (typeof entry === 'string') return { kind: 'refused', reason: entry };
        const before = stacks.get(entry.id);
        const stack = before ?? { ...NOTHING, pending: false };
        const fresh = before === undefined || (stack.pending && stack.assignment === null);
        stacks.set(entry.id, stack);
        stack.pending = true;
        if (fresh && before !== undefined) await destroy(calls, stack);
        const making = { world, calls, stack, entry, operation };
        const first = await unlessMissing(() => up(making));
        if (!fresh || first === 'missing') await refreshed(making);
        stack.pending = false;
        return { kind: 'done', permissionSetArn: stack.arn, milliseconds: 1 };
      }),
    preview: async () => failed('nobody asks the simulation for a preview', false),
    end: (operation) =>
      perform('end', operation, async () => {
        const stack = stacks.get(operation.grantId);
        if (stack === undefined) return { kind: 'done', permissionSetArn: null, milliseconds: 1 };
        const { arn } = stack;
        stack.pending = true;
        await destroy(calls, stack);
        stacks.delete(operation.grantId);
        return { kind: 'done', permissionSetArn: arn, milliseconds: 1 };
      }),
    stacks: async () => [...stacks.keys()],
    permissionSetArn: async (id) => stacks.get(id)?.arn ?? null,
    close: async () => {},
    versions: async () => ({ cli: '3', sdk: '3', aws: '7' }),
  };
}

function failed(reason: string, interrupted: boolean): EngineOutcome {
  return { kind: 'failed', reason, interrupted };
}

function failure(error: unknown): EngineOutcome {
  return failed(error instanceof Error ? error.message : String(error), false);
}

/** A killed child does nothing more; what it had begun in AWS is done or not. */
async function killedAfter(signal: AbortSignal | undefined, work: Promise<EngineOutcome>): Promise<EngineOutcome> {
  if (signal === undefined) return await work;
  const killed = new Promise<EngineOutcome>((resolve) => {
    const kill = () => setTimeout(() => resolve(failed('the operation was interrupted', true)), KILL_MS);
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill, { once: true });
  });
  return await Promise.race([work, killed]);
}

/** The child believes nobody: it reads the ledger itself, as the app verified it last. */
export function authorized(world: World, id: string): GrantEntry | string {
  const ledger = ledgerAt(world, world.disk.refs.trusted ?? world.repository.genesis);
  const entry = ledger.grants.get(id);
  if (entry === undefined) return `no valid authorization grants "${id}"`;
  const end = endOf(entry, ledger.policy.value, new Date(Date.now()));
  return end === null ? entry : `grant "${id}" has ended: ${end.sentence}`;
}

type Making = {
  readonly world: World;
  readonly calls: AwsCalls;
  readonly stack: Stack;
  readonly entry: GrantEntry;
  readonly operation: EngineOperation;
};

/** From the state alone, in the order of the program: the deadline exists before the access does. */
async function up({ world, calls, stack, entry, operation }: Making): Promise<void> {
  const { resolved, id } = entry;
  const step = <T>(run: () => Promise<T>): Promise<T> => {
    operation.signal?.throwIfAborted();
    return run();
  };
  const document = inlinePolicy(resolved);
  if (document.kind === 'too-large') throw new Error('too large');
  const arn =
    stack.arn ?? (await step(() => calls.createSet(resolved.permissionSetName, tagsOf(entry), awsNow(world))));
  if (stack.arn === null) Object.assign(stack, { arn, expiresAt: resolved.deadline });
  operation.onProgress?.({ kind: 'permission-set', arn });
  for (const policy of resolved.managedPolicies) {
    if (stack.managed.includes(policy)) continue;
    await step(() => calls.attach(arn, policy));
    stack.managed = [...stack.managed, policy];
  }
  if (stack.expiresAt !== resolved.deadline) {
    await step(() => calls.tag(arn, 'breakglass:expires-at', resolved.deadline));
    stack.expiresAt = resolved.deadline;
  }
  if (stack.inline !== document.document) {
    await step(() => calls.putInline(arn, document.document));
    if (stack.assignment !== null) await step(() => calls.provision(arn, resolved.accountId));
    stack.inline = document.document;
  }
  if (stack.assignment === null) {
    const assignment = { account: resolved.accountId, user: resolved.userId };
    await step(() => calls.assign(arn, assignment.account, assignment.user));
    stack.assignment = assignment;
    operation.onProgress?.({ kind: 'assigned', arn });
  }
  operation.onProgress?.({ kind: 'step', text: id });
}

function tagsOf({ resolved }: GrantEntry): ReadonlyMap<string, string> {
  return new Map([
    ['breakglass:ledger', String(resolved.repositoryId)],
    ['breakglass:grant', resolved.id],
    ['breakglass:expires-at', wholeSeconds(new Date(resolved.deadline))],
  ]);
}

async function refreshed(making: Making): Promise<void> {
  const { calls, stack, entry } = making;
  const set = stack.arn === null ? null : await calls.describe(stack.arn);
  if (set === null) Object.assign(stack, NOTHING);
  else {
    const { accountId, userId } = entry.resolved;
    stack.inline = set.inline;
    stack.managed = stack.managed.filter((one) => set.managed.includes(one));
    stack.expiresAt = set.tags.get('breakglass:expires-at') ?? null;
    const ours = set.assignments.some((one) => one.account === accountId && one.user === userId);
    stack.assignment = ours ? { account: accountId, user: userId } : null;
  }
  await up(making);
}

async function unlessMissing(run: () => Promise<void>): Promise<'done' | 'missing'> {
  try {
    await run();
    return 'done';
  } catch (error) {
    if (error instanceof NotFound) return 'missing';
    throw error;
  }
}

/** The assignment first, as a set cannot be deleted while it is assigned. What is gone already is no failure. */
async function destroy(calls: AwsCalls, stack: Stack): Promise<void> {
  const { arn, assignment } = stack;
  if (arn !== null) {
    if (assignment !== null) await unlessMissing(() => calls.unassign(arn, assignment.account, assignment.user));
    stack.assignment = null;
    await unlessMissing(() => calls.deleteSet(arn));
  }
  Object.assign(stack, NOTHING);
}

const NOTHING: Omit<Stack, 'pending'> = { arn: null, expiresAt: null, inline: null, managed: [], assignment: null };
