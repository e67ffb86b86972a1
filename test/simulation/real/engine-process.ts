// The process of the real engine as the simulation holds it: started, asked, killed; and whether time stands still for it.
import { fork } from 'node:child_process';
import type { EngineOperation, EngineOutcome } from '../../../app/engine/engine.ts';
import { started } from '../../sandbox/bundle.ts';
import type { FromEngine, Setup, ToEngine } from './messages.ts';

export type EngineProcess = {
  readonly pid: number;
  readonly run: (action: 'grant' | 'end', operation: EngineOperation) => Promise<EngineOutcome>;
  /** Ends the operation on a grant, as its hard limit would; all of them where it cannot be told which. */
  readonly stop: (grantId: string | null) => void;
  /** Operations that have their turn. */
  readonly running: () => number;
  /** `waiting` of its requests wait for virtual time: whatever else it does, it does now. */
  readonly isBusy: (waiting: number) => boolean;
  /** SIGKILL, to it alone: what it has started finds out by itself. */
  readonly kill: () => void;
  readonly close: () => Promise<void>;
};

export type Heard = {
  readonly onChange: () => void;
  readonly onOperation: (operation: string) => void;
  /** Orphans of the process before that this one did not end. */
  readonly onUnreaped: (count: number) => void;
};

type Asked = {
  readonly operation: EngineOperation;
  readonly answer: (outcome: EngineOutcome) => void;
  stage: 'asked' | 'running' | 'stopping';
};

export function startEngineProcess(setup: Setup, heard: Heard): EngineProcess {
  const child = fork(started('test/simulation/real/engine-main.ts'), [], {
    env: { ...process.env, SIMULATION_SETUP: JSON.stringify(setup) },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const { promise: gone, resolve: onGone } = Promise.withResolvers<void>();
  const operations = new Map<number, Asked>();
  const all = () => [...operations.values()];
  let ready = false;
  let ids = 0;
  child.on('message', (message: FromEngine) => {
    hear(message);
    heard.onChange();
  });
  child.on('exit', () => {
    ready = true;
    onGone();
    heard.onChange();
  });
  const tell = (message: ToEngine): void => {
    if (child.connected) child.send(message);
  };
  const hear = (message: FromEngine): void => {
    if (message.kind === 'ready') {
      ready = true;
      if (message.left > 0) heard.onUnreaped(message.left);
    } else if (message.kind === 'starts') {
      heard.onOperation(message.operation);
      const one = all().find(({ operation, stage }) => stage === 'asked' && operation.grantId === message.grantId);
      if (one !== undefined) one.stage = 'running';
    } else if (message.kind === 'progress') operations.get(message.id)?.operation.onProgress?.(message.progress);
    else {
      operations.get(message.id)?.answer(message.outcome);
      operations.delete(message.id);
    }
  };
  const abort = (id: number): void => {
    const one = operations.get(id);
    if (one?.stage === 'running') one.stage = 'stopping';
    tell({ kind: 'abort', id });
  };
  return {
    pid: child.pid ?? 0,
    run: (action, operation) =>
      new Promise((answer) => {
        const id = ++ids;
        const { grantId, accountId, userId, signal } = operation;
        operations.set(id, { operation, answer, stage: 'asked' });
        tell({ kind: 'run', id, action, grantId, accountId, userId: userId ?? null });
        if (signal?.aborted) abort(id);
        signal?.addEventListener('abort', () => abort(id), { once: true });
      }),
    stop: (grantId) => {
      for (const [id, { operation }] of operations) if (grantId === null || operation.grantId === grantId) abort(id);
    },
    running: () => all().filter(({ stage }) => stage !== 'asked').length,
    isBusy: (waiting) => {
      if (!ready) return true;
      const stages = all().map(({ stage }) => stage);
      const running = stages.filter((stage) => stage !== 'asked').length;
      // Whoever is asked and has no turn waits for another; where there is no other, it is about to have it.
      return running > waiting || stages.includes('stopping') || (stages.length > 0 && running === 0);
    },
    kill: () => {
      operations.clear();
      child.kill('SIGKILL');
    },
    close: async () => {
      tell({ kind: 'close' });
      await gone;
    },
  };
}
