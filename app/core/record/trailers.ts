// A commit message that is wholly ours: one title, one blank line, one paragraph of single-line trailers.
export type Trailer = readonly [key: string, value: string];

export type Message = { readonly title: string; readonly trailers: readonly Trailer[] };

const KEY = /^[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*$/;
const LINE = /^([A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*): (\S(?:.*\S)?)$/;
/** Line breaks of every alphabet, and what moves a terminal's cursor. Fixed in Unicode for ever, unlike `\p{Cf}`. */
const BREAKS = /[\p{Cc}\u2028\u2029]/u;

/** Longest value; git itself has no limit, people reading `git log` do. */
export const LONGEST_VALUE = 2000;

/**
 * Makes any text safe as one trailer value: no line break of any alphabet can end the line and start a forged trailer,
 * no format character can change how a terminal shows it.
 */
export function singleLine(text: string): string {
  const flat = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return Array.from(flat).slice(0, LONGEST_VALUE).join('').trimEnd() || '-';
}

/** As they are to be written: every value made safe. */
export function safeTrailers(trailers: readonly Trailer[]): readonly Trailer[] {
  return trailers.map(([key, value]) => [checkedKey(key), singleLine(value)]);
}

/** The exact bytes of the trailer lines, each ended by a newline: what is signed. */
export function trailerBlock(trailers: readonly Trailer[]): string {
  return trailers.map(([key, value]) => `${key}: ${value}\n`).join('');
}

export function renderMessage(message: Message): string {
  return `${singleLine(message.title)}\n\n${trailerBlock(safeTrailers(message.trailers))}`;
}

/**
 * Only the form that `renderMessage` writes is read; anything else is not a record of ours. Which characters Unicode
 * calls invisible grows with its versions, so that is asked when writing only: an old record must not turn invalid.
 */
export function parseMessage(text: string): Message | null {
  const lines = text.replace(/\n+$/, '').split('\n');
  const [title, blank, ...rest] = lines;
  if (title === undefined || blank !== '' || rest.length === 0) return null;
  const trailers: Trailer[] = [];
  for (const line of rest) {
    const match = LINE.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || BREAKS.test(line)) return null;
    trailers.push([match[1], match[2]]);
  }
  return title === '' || BREAKS.test(title) ? null : { title, trailers };
}

function checkedKey(key: string): string {
  if (!KEY.test(key)) throw new Error(`not a trailer key: ${JSON.stringify(key)}`);
  return key;
}
