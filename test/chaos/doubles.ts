// The calls that leave the machine are met where they arrive: at the doubles of GitHub and AWS.

import { readFileSync } from 'node:fs';
import { markedProcesses } from '../../app/engine/process-tree.ts';
import type { RequestFacts } from '../sandbox/github/index.ts';
import type { Sandbox } from '../sandbox/index.ts';
import type { Kind, Maker, Tape } from './tape.ts';

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
  github.faults.onRequest(({ phase, request }) => {
    if (phase !== 'before' || request.caller !== 'app') return;
    const call = `${request.method} ${request.path}`;
    const again = repeated.get(call);
    const point = `github ${request.method} ${request.operation ?? 'unknown'}`;
    const fate = again !== undefined && again.left-- > 0 ? again.kind : tape.next('app', point);
    fates.set(request, fate);
    if (fate?.startsWith('kill')) kill();
    // Octokit repeats these by itself: the app would never hear of a failure.
    const isRepeated = /^(GET|PATCH|DELETE)$/.test(request.method) && request.operation !== 'git';
    if (isRepeated && fate?.startsWith('error') && again === undefined) repeated.set(call, { kind: fate, left: 2 });
  });
  const times = Number.POSITIVE_INFINITY;
  const strikes = (kind: Kind) => ({ times, when: (request: RequestFacts) => fates.get(request) === kind });
  github.faults.on(strikes('kill-before'), { kind: 'reset' });
  github.faults.on(strikes('kill-after'), { kind: 'done-then-reset' });
  github.faults.on(strikes('error'), { kind: 'refuse', status: 502 });
  github.faults.on(strikes('error-after'), { kind: 'done-then-refuse', status: 502 });
}

function watchAws({ aws, apps }: Sandbox, tape: Tape, kill: Kill): void {
  let fate: Kind | null = null;
  const times = Number.POSITIVE_INFINITY;
  // Asked of every call, and strikes none.
  aws.plant({
    on: (operation, _, actor) => {
      const maker: Maker = actor === 'AKIAPLUGIN' ? 'plugin' : 'app';
      fate = tape.next(maker, `aws ${operation}`);
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
}

/** Of these apps only: other tests have theirs. */
function killPlugins(apps: readonly number[]): void {
  for (const { pid, supervisor } of markedProcesses())
    if (apps.includes(Number.parseInt(supervisor ?? '', 10)) && isPlugin(pid)) process.kill(pid, 'SIGKILL');
}

function isPlugin(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('provider.ts');
  } catch {
    return false; // ended meanwhile
  }
}
