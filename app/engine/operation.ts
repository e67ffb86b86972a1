// One operation on one grant's stack: verify, then up; or destroy and remove.
import type { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import type { EngineEvent } from '@pulumi/pulumi/automation/events.js';
import type { Stack } from '@pulumi/pulumi/automation/stack.js';
import type { PulumiFn } from '@pulumi/pulumi/automation/workspace.js';
import type { Adopted, Around, ResolvedGrant } from '../core/grant/resolved.ts';
import type { Authorized, LedgerSource } from '../git/authorized.ts';
import { fileState, removeDamagedAttributes, setAsideDamaged } from './checkpoint.ts';
import type { EngineProgress } from './engine.ts';
import { describeFailure } from './failure.ts';
import type { ChildOutcome, ChildSettings, OperationRequest } from './messages.ts';
import { progressReader } from './progress.ts';
import type { OpenStack } from './stack.ts';
import { openStack, removeWithDestroy, removeWorkDir, stackExists } from './stack.ts';
import { breakStaleLock, breakStaleLocks } from './stack-lock.ts';
import { grantOfStack } from './stack-name.ts';

/** What an operation runs. Parameters, so that the engine can be tested without a ledger and without AWS. */
export type Programs = {
  readonly authorize: (source: LedgerSource, grantId: string, now: Date) => Promise<Authorized>;
  readonly program: (grant: ResolvedGrant, around: Around) => PulumiFn;
  readonly inlinePolicy: (
    grant: ResolvedGrant,
  ) => { readonly kind: 'ok' } | { readonly kind: 'too-large'; readonly characters: number; readonly limit: number };
};

export type Surroundings = {
  readonly settings: ChildSettings;
  readonly command: PulumiCommand;
  readonly report: (progress: EngineProgress) => void;
  readonly proof: Around['proof'];
  readonly signal: AbortSignal;
};

export async function runOperation(
  request: OperationRequest,
  programs: Programs,
  surroundings: Surroundings,
): Promise<ChildOutcome> {
  switch (request.action) {
    case 'grant':
      return authorized(request.grantId, programs, surroundings, update);
    case 'preview':
      return authorized(request.grantId, programs, surroundings, preview);
    case 'end':
      return end(request.grantId, surroundings);
  }
}

type OnEvent = (event: EngineEvent) => void;
type Changing = Surroundings & { readonly program: (adopted: Adopted) => PulumiFn };
type Change = (opened: OpenStack, onEvent: OnEvent, changing: Changing) => Promise<void>;

async function authorized(
  grantId: string,
  programs: Programs,
  surroundings: Surroundings,
  change: Change,
): Promise<ChildOutcome> {
  const answer = await programs.authorize(surroundings.settings.source, grantId, new Date());
  if (answer.kind === 'refused') return answer;
  const refusal = unfit(answer.grant, programs);
  if (refusal) return { kind: 'refused', reason: refusal };
  const { proof } = surroundings;
  const opening = { program: programs.program(answer.grant, { proof }), region: answer.grant.region };
  const program = (adopted: Adopted) => programs.program(answer.grant, { adopted, proof });
  return onStack(grantId, surroundings, opening, (opened, onEvent) =>
    change(opened, onEvent, { ...surroundings, program }),
  );
}

/**
 * First what was signed, from the state alone: an update that was cut off between the policy and its provisioning is
 * made again, while a refresh would read the policy from AWS, call it done, and the role would keep the old deadline.
 * Then against AWS, for what somebody changed there by hand.
 */
const update: Change = async (opened, onEvent, { signal, program }) => {
  const { stack, existed, interrupted, assigned, permissionSetArn } = opened;
  const fresh = !existed || (interrupted && !assigned);
  if (existed && fresh) await startOver(stack, signal);
  const up = (listen: OnEvent, more: { readonly refresh?: boolean; readonly program?: PulumiFn }) =>
    stack.up({ ...more, onEvent: listen, signal, suppressOutputs: true });
  const { missing, unknown } = await unlessDifferent(onEvent, signal, (listen) => up(listen, {}));
  // A plugin that died alone leaves no mark in the state, nor does a start over that was cut off in the middle.
  if (unknown.size > 0 && !assigned) {
    await startOver(stack, signal);
    await up(onEvent, {});
    return;
  }
  // Somebody may be working with it: what AWS has attached becomes the state's, and nothing is taken off.
  if (unknown.size > 0 && permissionSetArn !== null)
    await up(onEvent, { program: program({ names: unknown, permissionSetArn }) });
  if (!fresh || missing) await up(onEvent, { refresh: true });
};

/**
 * A kill leaves "creating" entries in the state, and in AWS perhaps what they were creating: a policy that is attached
 * there but not here makes every attempt fail ("already attached"), and no refresh finds it. As long as nobody has the
 * access yet, starting over is simpler and safer than guessing; policies go with their set.
 */
async function startOver(stack: Stack, signal: AbortSignal): Promise<void> {
  await stack.refresh({ clearPendingCreates: true, signal, suppressOutputs: true });
  await stack.destroy({ signal, suppressOutputs: true });
}

const preview: Change = async ({ stack, existed }, onEvent, { signal, settings }) => {
  try {
    await stack.preview({ refresh: existed, onEvent, signal, suppressOutputs: true });
  } finally {
    // Opening made it; an empty stack would pass for access that is there.
    if (!existed) {
      await stack.workspace.removeStack(stack.name);
      removeWorkDir(grantOfStack(stack.name) ?? '', settings);
    }
  }
};

function unfit(grant: ResolvedGrant, programs: Programs): string | undefined {
  if (Date.parse(grant.deadline) <= Date.now()) return `the grant's deadline ${grant.deadline} has passed`;
  const policy = programs.inlinePolicy(grant);
  if (policy.kind === 'ok') return undefined;
  return `the role's inline policy has ${policy.characters} characters, Identity Center takes ${policy.limit}: shorten the role's statements or its guards`;
}

async function end(grantId: string, surroundings: Surroundings): Promise<ChildOutcome> {
  await mendState(grantId, surroundings);
  if ((await stackExists(grantId, surroundings.settings)) === false) {
    // Also one that a killed operation had only begun to write: who looks through all stacks leaves those alone.
    await breakStaleLocks(grantId, surroundings.settings);
    removeWorkDir(grantId, surroundings.settings);
    return { kind: 'done', permissionSetArn: null };
  }
  return onStack(grantId, surroundings, {}, async (opened, onEvent) => {
    if (!opened.existed) return;
    removeWithDestroy(opened.stack);
    await destroy(opened, onEvent, surroundings.signal);
    if ((await stackExists(grantId, surroundings.settings)) === true)
      throw new Error('the destroy ended well and left the stack in the state');
    removeWorkDir(grantId, surroundings.settings);
  });
}

/** What can be taken away is taken away, even when one resource resists. */
async function destroy(opened: OpenStack, onEvent: OnEvent, signal: AbortSignal): Promise<void> {
  const run = (listen: OnEvent, refresh: boolean) =>
    opened.stack.destroy({ continueOnError: true, onEvent: listen, signal, refresh, suppressOutputs: true });
  const { missing, unknown } = await unlessDifferent(onEvent, signal, (listen) => run(listen, opened.interrupted));
  if (missing || unknown.size > 0) await run(onEvent, true);
}

type Difference = {
  /**
   * What is gone from AWS already makes the plugin fail ("404 status error: Assignment not found",
   * hashicorp/terraform-provider-aws#23585), whether an interrupted end, the early end or a person removed it. A refresh
   * takes it out of the state: the caller tries again with one.
   */
  readonly missing: boolean;
  /** Names of what AWS holds and the state does not know. */
  readonly unknown: ReadonlySet<string>;
};

/** Throws what is no difference between the state and AWS, and an interruption always. */
async function unlessDifferent(
  onEvent: OnEvent,
  signal: AbortSignal,
  run: (listen: OnEvent) => Promise<unknown>,
): Promise<Difference> {
  const unknown = new Set<string>();
  let missing = false;
  try {
    await run((event) => {
      const { message = '', urn = '' } = event.diagnosticEvent ?? {};
      const name = urn.split('::').at(-1) ?? '';
      if (/already attached/i.test(message) && name !== '') unknown.add(name);
      else if (/\b404\b|not ?found|couldn't find resource/i.test(message)) missing = true;
      onEvent(event);
    });
    return { missing: false, unknown: new Set() };
  } catch (error) {
    if (signal.aborted || (!missing && unknown.size === 0)) throw error;
    return { missing, unknown };
  }
}

type Opening = { readonly program?: PulumiFn; readonly region?: string };
type Work = (opened: OpenStack, onEvent: OnEvent) => Promise<void>;

async function onStack(
  grantId: string,
  surroundings: Surroundings,
  opening: Opening,
  work: Work,
): Promise<ChildOutcome> {
  const { settings, signal } = surroundings;
  const reader = progressReader(surroundings.report);
  const attempt = async () => {
    const opened = await openStack(grantId, settings, surroundings.command, opening);
    signal.throwIfAborted();
    await work(opened, reader.read);
    return opened.stack;
  };
  try {
    await mendState(grantId, surroundings);
    const lock = await breakStaleLocks(grantId, settings);
    if (lock) return { kind: 'failed', reason: lock, interrupted: false };
    await retriedOnce(attempt, (error) => unlock(error, grantId, surroundings));
    return { kind: 'done', permissionSetArn: reader.permissionSetArn() };
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', reason: 'the operation was interrupted', interrupted: true };
    const reason = describeFailure({ error, diagnostics: reader.diagnostics(), stateUrl: settings.stateUrl });
    return { kind: 'failed', reason, interrupted: false };
  }
}

async function mendState(grantId: string, { settings, report }: Surroundings): Promise<void> {
  const state = fileState(settings.stateUrl);
  if (state === null) return;
  await removeDamagedAttributes(state, grantId);
  if (await setAsideDamaged(state, grantId))
    report({ kind: 'step', text: 'setting aside a state that cannot be read' });
}

async function retriedOnce(attempt: () => Promise<Stack>, mended: (error: unknown) => Promise<boolean>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(await mended(error))) throw error;
    await attempt();
  }
}

/** On a remote store the locks are known only from the engine's own refusal. */
async function unlock(error: unknown, grantId: string, surroundings: Surroundings): Promise<boolean> {
  if (!breakStaleLock(error, surroundings.settings)) return false;
  const { stack } = await openStack(grantId, surroundings.settings, surroundings.command, {});
  await stack.cancel();
  return true;
}
