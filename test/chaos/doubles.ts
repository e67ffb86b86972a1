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
  github.faults.onRequest(({ phase, request }) => {
    if (phase !== 'before' || request.caller !== 'app') return;
    const fate = tape.next('app', `github ${request.method} ${request.operation ?? 'unknown'}`);
    fates.set(request, fate);
    if (fate?.startsWith('kill')) kill();
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
      // Before its call the plugin dies, as the app does before its own; after it the app, and the plugin finds out.
      if (maker === 'plugin' && fate === 'kill-before') killPlugins(apps.map((app) => app.pid));
      else if (fate?.startsWith('kill')) kill();
      return false;
    },
    times,
    mishap: { kind: 'throttle' },
  });
  aws.plant({ on: () => fate === 'kill-before', times, mishap: { kind: 'reset' } });
  aws.plant({ on: () => fate === 'kill-after', times, mishap: { kind: 'reset', after: true } });
  aws.plant({ on: () => fate === 'error', times, mishap: { kind: 'error', code: 'InternalServerException' } });
  aws.plant({ on: () => fate === 'error-after', times, mishap: { kind: 'error-after' } });
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
