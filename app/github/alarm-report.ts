// The text of the issue that tells of open alarms. Sentences may hold strangers' text: paths, logins, names in AWS.
import { quoted, sentence, utc } from './text.ts';

export type ShownAlarm = {
  readonly code: string;
  readonly since: Date;
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
  /** The lowest is shown first. */
  readonly rank: number;
};

/** Nobody sees it; together with the App as its author it says which issue this is. */
export const ALARM_MARKER = '<!-- breakglass:alarms -->';

/** GitHub takes 65,536 characters, and each one of a hostile sentence may become nine; what is left out is in the log. */
const MOST_ROWS = 20;
/** Of one code: many small ones must not hide a grave one. */
const MOST_OF_A_CODE = 3;
const LONGEST_SENTENCE = 300;

export function alarmIssueBody(alarms: readonly ShownAlarm[]): string {
  return [
    ALARM_MARKER,
    '**These alarms of breakglass are open.** The app keeps this list, comments when a new one opens, and closes the issue when none is left. The details are in its log.',
    rows(alarms),
  ].join('\n\n');
}

export function closedAlarmBody(): string {
  return `${ALARM_MARKER}\n\n**No alarm of breakglass is open.** The next one opens this issue again.`;
}

export function alarmComment(alarms: readonly ShownAlarm[]): string {
  return `**${alarms.length === 1 ? 'A new alarm' : `${alarms.length} new alarms`}:**\n\n${rows(alarms)}`;
}

function rows(alarms: readonly ShownAlarm[]): string {
  const all = byCode(alarms).flatMap(rowsOfCode);
  const shown = all.slice(0, MOST_ROWS);
  const left = all.slice(MOST_ROWS).reduce((sum, { stands }) => sum + stands, 0);
  const rest = left === 0 ? [] : ['', `And ${left} more, in the log.`];
  return ['| alarm | since | what | what to do |', '|---|---|---|---|', ...shown.map(({ text }) => text), ...rest].join(
    '\n',
  );
}

/** Grave ones first, then the newest; those of one code together. */
function byCode(alarms: readonly ShownAlarm[]): readonly (readonly ShownAlarm[])[] {
  const sorted = alarms.toSorted((a, b) => a.rank - b.rank || b.since.getTime() - a.since.getTime());
  return [...Map.groupBy(sorted, ({ code }) => code).values()];
}

/** `stands`: for how many alarms. */
type Row = { readonly text: string; readonly stands: number };

function rowsOfCode(alarms: readonly ShownAlarm[]): readonly Row[] {
  const rows = alarms.slice(0, MOST_OF_A_CODE).map(({ code, since, sentence, advice }) => ({
    text: `| ${quoted(code)} | ${utc(since)} | ${cell(sentence)} | ${advice} |`,
    stands: 1,
  }));
  const left = alarms.length - rows.length;
  const [first] = alarms;
  if (left === 0 || first === undefined) return rows;
  return [...rows, { text: `| ${quoted(first.code)} | | and ${left} more, in the log | |`, stands: left }];
}

/** A bar would end the cell, inside of code too. */
function cell(text: string): string {
  const clipped = text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)} …` : text;
  return sentence(clipped.replaceAll('|', '¦'));
}
