// Asynchronous operations: begun by a call, carried out by AWS some time later, asked for by request id.
import { randomUUID } from 'node:crypto';
import { refuse } from './refusal.ts';
import type { Assignment, Operation, OperationKind, World } from './world.ts';
import { record } from './world.ts';

/** What a test has arranged for the operation that the current call begins. */
export type Fate =
  | { readonly kind: 'as-usual' }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'stall' }
  | { readonly kind: 'slow'; readonly ms: number };

export type Begin = {
  readonly kind: OperationKind;
  readonly setArn: string;
  readonly accounts: readonly string[];
  readonly assignment?: Assignment;
  readonly target?: string;
  readonly actor: string;
  readonly fate: Fate;
  /** Carried out when the time has come; what it throws is the operation's FailureReason. */
  readonly effect: () => void;
};

export function beginOperation(world: World, begin: Begin): Operation {
  const operation: Operation = {
    id: randomUUID(),
    kind: begin.kind,
    setArn: begin.setArn,
    accounts: begin.accounts,
    assignment: begin.assignment,
    target: begin.target,
    createdAt: world.now(),
    actor: begin.actor,
    status: 'IN_PROGRESS',
    failure: undefined,
  };
  world.operations.set(operation.id, operation);
  if (begin.fate.kind === 'stall') world.stalled.add(() => finish(world, operation, begin));
  else schedule(world, operation, begin);
  return operation;
}

/** AWS updates one role at a time in an account and tells a second caller to come back. */
export function refuseIfBusy(world: World, account: string): void {
  const busy = inProgress(world).find((operation) => operation.accounts.includes(account));
  if (busy === undefined) return;
  refuse('ConflictException', `An operation is already IN_PROGRESS for account ${account} (request ${busy.id}).`);
}

export function inProgress(world: World): readonly Operation[] {
  return [...world.operations.values()].filter((operation) => operation.status === 'IN_PROGRESS');
}

function schedule(world: World, operation: Operation, begin: Begin): void {
  const timer = setTimeout(
    () => {
      world.timers.delete(timer);
      finish(world, operation, begin);
    },
    begin.fate.kind === 'slow' ? begin.fate.ms : latency(world),
  );
  timer.unref();
  world.timers.add(timer);
}

function finish(world: World, operation: Operation, begin: Begin): void {
  if (operation.status !== 'IN_PROGRESS') return;
  try {
    if (begin.fate.kind === 'fail') throw new Error(begin.fate.reason);
    begin.effect();
    operation.status = 'SUCCEEDED';
  } catch (error) {
    operation.status = 'FAILED';
    operation.failure = error instanceof Error ? error.message : String(error);
  }
  record(world, {
    actor: 'aws',
    what: `${operation.kind} ${operation.status}`,
    detail: { setArn: operation.setArn, accounts: operation.accounts, failure: operation.failure },
    requestId: operation.id,
  });
}

function latency(world: World): number {
  const setting = world.organisation.latency ?? 50;
  if (typeof setting === 'number') return setting;
  const [least, most] = setting;
  return least + Math.random() * (most - least);
}
