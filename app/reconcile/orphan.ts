// Takes away one thing that carries our mark and no grant explains: denied first, deleted, and proved to be gone.
import { endedPolicy } from '../../pulumi/statements.ts';
import type { IdentityCenter } from '../aws/port.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Context } from './context.ts';
import { doubtOf, earliestNow } from './doubt.ts';

/** `what`: the ARN of a permission set, or `stack/<id>`. */
export async function reconcileOrphan(context: Context, what: string, signal: AbortSignal): Promise<void> {
  const ledger = await context.ledger();
  const center = context.identityCenter(ledger.policy.value.settings.identityCenter);
  if (what.startsWith('stack/')) return await removeStack(context, ledger, center, what.slice('stack/'.length));
  const due = context.memory.sweep.removing.get(what);
  if (due === undefined || isExplained(ledger, due.name)) return;
  if (due.counted && !due.begun) {
    // Decided a moment ago: what has become doubtful since holds it back.
    if (doubtOf(context, center) !== null) return;
    context.memory.sweep.removals.add(due.name, earliestNow(context, center));
  }
  due.begun = true;
  await removeSet(context, center, { name: due.name, arn: what, signal });
}

function isExplained(ledger: Ledger, name: string): boolean {
  return [...ledger.grants.values()].some((entry) => entry.resolved.permissionSetName === name);
}

type Due = { readonly name: string; readonly arn: string; readonly signal: AbortSignal };

async function removeSet(context: Context, center: IdentityCenter, { arn, name, signal }: Due): Promise<void> {
  const { log, alarms, memory, configured } = context;
  const access = await center.find(name);
  // Another made its tag his own meanwhile, or a set of the same name: whatever it is, it was not decided upon.
  if (access !== null && (access.arn !== arn || access.ledger !== String(configured.repositoryId))) {
    memory.sweep.removing.delete(arn);
    return;
  }
  // Whoever works with it is stopped before the deletion, which takes its time.
  await center
    .deny({ arn, accountId: null, reason: 'no authorization explains it', policy: endedPolicy() })
    .catch((error: unknown) => log.warn({ arn, error: String(error) }, 'deleting it undenied'));
  await center.remove(arn);
  const proof = await center.proveRemoved({ permissionSetName: name, arn, accountId: null, signal });
  if (proof.kind === 'not-proven') throw new Error(`the removal of ${name} is not proven: ${proof.reason}`);
  memory.sweep.removing.delete(arn);
  const sentence = `permission set ${name} carried our mark, no authorization explained it, and AWS has proved that it is gone`;
  alarms.happened('orphan-removed', arn, sentence, {
    arn,
    name,
    at: proof.at,
    requests: proof.evidence.map((one) => one.requestId),
  });
}

/** One operation at a time for stacks that name no account that we know. */
const NO_ACCOUNT = '000000000000';

/**
 * A destroy deletes what the state names. While AWS has that set, it is the set that goes first, if it is ours; what the
 * stack of nobody names and is not ours stays.
 */
async function removeStack(context: Context, ledger: Ledger, center: IdentityCenter, id: string): Promise<void> {
  const state = context.engine();
  if (state.kind !== 'ready' || ledger.grants.has(id) || context.frozen() !== null) return;
  const arn = await state.engine.permissionSetArn(id);
  if (arn !== null && (await center.examine(arn)) !== null) return;
  const outcome = await state.engine.end({ grantId: id, accountId: NO_ACCOUNT });
  if (outcome.kind !== 'done') throw new Error(`the stack of "${id}" is not destroyed: ${outcome.reason}`);
  const sentence = `the engine had a stack of "${id}", which no authorization explained; it is destroyed`;
  context.alarms.happened('orphan-removed', `stack ${id}`, sentence, { stack: id });
}
