// Ends a live grant before its deadline: denied in AWS at once, without waiting for the engine, and never undone.
import { endedPolicy } from '../../pulumi/statements.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import type { Context } from './context.ts';

/** Remembers the end, stops an engine operation that is still granting, and lets `grant:<id>` do the rest at once. */
export function endEarly({ memory, enqueue, log }: Context, entry: GrantEntry, revoked: string): void {
  if (!memory.revoked.has(entry.id)) log.info({ grant: entry.id, revoked }, 'ended early');
  memory.revoked.set(entry.id, revoked);
  memory.running.get(entry.id)?.abort();
  enqueue(`grant:${entry.id}`);
}

/** Deny * in place of the inline policy, provisioned; the tag makes the end outlive this process and every comment. */
export async function denyNow(context: Context, entry: GrantEntry, arn: string, reason: string): Promise<void> {
  const { resolved } = entry;
  await context.identityCenter(resolved).deny({ arn, accountId: resolved.accountId, reason, policy: endedPolicy() });
}
