// One key of the queue to the reconciler that looks at it.
import type { Again } from '../queue/queue.ts';
import { reconcileGrant } from './access.ts';
import { reconcileAlarmIssue } from './alarm-issue.ts';
import type { Context } from './context.ts';
import { reconcileOrderedEnds } from './ordered-ends.ts';
import { reconcileOrphan } from './orphan.ts';
import { type Passed, pass } from './pass.ts';
import { reconcilePull } from './pull.ts';
import { reconcileRemoval } from './removal.ts';
import { reconcileSweep } from './sweep.ts';

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
      case 'sweep':
        await reconcileSweep(context, signal);
        return undefined;
      case 'orphan':
        await reconcileOrphan(context, rest, signal);
        return undefined;
      case 'alarm-issue':
        await reconcileAlarmIssue(context);
        return undefined;
      case 'ordered-ends':
        return await reconcileOrderedEnds(context);
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
  return key.startsWith('grant:') || key === 'ordered-ends' ? 1 : 0;
}

function splitOnce(key: string): readonly string[] {
  const at = key.indexOf(':');
  return at < 0 ? [key] : [key.slice(0, at), key.slice(at + 1)];
}
