// Alarms of the history: what somebody pushed around the app. History never forgets; an alarm must close some day.
import type { Ledger, LedgerAlarm } from '../core/ledger/ledger.ts';
import type { Raised } from './alarms.ts';
import type { Context } from './context.ts';

type Code = LedgerAlarm['code'];

/** Said once each. What the app itself puts right within seconds is open for a day all the same: somebody did it. */
export function sayHistory({ alarms, memory }: Pick<Context, 'alarms' | 'memory'>, ledger: Ledger): void {
  const standing = new Map<Code, Raised[]>(CLOSED_BY_PEOPLE.map((code) => [code, []]));
  for (const alarm of ledger.alarms) {
    const { code } = alarm;
    const raised = asRaised(alarm);
    const key = `${code} ${raised.subject}`;
    const stands = isStanding(ledger, alarm);
    if (stands && standing.has(code)) standing.get(code)?.push(raised);
    // What stands longer than a day opens again each day.
    else if (stands || !memory.saidAlarms.has(key))
      alarms.happened(code, raised.subject, raised.sentence, raised.facts);
    memory.saidAlarms.add(key);
  }
  for (const [code, holding] of standing) alarms.hold(code, holding);
}

/** Whoever puts `policies/` back has seen the alarm: it closes at once. */
const CLOSED_BY_PEOPLE: readonly Code[] = ['policy-unauthorized', 'policy-unreadable'];

function isStanding(ledger: Ledger, { code, commit, grant }: LedgerAlarm): boolean {
  switch (code) {
    case 'grant-unauthorized':
      return ledger.strays.some((one) => one.commit === commit && one.id === grant);
    case 'grant-edited':
      return ledger.grants.get(grant ?? '')?.removed === null;
    case 'policy-unauthorized':
    case 'policy-unreadable':
      return ledger.policyDiverged && ledger.alarms.findLast(isOfPolicy)?.commit === commit;
    case 'authorization-invalid':
    case 'authorization-replayed':
      return false;
  }
}

function isOfPolicy({ code }: LedgerAlarm): boolean {
  return code === 'policy-unauthorized' || code === 'policy-unreadable';
}

function asRaised({ commit, grant, at, message }: LedgerAlarm): Required<Raised> {
  return {
    subject: grant === undefined ? commit : `${commit} ${grant}`,
    sentence: message,
    facts: { commit, at: at.toISOString() },
  };
}
