// The child's side of the conversation: prepare once, run one operation, answer, exit.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import { unlessAborted } from './abortable-command.ts';
import { describeFailure } from './failure.ts';
import type { ChildOutcome, ChildSettings, FromChild, OperationRequest, ToChild } from './messages.ts';
import { OPERATION_MARK } from './messages.ts';
import type { Programs, Surroundings } from './operation.ts';
import { runOperation } from './operation.ts';
import { killOperation } from './process-tree.ts';
import { commandAt } from './pulumi-command.ts';

/** How long the engine may finish the step in hand after the supervisor has gone. */
const ORPHAN_GRACE_MS = 20_000;

/** How long the engine waits with a stack's outputs for AWS's confirmation: others may want its place. */
const PROOF_PATIENCE_MS = 3_000;

type Prepared = { readonly settings: ChildSettings; readonly command: PulumiCommand };

/** Serves one operation to the process that forked this one; `programs` are stubs in tests of the engine alone. */
export function serveChild(programs: Programs): void {
  const stop = new AbortController();
  let prepared: Prepared | undefined;
  let running = false;
  const proven = Promise.withResolvers<string | null>();
  stop.signal.addEventListener('abort', () => proven.resolve(null));
  let waited: Promise<string | null> | undefined;
  // Once for all updates of the operation, which holds the account's only place meanwhile.
  const proof = (): Promise<string | null> => {
    waited ??= Promise.race([proven.promise, sleep(PROOF_PATIENCE_MS, null)]);
    return waited;
  };
  // The supervisor may have gone while this process was still loading: no event would tell.
  if (!process.connected) process.exit(0);
  process.on('message', (message: ToChild) => {
    if (message.kind === 'prepare') prepared = prepare(message.settings, stop.signal);
    else if (message.kind === 'abort') stop.abort();
    else if (message.kind === 'proof') proven.resolve(message.proof);
    else {
      running = true;
      void run(programs, prepared, message.request, { signal: stop.signal, proof });
    }
  });
  process.on('disconnect', () => {
    if (!running) process.exit(0);
    stop.abort();
    setTimeout(abandon, ORPHAN_GRACE_MS).unref();
  });
}

function prepare(settings: ChildSettings, signal: AbortSignal): Prepared {
  return { settings, command: unlessAborted(commandAt(settings.pulumi), signal) };
}

async function run(
  programs: Programs,
  prepared: Prepared | undefined,
  request: OperationRequest,
  around: Pick<Surroundings, 'signal' | 'proof'>,
): Promise<void> {
  const outcome = await settle(programs, prepared, request, around);
  // Exits by itself, whatever handles Pulumi has left open: one operation is all that a child ever runs.
  if (process.connected) process.send?.({ kind: 'outcome', outcome } satisfies FromChild, () => process.exit(0));
  else process.exit(0);
}

async function settle(
  programs: Programs,
  prepared: Prepared | undefined,
  request: OperationRequest,
  around: Pick<Surroundings, 'signal' | 'proof'>,
): Promise<ChildOutcome> {
  try {
    if (!prepared) throw new Error('the operation was started before it was prepared');
    const { settings, command } = prepared;
    const report = (progress: (FromChild & { kind: 'progress' })['progress']) => {
      if (process.connected) process.send?.({ kind: 'progress', progress } satisfies FromChild);
    };
    return await runOperation(request, programs, { settings, command, report, ...around });
  } catch (error) {
    const stateUrl = prepared?.settings.stateUrl ?? '';
    return { kind: 'failed', reason: describeFailure({ error, diagnostics: [], stateUrl }), interrupted: false };
  }
}

/** The supervisor died and the engine does not end: nothing of this operation may outlive it. */
function abandon(): void {
  const operation = process.env[OPERATION_MARK];
  if (operation) killOperation(operation, 'SIGKILL', [process.pid]);
  process.exit(1);
}
