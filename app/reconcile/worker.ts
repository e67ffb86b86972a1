// One key of the queue to the reconciler that looks at it.
import type { Again, QueueOptions } from '../queue/queue.ts';
import { reconcileGrant } from './access.ts';
import { reconcileAlarmIssue } from './alarm-issue.ts';
import type { Context } from './context.ts';
import { doubtAll } from './looked.ts';
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
      case 'pulls':
        doubtAll(context);
        context.enqueue('pass');
        return undefined;
      case 'pass':
        onPass(await pass(context, passMs));
        return { again: passMs };
      default:
        throw new Error(`no reconciler for the key "${key}"`);
    }
  };
}

const PLACES = 64;
/** Each waits for AWS for half a minute and more. */
const ORPHANS = 4;

/**
 * What ends and grants access takes no place, and neither does what finds ends: nobody's junk, be it five hundred pull
 * requests or as many permission sets, may hold up a /revoke.
 */
export function places({ memory }: Pick<Context, 'memory'>): Places {
  const findsEnds = (key: string) =>
    /^(grant:|(ordered-ends|pass)$)/.test(key) ||
    (key.startsWith('pull:') && memory.livePulls.has(Number(key.slice('pull:'.length))));
  return {
    concurrency: PLACES,
    placeless: findsEnds,
    few: (key) => (key.startsWith('orphan:') ? { group: 'orphan', most: ORPHANS } : null),
    // Of each of the app's own tasks there is one; of the others strangers can make as many as they like.
    priority: (key) => (findsEnds(key) ? 2 : /^(pull|orphan):/.test(key) ? 0 : 1),
  };
}

type Places = Required<Pick<QueueOptions, 'concurrency' | 'placeless' | 'few' | 'priority'>>;

function splitOnce(key: string): readonly string[] {
  const at = key.indexOf(':');
  return at < 0 ? [key] : [key.slice(0, at), key.slice(at + 1)];
}
