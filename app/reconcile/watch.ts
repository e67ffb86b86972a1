// What somebody who watches the app sees: alarms, how the grants stand, the last pass and the clocks, in one look.
import type { OpenAlarm } from './alarms.ts';
import type { Context } from './context.ts';
import { type Standing, standingOf } from './standing.ts';

export type Clocks = {
  /** Theirs minus this machine's, in seconds; null where nothing was answered yet. */
  readonly aws: number | null;
  readonly github: number | null;
};

export type Watch = {
  readonly at: Date;
  /** The last pass that found no problem. */
  readonly lastPass: Date | null;
  /** Of the last pass. */
  readonly problems: readonly string[];
  /** `ready`, or why it is not. */
  readonly engine: string;
  readonly alarms: readonly OpenAlarm[];
  /** Null where the ledger cannot be read, or while another process does the work. */
  readonly standing: Standing | null;
  readonly clocks: Clocks;
};

/** What only the process knows. */
export type Health = Pick<Watch, 'lastPass' | 'problems' | 'engine'> & { readonly connected: boolean };

export async function watch(context: Context, { connected, ...health }: Health): Promise<Watch> {
  const { github, memory, alarms, identityCenter, engine } = context;
  const now = github.now();
  const ledger = await context.ledger().catch(() => null);
  const aws = ledger === null ? null : identityCenter(ledger.policy.value.settings.identityCenter).clockDifferenceMs();
  return {
    at: now,
    ...health,
    alarms: alarms.open(),
    standing: ledger === null || engine().kind === 'standby' ? null : standingOf(ledger, memory, now),
    clocks: {
      aws: aws === null ? null : aws / 1000,
      github: connected ? (now.getTime() - Date.now()) / 1000 : null,
    },
  };
}
