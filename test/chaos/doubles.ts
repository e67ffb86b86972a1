// The calls that leave the machine are met where they arrive: at the doubles of GitHub and AWS.

import { isDeepStrictEqual } from 'node:util';
import { markedProcesses } from '../../app/engine/process-tree.ts';
import type { RequestFacts } from '../sandbox/github/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { isPlugin } from '../sandbox/provider/is-plugin.ts';
import { ALWAYS, type Kind, type Maker, ON_THE_WIRE, type Tape } from './tape.ts';

/** Kills the app of now. */
export type Kill = () => void;

export function watchDoubles(sandbox: Sandbox, tape: Tape, kill: Kill): void {
  watchGitHub(sandbox, tape, kill);
  watchAws(sandbox, tape, kill);
}

function watchGitHub({ github }: Sandbox, tape: Tape, kill: Kill): void {
  // One question for each request: its answer decides which of the faults below strikes.
  const fates = new WeakMap<RequestFacts, Kind | null>();
  const repeated = new Map<string, { readonly kind: Kind; left: number }>();
  const copies = new Map<string, number>();
  let changedAt = 0;
  github.faults.onRequest(({ phase, request }) => {
    if (phase === 'after' && isReading(request)) copies.set(addressOf(request), Date.now());
    else if (phase === 'after') changedAt = Date.now();
    if (phase !== 'before' || request.caller !== 'app') return;
    const call = `${request.method} ${request.path}`;
    const again = repeated.get(call);
    const question = request.operation === 'git' && request.body === 'where' ? ' where' : '';
    const point = `github ${request.method} ${request.operation ?? 'unknown'}${question}`;
    // Only where something was written since: else an old answer is the true one.
    const isOld = (copies.get(addressOf(request)) ?? changedAt) < changedAt;
    const possible = isReading(request) && isOld ? [...ON_THE_WIRE, 'stale' as const] : ON_THE_WIRE;
    const fate = again !== undefined && again.left-- > 0 ? again.kind : tape.next('app', point, possible);
    fates.set(request, fate);
    if (fate?.startsWith('kill')) kill();
    // Octokit repeats these by itself: the app would never hear of a failure.
    const isRepeated = /^(GET|PATCH|DELETE)$/.test(request.method) && request.operation !== 'git';
    if (isRepeated && fate !== null && /^(error|time-out)/.test(fate) && again === undefined)
      repeated.set(call, { kind: fate, left: 2 });
  });
  const times = Number.POSITIVE_INFINITY;
  const strikes = (kind: Kind) => ({ times, when: (request: RequestFacts) => fates.get(request) === kind });
  github.faults.on(strikes('kill-before'), { kind: 'reset' });
  github.faults.on(strikes('kill-after'), { kind: 'done-then-reset' });
  github.faults.on(strikes('error'), { kind: 'refuse', status: 502 });
  github.faults.on(strikes('error-after'), { kind: 'done-then-refuse', status: 502 });
  github.faults.on(strikes('time-out'), { kind: 'done-then-hang' });
  github.faults.on(strikes('stale'), { kind: 'stale' });
}

/** GitHub's copies lag behind, those of its REST answers and of GraphQL alike; what Git asks is none of them. */
function isReading({ method, operation }: RequestFacts): boolean {
  return operation !== 'git' && (method === 'GET' || operation === '/graphql');
}

function watchAws({ aws, apps }: Sandbox, tape: Tape, kill: Kill): void {
  let fate: Kind | null = null;
  let before: Readonly<Record<string, unknown>> | undefined;
  const times = Number.POSITIVE_INFINITY;
  // Asked of every call, and strikes none.
  aws.plant({
    on: (operation, input, actor) => {
      const maker: Maker = actor === 'AKIAPLUGIN' ? 'plugin' : 'app';
      before = lastAnswer(aws, operation, input);
      // The plugin waits for an answer as long as its operation may last: ten minutes, which are played on simulated time.
      const possible = maker === 'plugin' ? ALWAYS : ON_THE_WIRE;
      fate = tape.next(maker, `aws ${operation}`, before === undefined ? possible : [...possible, 'stale']);
      if (maker === 'plugin' && fate !== 'kill-app' && fate?.startsWith('kill'))
        killPlugins(apps.map((app) => app.pid));
      else if (fate?.startsWith('kill')) kill();
      return false;
    },
    times,
    mishap: { kind: 'throttle' },
  });
  aws.plant({ on: () => fate === 'kill-before', times, mishap: { kind: 'reset' } });
  aws.plant({ on: () => fate === 'kill-after', times, mishap: { kind: 'reset', after: true } });
  aws.plant({ on: () => fate === 'error', times, mishap: { kind: 'error', code: 'AccessDeniedException' } });
  // An answer that no SDK takes for a reason to ask again by itself.
  aws.plant({
    on: () => fate === 'error-after',
    times,
    mishap: { kind: 'error-after', code: 'AccessDeniedException' },
  });
  aws.plant({ on: () => fate === 'time-out', times, mishap: { kind: 'hang', after: true } });
  aws.plant({
    on: () => fate === 'stale',
    times,
    mishap: {
      kind: 'answer',
      get body() {
        return before ?? {};
      },
    },
  });
}

/** Of a copy that lags behind; it does not lag for longer. */
const STALEST_MS = 60_000;

/** What AWS said the last time when it was asked the same; none of what changes something. */
function lastAnswer(
  { log, history }: Sandbox['aws'],
  operation: string,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  if (!/^(Get|List|Describe)/.test(operation)) return undefined;
  const same = log.findLast((one) => one.operation === operation && isDeepStrictEqual(one.request, input));
  if (same === undefined || same.status !== 200 || Date.now() - same.at.getTime() > STALEST_MS) return undefined;
  // Only where something changed since: else an old answer is the true one.
  if ((history.at(-1)?.at.getTime() ?? 0) <= same.at.getTime()) return undefined;
  return same.response as Readonly<Record<string, unknown>>;
}

function addressOf({ method, path, query, body }: RequestFacts): string {
  return `${method} ${path}?${query} ${JSON.stringify(body)}`;
}

/** Of these apps only: other tests have theirs. */
function killPlugins(apps: readonly number[]): void {
  for (const { pid, supervisor } of markedProcesses())
    if (apps.includes(Number.parseInt(supervisor ?? '', 10)) && isPlugin(pid)) process.kill(pid, 'SIGKILL');
}
