// No text can become a trailer, or keep one from being read; `git-trailers.test.ts` asks git itself.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  LONGEST_VALUE,
  parseMessage,
  renderMessage,
  singleLine,
  type Trailer,
} from '../../../app/core/record/trailers.ts';
import { HOSTILE_PIECES } from './record-cases.ts';

const hostileText = fc.oneof(
  fc.array(fc.constantFrom(...HOSTILE_PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const key = fc.constantFrom('Reason', 'Grant-Id', 'Kind', 'Proof');

test('singleLine leaves one line, is stable, and is never empty', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const line = singleLine(text);
      expect(line).toMatch(/^\S(?:.*\S)?$/u);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(singleLine(line)).toBe(line);
    }),
  );
  expect(singleLine('\n\u2028 ')).toBe('-');
  expect(Array.from(singleLine('👩'.repeat(5000)))).toHaveLength(LONGEST_VALUE);
});

test('what renders is read back as exactly that, whatever the text', () => {
  fc.assert(
    fc.property(hostileText, fc.array(fc.tuple(key, hostileText), { minLength: 1, maxLength: 6 }), (title, pairs) => {
      const trailers = pairs.map(([name, value]): Trailer => [name, singleLine(value)]);
      expect(parseMessage(renderMessage({ title, trailers: pairs }))).toEqual({ title: singleLine(title), trailers });
    }),
  );
});

test('GitHub may drop or add line breaks at the end of a message, and nothing else', () => {
  const text = renderMessage({ title: 'Title', trailers: [['Kind', 'grant']] });
  const read = { title: 'Title', trailers: [['Kind', 'grant']] };
  expect(parseMessage(text.trimEnd())).toEqual(read);
  expect(parseMessage(`${text}\n\n`)).toEqual(read);
});

test.each([
  ['a second paragraph', 'Title\n\nKind: grant\n\nCo-authored-by: Mallory <m@example.org>\n'],
  ['a paragraph before', 'Title\n\nHello\n\nKind: grant\n'],
  ['a line that is no trailer', 'Title\n\nKind: grant\nhello\n'],
  ['a folded line', 'Title\n\nKind: grant\n more\n'],
  ['a carriage return', 'Title\r\n\r\nKind: grant\r\n'],
  ['a carriage return in a value', 'Title\n\nKind: gra\rnt\n'],
  ['a line separator in a value', 'Title\n\nKind: gra\u2028nt\n'],
  ['a key in lower case', 'Title\n\nkind: grant\n'],
  ['no space after the colon', 'Title\n\nKind:grant\n'],
  ['two spaces after the colon', 'Title\n\nKind:  grant\n'],
  ['an empty value', 'Title\n\nKind: \n'],
  ['no title', '\n\nKind: grant\n'],
  ['no trailers', 'Title\n'],
  ['nothing', ''],
])('is not a message of ours: %s', (_, text) => {
  expect(parseMessage(text)).toBeNull();
});
