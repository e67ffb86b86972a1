// What is said of a file that is read strictly, word for word and with its place: it is what people correct it by.
import { describe, expect, test } from 'vitest';
import { parseStrictYaml } from '../../../app/core/yaml/strict.ts';
import { syntaxSentence } from '../../../app/core/yaml/syntax-sentence.ts';

function told(text: string | Uint8Array, maxBytes = 10_000): readonly string[] {
  const parsed = parseStrictYaml('f.yaml', typeof text === 'string' ? Buffer.from(text) : text, { maxBytes });
  if (parsed.kind === 'ok') return [];
  expect(parsed.problems.every(({ file }) => file === 'f.yaml')).toBe(true);
  return parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const brackets = (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('what two readers could read differently', () => {
  test.each<readonly [string | Uint8Array, string]>([
    ['', '1:1 The file is empty.'],
    [
      Buffer.from('\uFEFFa: 1'),
      '0:0 The file starts with a byte order mark. Save it as UTF-8 without a byte order mark.',
    ],
    [
      Buffer.from('\uFEFFa: 1', 'utf16le'),
      '0:0 The file starts with a UTF-16 byte order mark. Save it as UTF-8 without a byte order mark.',
    ],
    [
      Uint8Array.of(0xfe, 0xff, 0, 0x61),
      '0:0 The file starts with a UTF-16 byte order mark. Save it as UTF-8 without a byte order mark.',
    ],
    [Uint8Array.of(0x61, 0x3a, 0x20, 0xff), '0:0 The file is not valid UTF-8. Save it as UTF-8.'],
    // Half a mark is no mark.
    [Uint8Array.of(0xff, 0x61), '0:0 The file is not valid UTF-8. Save it as UTF-8.'],
    [Uint8Array.of(0xfe, 0x61), '0:0 The file is not valid UTF-8. Save it as UTF-8.'],
    [Uint8Array.of(0xef, 0xbb, 0x61), '0:0 The file is not valid UTF-8. Save it as UTF-8.'],
    ['a: 1\nb: c\u0007', '2:5 There is the character U+0007, which cannot be seen. Remove it.'],
    ['a: 1\n\n\nb: c\u200bd', '4:5 There is the character U+200B, which cannot be seen. Remove it.'],
    ['a: 1\rb: 2', '1:5 There is a lone carriage return. Remove it.'],
    ['a: "\\u202e"', '1:4 There is the character U+202E, which cannot be seen. Remove it.'],
    ['"a\\u200b": 1', '1:1 There is the character U+200B, which cannot be seen. Remove it.'],
    ['a: &x 1', '1:7 Anchors (&x) are not allowed. Remove it, or put text in quotes.'],
    ['a: &x [1]', '1:7 Anchors (&x) are not allowed. Remove it, or put text in quotes.'],
    ['a: &x { b: 1 }', '1:7 Anchors (&x) are not allowed. Remove it, or put text in quotes.'],
    ['a: !x 1', '1:7 Tags (!x) are not allowed. Remove it, or put text in quotes.'],
    ['<<: { a: 1 }', '1:1 Merge keys (<<) are not allowed. Write the keys out.'],
    ['a: 1\na: 3', '2:1 The key "a" stands here twice. Keep one of them.'],
    ['a: 1\n---\nb: 2', '2:1 There is more than one document in the file. Keep one and remove the `---` between them.'],
    ['1: a', '1:1 A key must be text. Write it in quotes: "1".'],
    ['b: 1\n? [a]\n: b', '2:3 A key must be text, not a list or a mapping.'],
    ['a: 012', '1:4 012 can be read in two ways. Write it in quotes if it is text: "012".'],
    [brackets(33), '1:36 Values are nested more than 32 levels deep.'],
  ])('%#', (text, sentence) => {
    expect(told(text)).toContain(sentence);
  });

  test('as deep as allowed is fine', () => {
    expect(told(brackets(32))).toEqual([]);
  });

  test('an alias, as value and as key', () => {
    const alias = 'Aliases (*x) are not allowed. Write the value out, or put text in quotes.';
    expect(told('a: &x 1\nb: *x')).toContain(`2:4 ${alias}`);
    expect(told('a: &x b\n*x : 1')).toContain('2:1 Aliases are not allowed as keys.');
  });

  test('a directive, once, with the rest of the file', () => {
    expect(told('%YAML 1.2\n---\na: 012')).toEqual([
      '1:1 YAML directives (lines that start with %) are not allowed. Remove the line.',
      '3:4 012 can be read in two ways. Write it in quotes if it is text: "012".',
    ]);
  });

  test('a file of exactly as many bytes as allowed is read, one more is not', () => {
    expect(told('a: 1', 4)).toEqual([]);
    expect(told('a: 12', 4)).toEqual(['0:0 The file has 5 bytes; at most 4 are allowed. Make it shorter.']);
  });

  test('each problem once, and a third document like a second', () => {
    expect(told('a: 1\n---\nb: 2\n---\nc: 3')).toHaveLength(1);
    expect(told('a: &x 1\nb: &x 2')).toHaveLength(2);
  });
});

describe('what the parser itself refuses', () => {
  const quotes = 'Put the whole value in double quotes.';
  test.each<readonly [Parameters<typeof syntaxSentence>[0]['code'], string]>([
    ['ALIAS_PROPS', `Anchors, aliases and tags are not allowed. ${quotes}`],
    ['BAD_ALIAS', `Anchors and aliases are not allowed. ${quotes}`],
    ['BAD_DIRECTIVE', 'YAML directives (lines that start with %) are not allowed. Remove the line.'],
    [
      'BAD_INDENT',
      'The indentation is wrong, or a bracket or quote is not closed. Align this line with its neighbours.',
    ],
    ['BAD_SCALAR_START', `A value cannot start with this character. ${quotes}`],
    ['BLOCK_AS_IMPLICIT_KEY', `There is a second ": " in this line. ${quotes}`],
    ['DUPLICATE_KEY', 'This key stands here twice. Keep one of them.'],
    ['MISSING_CHAR', 'Something is missing here: a closing quote or bracket, a comma, or the space after a colon.'],
    ['MULTIPLE_ANCHORS', `Anchors are not allowed. ${quotes}`],
    ['MULTIPLE_DOCS', 'There is more than one document in the file. Keep one.'],
    ['MULTIPLE_TAGS', `Tags are not allowed. ${quotes}`],
    ['MULTILINE_IMPLICIT_KEY', 'A key must fit on one line, with its colon.'],
    ['RESOURCE_EXHAUSTION', 'Values are nested too deeply.'],
    ['TAB_AS_INDENT', 'Indent with spaces, not with tabs.'],
    ['TAG_RESOLVE_FAILED', `Tags (words that start with !) are not allowed. ${quotes}`],
    ['IMPOSSIBLE', 'This is not valid YAML: the first line. If the value is text, put all of it in double quotes.'],
  ])('%s', (code, sentence) => {
    expect(syntaxSentence({ code, message: 'the first line\nand more' })).toBe(sentence);
  });

  test('comes with its place', () => {
    expect(told('a: 1\nb: @x')).toEqual([`2:4 A value cannot start with this character. ${quotes}`]);
  });
});

test('what is written, and where it stands', () => {
  const parsed = parseStrictYaml('f.yaml', Buffer.from('a: [x, { b: "y" }]\nc: 7\n'), { maxBytes: 100 });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems[0].message);
  const { place, written } = parsed.value;
  expect(place(['a', 0])).toEqual({ line: 1, column: 5 });
  expect(place(['a', 1, 'b'])).toEqual({ line: 1, column: 13 });
  expect(place(['a', 1, 'b'], 'key')).toEqual({ line: 1, column: 10 });
  // Where nothing stands, the nearest that does: text does not count a list, a number names no key.
  expect(place(['a', 7])).toEqual({ line: 1, column: 4 });
  expect(place(['a', 'b'])).toEqual({ line: 1, column: 4 });
  expect(place(['c', 'd'], 'key')).toEqual({ line: 2, column: 4 });
  expect(place([0])).toEqual({ line: 1, column: 1 });
  expect([written(['a', 0]), written(['a', 1, 'b']), written(['c']), written(['d']), written(['a', 7])]).toEqual([
    'x',
    'y',
    '7',
    null,
    null,
  ]);
});
