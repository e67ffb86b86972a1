// Grants that were approved and are not there, and ended ones that AWS has not proved to be gone, for too long.
import { wholeSeconds } from '../core/instant.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Raised } from './alarms.ts';
import type { Context } from './context.ts';
import { standingOf, type Trouble } from './standing.ts';

export function sayStuck({ alarms, memory, engine, github }: Context, ledger: Ledger): void {
  // One that stands by tries nothing: the process that works knows what is stuck.
  const stuck = engine().kind === 'standby' ? [] : standingOf(ledger, memory, github.now()).stuck;
  const of = (what: Trouble['what']) => stuck.filter((one) => one.what === what).map(asRaised);
  alarms.hold('grant-stuck', of('granting'));
  alarms.hold('removal-unproven', of('removal'));
}

function asRaised({ grant, what, since, reason }: Trouble): Raised {
  const at = wholeSeconds(since);
  const sentence =
    what === 'granting'
      ? `grant "${grant}" was approved and merged, but since ${at} every attempt to make its access failed`
      : `grant "${grant}" ended at ${at}, and AWS has not proved yet that its access is gone`;
  return { subject: grant, sentence, facts: { grant, since: at, error: reason } };
}
