// Every alarm goes through here: said once in the log when it opens, open while its condition holds, shown to people.
//
//   context.alarms.raise(code, subject, sentence, facts?)  a condition that holds now. Call it as often as you look: it is
//                                                          logged only when it opens.
//   context.alarms.clear(code, subject?)                   the condition has passed; without a subject, all of this code.
//   context.alarms.hold(code, [{subject, sentence, facts}]) all that holds of this code now: opens what is new, closes the
//                                                          others. The way for a pass that sees everything.
//   context.alarms.happened(code, subject, sentence, facts?) something that happened and does not pass by itself: open for
//                                                          a day. Give each happening a subject of its own.
//
// `subject` tells alarms of one code apart (a grant's id, an ARN, a commit) and must not change while the condition holds.
// `facts` go into the log line beside `alarm`. A new code goes into alarm-codes.ts and README's table.
import type { Logger } from 'pino';
import type { AlarmCode } from './alarm-codes.ts';

export type Facts = Readonly<Record<string, unknown>>;

export type Raised = {
  readonly subject: string;
  /** For people: in the log, the issue, the status. May hold strangers' text. */
  readonly sentence: string;
  readonly facts?: Facts;
};

export type OpenAlarm = {
  readonly code: AlarmCode;
  readonly subject: string;
  readonly sentence: string;
  readonly since: Date;
  /** When it closes by itself, where it tells of something that happened. */
  readonly until: Date | null;
  /** The issue has told people that it opened. */
  readonly announced: boolean;
};

export type Alarms = {
  readonly raise: (code: AlarmCode, subject: string, sentence: string, facts?: Facts) => void;
  readonly clear: (code: AlarmCode, subject?: string) => void;
  readonly hold: (code: AlarmCode, holding: readonly Raised[]) => void;
  readonly happened: (code: AlarmCode, subject: string, sentence: string, facts?: Facts) => void;
  /** Oldest first. */
  readonly open: () => readonly OpenAlarm[];
  readonly announce: (alarms: readonly OpenAlarm[]) => void;
  /** How many opened in this process, for the counter. */
  readonly opened: () => ReadonlyMap<AlarmCode, number>;
};

export type AlarmOptions = {
  readonly log: Pick<Logger, 'error' | 'info'>;
  readonly now: () => Date;
  /** What was open when the process before this one ended: it paged somebody already. */
  readonly restored?: readonly OpenAlarm[];
};

/** Long enough that a person sees it in the morning. */
const HAPPENED_MS = 86_400_000;

type State = AlarmOptions & {
  readonly alarms: Map<string, OpenAlarm>;
  readonly counts: Map<AlarmCode, number>;
};

export function createAlarms(options: AlarmOptions): Alarms {
  const alarms = new Map((options.restored ?? []).map((one) => [keyOf(one.code, one.subject), one]));
  const state: State = { ...options, alarms, counts: new Map() };
  return {
    raise: (code, subject, sentence, facts = {}) => open(state, code, { subject, sentence, facts }, null),
    clear: (code, subject) => {
      for (const one of [...alarms.values()])
        if (one.code === code && (subject === undefined || one.subject === subject)) close(state, one);
    },
    hold: (code, holding) => {
      const subjects = new Set(holding.map((one) => one.subject));
      for (const one of [...alarms.values()])
        if (one.code === code && one.until === null && !subjects.has(one.subject)) close(state, one);
      for (const one of holding) open(state, code, one, null);
    },
    happened: (code, subject, sentence, facts = {}) =>
      open(state, code, { subject, sentence, facts }, new Date(state.now().getTime() + HAPPENED_MS)),
    open: () => {
      closePassed(state);
      return [...alarms.values()].sort((a, b) => a.since.getTime() - b.since.getTime());
    },
    announce: (told) => {
      for (const one of told) {
        const key = keyOf(one.code, one.subject);
        const still = alarms.get(key);
        if (still !== undefined) alarms.set(key, { ...still, announced: true });
      }
    },
    opened: () => state.counts,
  };
}

function closePassed(state: State): void {
  for (const one of [...state.alarms.values()]) if (one.until !== null && one.until <= state.now()) close(state, one);
}

function open(state: State, code: AlarmCode, raised: Raised, until: Date | null): void {
  closePassed(state);
  const { alarms, counts, log, now } = state;
  const { subject, sentence, facts = {} } = raised;
  const key = keyOf(code, subject);
  const known = alarms.get(key);
  if (known !== undefined) {
    alarms.set(key, { ...known, sentence });
    return;
  }
  alarms.set(key, { code, subject, sentence, since: now(), until, announced: false });
  counts.set(code, (counts.get(code) ?? 0) + 1);
  log.error({ alarm: code, ...facts }, sentence);
}

/** Without the field `alarm`: that is what pages somebody. */
function close({ alarms, log }: State, { code, subject }: OpenAlarm): void {
  alarms.delete(keyOf(code, subject));
  log.info({ alarmClosed: code, subject }, 'alarm closed');
}

function keyOf(code: AlarmCode, subject: string): string {
  return `${code} ${subject}`;
}
