// What AWS would say to a requested grant, asked before anybody approves it.
import { inlineSize } from '../../pulumi/statements.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import type { Grant } from '../core/grant/grant.ts';
import { resolveGrant } from '../core/grant/resolve.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Parsed } from '../core/result.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';
import { withinMs } from './within.ts';

export async function awsFacts(
  context: Context,
  ledger: Ledger,
  pull: Pull,
  grantFile: Parsed<Grant> | null,
): Promise<Pick<PullFacts, 'inlinePolicy' | 'awsUser'>> {
  if (grantFile?.kind !== 'ok' || pull.author === null) return { inlinePolicy: null };
  const resolved = resolveGrant({
    grant: grantFile.value,
    policy: ledger.policy.value,
    repositoryId: context.configured.repositoryId,
    requesterId: pull.author.id,
    deadline: pull.createdAt,
  });
  if (resolved.kind === 'unresolved') return { inlinePolicy: null };
  const center = context.identityCenter(resolved.grant);
  const awsUser = await withinMs(AWS_PATIENCE_MS, center.userExists(resolved.grant.userId), 'unknown' as const).catch(
    () => 'unknown' as const,
  );
  return { inlinePolicy: inlineSize(resolved.grant), awsUser };
}

/** A request is judged with AWS down as well. */
const AWS_PATIENCE_MS = 2_000;
