// One key of the queue to the reconciler that looks at it.
import type { Again } from '../queue/queue.ts';
import { reconcileGrant } from './access.ts';
import type { Context } from './context.ts';
import { type Passed, pass } from './pass.ts';
import { reconcilePull } from './pull.ts';
import { reconcileRemoval } from './removal.ts';

export type WorkerOptions = {
  readonly context: Context;
  readonly passMs: number;
  readonly onPass: (passed: Passed) => void;
};

export function worker({
  context,
  passMs,
  onPass,
}: WorkerOptions): (key: string, signal: AbortSignal) => Promise<Again | undefined> {
  return async (key, signal) => {
    const [kind, rest = ''] = splitOnce(key);
    switch (kind) {
      case 'pull':
        return await reconcilePull(context, Number(rest));
      case 'grant':
        return await reconcileGrant(context, rest, signal);
      case 'removal':
        await reconcileRemoval(context);
        return undefined;
      case 'pass':
        onPass(await pass(context));
        return { again: passMs };
      default:
        throw new Error(`no reconciler for the key "${key}"`);
    }
  };
}

/** Ending and granting access come before talking about it. */
export function priority(key: string): number {
  return key.startsWith('grant:') ? 1 : 0;
}

function splitOnce(key: string): readonly string[] {
  const at = key.indexOf(':');
  return at < 0 ? [key] : [key.slice(0, at), key.slice(at + 1)];
}
