// After the denial: the running app destroys and proves, or this command does it with the app's own parts.
import { type Config, readConfig } from '../config.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { withinMs } from '../reconcile/within.ts';
import type { Ender } from './operator.ts';
import { progressLog } from './progress-log.ts';
import { grantsOf, type Target } from './revoke-scope.ts';
import type { Terminal } from './terminal.ts';

export type Finished =
  | { readonly kind: 'not-here'; readonly reason: string }
  | { readonly kind: 'finished'; readonly grants: readonly FinishedGrant[] };

export type FinishedGrant =
  | { readonly id: string; readonly kind: 'removed'; readonly proof: string }
  | { readonly id: string; readonly kind: 'failed'; readonly reason: string };

/** GitHub may be down: what the mirror knows is ended then. */
const FETCH_MS = 15_000;

export async function finish(env: NodeJS.ProcessEnv, target: Target, terminal: Terminal): Promise<Finished> {
  const read = readConfig(env);
  if (read.kind === 'invalid')
    return {
      kind: 'not-here',
      reason:
        "this is not the app's environment: the app destroys and proves at its next pass; if it is down, run `breakglass expire` where it runs",
    };
  try {
    return await withApp(read.config, target, terminal);
  } catch (error) {
    // As a rule the state is held, by the app. Whatever it is, what was denied is denied and must be reported.
    return { kind: 'not-here', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function withApp(config: Config, target: Target, terminal: Terminal): Promise<Finished> {
  const { openEnder } = await import('./operator.ts');
  const log = progressLog(terminal, config.logLevel);
  const ender = await openEnder(config, log);
  try {
    const { context } = ender;
    const fetched = await withinMs(
      FETCH_MS,
      context.mirror.fetch().then(() => 'fetched' as const),
      'late',
    ).catch((error: unknown) => String(error));
    if (fetched !== 'fetched') log.warn({ reason: fetched }, 'going by the local mirror');
    // Reading the ledger heeds the hold: what was merged since the denial is ended as well.
    const ledger = await context.ledger();
    const entries = grantsOf(target, [ledger], terminal.now());
    const grants = await Promise.all(entries.map((entry) => endOne(ender, entry)));
    return { kind: 'finished', grants };
  } finally {
    await ender.close();
  }
}

async function endOne({ context, signal }: Ender, { id }: GrantEntry): Promise<FinishedGrant> {
  const { reconcileGrant } = await import('../reconcile/access.ts');
  try {
    await reconcileGrant(context, id, signal);
    return { id, kind: 'removed', proof: context.memory.proven.get(id)?.proof ?? 'recorded already' };
  } catch (error) {
    const proof = context.memory.proven.get(id)?.proof;
    if (proof !== undefined) return { id, kind: 'removed', proof };
    return { id, kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
