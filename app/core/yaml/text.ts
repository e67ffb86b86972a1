// Bytes of a file to text that every reader sees alike: UTF-8 without marks, controls or characters that hide.
import type { Problem } from '../result.ts';

export type Decoded =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused'; readonly problems: readonly [Problem, ...Problem[]] };

/** Enough to repair a file by; a hostile one could name a hundred thousand. */
export const MOST_PROBLEMS = 100;

export function decodeText(file: string, bytes: Uint8Array, maxBytes: number): Decoded {
  const whole = (message: string): Decoded => ({
    kind: 'refused',
    problems: [{ file, line: 0, column: 0, message }],
  });
  if (bytes.length > maxBytes) {
    return whole(`The file has ${bytes.length} bytes; at most ${maxBytes} are allowed. Make it shorter.`);
  }
  const mark = byteOrderMark(bytes);
  if (mark !== null) return whole(`The file starts with a ${mark}. Save it as UTF-8 without a byte order mark.`);
  const text = utf8(bytes);
  if (text === null) return whole('The file is not valid UTF-8. Save it as UTF-8.');
  const [first, ...rest] = unfitCharacters(file, text);
  return first === undefined ? { kind: 'text', text } : { kind: 'refused', problems: [first, ...rest] };
}

/**
 * The first character that a reviewer cannot see, or that turns the text around: "Trojan Source" (CVE-2021-42574),
 * zero-width twins, tag characters. Variation selectors 15 and 16 stay: emoji are made of them and they hide nothing.
 */
export function hiddenCharacter(text: string): string | null {
  const found = HIDDEN.exec(text)?.[0];
  return found === undefined ? null : codePoint(found);
}

const HIDDEN = /(?!\t|\n|\r|\uFE0E|\uFE0F)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}]/u;

function byteOrderMark(bytes: Uint8Array): string | null {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'byte order mark';
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16 byte order mark';
  return null;
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

// A lone carriage return is a line end for YAML 1.2 and none for other readers: one file, two meanings.
const UNFIT = new RegExp(`${HIDDEN.source}|\\r(?!\\n)`, 'gu');

function unfitCharacters(file: string, text: string): readonly Problem[] {
  const problems: Problem[] = [];
  let line = 1;
  let start = 0;
  for (const match of text.matchAll(UNFIT)) {
    for (let end = text.indexOf('\n', start); end !== -1 && end < match.index; end = text.indexOf('\n', start)) {
      line += 1;
      start = end + 1;
    }
    const what =
      match[0] === '\r' ? 'a lone carriage return' : `the character ${codePoint(match[0])}, which cannot be seen`;
    problems.push({ file, line, column: match.index - start + 1, message: `There is ${what}. Remove it.` });
    if (problems.length === MOST_PROBLEMS) break;
  }
  return problems;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
