// Ends a live grant before its deadline: denied in AWS at once, without waiting for the engine, and never undone.
import { endedPolicy } from '../../pulumi/statements.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Context } from './context.ts';

/** Remembers the end, stops an engine operation that is still granting, and lets `grant:<id>` do the rest at once. */
export function endEarly(context: Context, entry: GrantEntry, revoked: string): void {
  const { memory, enqueue, log } = context;
  if (!memory.revoked.has(entry.id)) log.info({ grant: entry.id, revoked }, 'ended early');
  memory.revoked.set(entry.id, revoked);
  stopGranting(context, entry, revoked);
  enqueue(`grant:${entry.id}`);
}

/** An operation that still grants what has ended would hold up its end: it is stopped, once. */
export function stopGranting(context: Context, entry: GrantEntry, reason: string): void {
  const running = context.memory.running.get(entry.id);
  if (running === undefined || running.signal.aborted) return;
  running.abort();
  void denyMeanwhile(context, entry, reason);
}

/** An engine at work takes up to a minute to stop, and an extension's stops with the access in use. Denied again after. */
async function denyMeanwhile(context: Context, entry: GrantEntry, reason: string): Promise<void> {
  try {
    const { permissionSetName, accountId } = entry.resolved;
    const access = await context.identityCenter(entry.resolved).find(permissionSetName, accountId);
    if (access !== null) await denyNow(context, entry, access.arn, reason);
  } catch (error) {
    context.log.warn({ grant: entry.id, error: String(error) }, 'not denied while the engine stops; it is tried again');
  }
}

/** Deny * in place of the inline policy, provisioned; the tag makes the end outlive this process and every comment. */
export async function denyNow(context: Context, entry: GrantEntry, arn: string, reason: string): Promise<void> {
  const { resolved } = entry;
  await context.identityCenter(resolved).deny({ arn, accountId: resolved.accountId, reason, policy: endedPolicy() });
}
