// Strangers' text in our Markdown: shown, never interpreted; and times as people at 03:00 need them.
import { differenceInMilliseconds } from 'date-fns/differenceInMilliseconds';
import { formatDuration } from '../core/grant/duration.ts';

/** As inline code: no mention, link, HTML or emphasis can come of it. */
export function quoted(text: string): string {
  const flat = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll('`', "'")
    .replaceAll('|', '¦')
    .trim();
  return `\`${flat === '' ? ' ' : flat}\``;
}

/**
 * A sentence of ours that may repeat a stranger's words, such as a key of a file: its `code` stays, everything else
 * that Markdown, GitHub's mentions or its automatic links would read is made plain.
 */
export function sentence(text: string): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return flat.replace(/(?<!`)`[^`]+`(?!`)|:\/\/|\bwww\.|@|_(?!\w)|(?<!\w)_|[\\`*<>&~[\]|]/gi, (found) => {
    if (found.length > 2 && found.startsWith('`')) return found;
    if (found === '@' || found === '://') return `${found.slice(0, 1)}${NOTHING}${found.slice(1)}`;
    return found.length === 4 ? `${found.slice(0, 3)}${NOTHING}.` : `\\${found}`;
  });
}

/** Ends a mention or an address where it stands, without a trace in what people see or copy. */
const NOTHING = '<!-- -->';

/** `2026-11-22 05:04:00 UTC` */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `in 1h59m` or `3m ago`, for terminals; comments must not change by themselves and use fixed spans instead. */
export function relative(at: Date, now: Date): string {
  const seconds = Math.round(differenceInMilliseconds(at, now) / 1000);
  if (seconds === 0) return 'now';
  const span = formatDuration(rounded(Math.abs(seconds)));
  return seconds > 0 ? `in ${span}` : `${span} ago`;
}

/** `3 s ahead`, of a clock beside this machine's, by the `Date` of an answer, which has whole seconds. */
export function differs(seconds: number | null): string {
  if (seconds === null) return 'not known yet';
  const whole = Math.round(seconds);
  if (Math.abs(whole) <= 1) return 'the same';
  return `${Math.abs(whole)} s ${whole > 0 ? 'ahead' : 'behind'}`;
}

function rounded(seconds: number): number {
  if (seconds >= 86_400) return Math.round(seconds / 3600) * 3600;
  return seconds >= 600 ? Math.round(seconds / 60) * 60 : seconds;
}
