// The app's own parts in the hands of an operator: the same reconcilers, for as long as one command runs.
import type { Logger } from 'pino';
import { assemble } from '../assemble.ts';
import { type Config, stateFolder } from '../config.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import type { Engine } from '../engine/engine.ts';
import { claimState } from '../engine/state-claim.ts';
import type { Context } from '../reconcile/context.ts';
import { untilTold } from '../reconcile/tell.ts';
import { EXIT, refusal } from './exit-codes.ts';

export type Operator = Ender & { readonly engine: Engine };

/** Enough to take access away: with an engine that does not start, the SDK does it. */
export type Ender = {
  readonly context: Context;
  /** Keys that the reconcilers asked to be looked at at once; the app will, when it runs. */
  readonly due: Set<string>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly close: () => Promise<void>;
};

/** Takes the state first: two processes must not both believe that they run the engine. */
export async function openOperator(config: Config, log: Logger): Promise<Operator> {
  const { startEngine, ...ender } = await openState(config, log);
  try {
    return { ...ender, engine: await startEngine() };
  } catch (error) {
    await ender.close();
    throw error;
  }
}

export async function openEnder(config: Config, log: Logger): Promise<Ender> {
  const { startEngine, engineUnavailable, ...ender } = await openState(config, log);
  await startEngine().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, 'the engine does not start; access is taken away without it');
    engineUnavailable(reason);
  });
  return ender;
}

async function openState(config: Config, log: Logger) {
  const claim = await claimState(stateFolder(config));
  if (claim.kind === 'held') {
    const { hostname, pid } = claim.by;
    throw refusal(
      EXIT.unavailable,
      `process ${pid} on ${hostname} holds the state in ${config.dataDir}. If that is the app, it does this by itself; else stop it first.`,
    );
  }
  const { signal, stop } = interruptible();
  try {
    const due = new Set<string>();
    const { context, startEngine, engineUnavailable } = await assemble(config, log, collector(due));
    const close = async (): Promise<void> => {
      stop();
      await untilTold(context);
      const engine = context.engine();
      if (engine.kind === 'ready') await engine.engine.close(config.drainMs);
      await claim.release();
    };
    return { context, due, signal, close, startEngine, engineUnavailable };
  } catch (error) {
    stop();
    await claim.release();
    throw error;
  }
}

/** Keys without a delay are due now; those of a deadline are not. */
export function collector(due: Set<string>): Context['enqueue'] {
  return (key, delayMs = 0) => {
    if (delayMs === 0) due.add(key);
  };
}

/** The newest ledger that can be had: access must be given and taken with GitHub out of reach. */
export async function newestLedger({ mirror, ledger }: Context, log: Logger): Promise<Ledger> {
  await mirror.fetch().catch((error: unknown) => {
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      'GitHub cannot be reached; going by the local mirror',
    );
  });
  return await ledger();
}

/** Why there is no such grant, for a person who asked for it. */
export function grantOrRefuse(ledger: Ledger, id: string): GrantEntry {
  const entry = ledger.grants.get(id);
  if (entry !== undefined) return entry;
  const stray = ledger.strays.find((one) => one.id === id);
  const why = stray === undefined ? 'the ledger has no such grant' : stray.reason;
  throw refusal(EXIT.attention, `"${id}" has no valid authorization: ${why}`);
}

function interruptible(): { readonly signal: AbortSignal; readonly stop: () => void } {
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: abort.signal,
    stop: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
