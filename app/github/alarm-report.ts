// The text of the issue that tells of open alarms. Sentences may hold strangers' text: paths, logins, names in AWS.
import { quoted, sentence, utc } from './text.ts';

export type ShownAlarm = {
  readonly code: string;
  readonly since: Date;
  readonly sentence: string;
  /** What to do about it. */
  readonly advice: string;
};

/** Nobody sees it; together with the App as its author it says which issue this is. */
export const ALARM_MARKER = '<!-- breakglass:alarms -->';

/** GitHub takes 65,536 characters, and each one of a hostile sentence may become nine; what is left out is in the log. */
const MOST_ROWS = 20;
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
  const shown = alarms
    .slice(0, MOST_ROWS)
    .map((one) => `| ${quoted(one.code)} | ${utc(one.since)} | ${cell(one.sentence)} | ${one.advice} |`);
  const left = alarms.length - shown.length;
  const rest = left === 0 ? [] : ['', `And ${left} more, in the log.`];
  return ['| alarm | since | what | what to do |', '|---|---|---|---|', ...shown, ...rest].join('\n');
}

/** A bar would end the cell, inside of code too. */
function cell(text: string): string {
  const clipped = text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE)} …` : text;
  return sentence(clipped.replaceAll('|', '¦'));
}
