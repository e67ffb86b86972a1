// What a strictly read file may hold, and the place and words of every refusal.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseStrictYaml } from '../../../app/core/yaml/strict.ts';

const read = (text: string | Uint8Array) =>
  parseStrictYaml('f.yaml', typeof text === 'string' ? Buffer.from(text) : text, { maxBytes: 4 * 1024 * 1024 });

function sentences(text: string | Uint8Array): readonly string[] {
  const parsed = read(text);
  return parsed.kind === 'ok' ? [] : parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const REFUSED: readonly (readonly [name: string, text: string | Uint8Array, sentence: RegExp])[] = [
  ['nothing', '', /^1:1 The file is empty/],
  ['comments only', '# a\n', /The file is empty/],
  ['an empty document', '---\n', /The file is empty/],
  ['a byte order mark', Buffer.from('\uFEFFa: 1'), /byte order mark/],
  ['a byte order mark inside', 'a: b\uFEFF', /^1:5 There is the character U\+FEFF/],
  ['UTF-16', Buffer.from('\uFEFFa: 1', 'utf16le'), /UTF-16/],
  ['UTF-16 without a mark', Buffer.from('a: 1', 'utf16le'), /U\+0000/],
  ['bytes that are not UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), /not valid UTF-8/],
  ['an overlong encoding', Uint8Array.of(0x61, 0x3a, 0x20, 0xc0, 0xaf), /not valid UTF-8/],
  ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80), /not valid UTF-8/],
  ['NUL', 'a: b\0', /^1:5 There is the character U\+0000/],
  ['an escaped NUL', 'a: "\\0"', /^1:4 There is the character U\+0000/],
  ['a control character', 'a: b\u0007', /U\+0007/],
  ['text turned around', 'x: 1\na: b\u202Ec', /^2:5 There is the character U\+202E/],
  ['text turned around by an escape', 'a: "\\u202e"', /U\+202E/],
  ['a zero-width space in a comment', 'a: 1 # \u200b', /U\+200B/],
  ['a hidden key', '"a\\u200b": 1', /U\+200B/],
  ['a tag character', 'a: b\u{E0041}', /U\+E0041/],
  ['a filler letter', 'a: b\u3164', /U\+3164/],
  ['another line separator', 'a: b\u2028c', /U\+2028/],
  ['a lone carriage return', 'a: 1\rb: 2', /^1:5 There is a lone carriage return/],
  ['an anchor', 'a: &x 1', /Anchors \(&x\)/],
  ['an anchor on nothing', 'a: &x', /Anchors \(&x\)/],
  ['an anchored key', '&x a: 1', /Anchors \(&x\)/],
  ['an alias', 'a: &x 1\nb: *x', /\n2:4 Aliases \(\*x\)/],
  ['Markdown as a value', 'reason: *really* down', /Aliases/],
  ['a billion laughs', 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]', /Aliases \(\*b\)/],
  ['a local tag', 'a: !x 1', /Tags \(!x\)/],
  ['a known tag', 'a: !!str 1', /Tags/],
  ['the empty tag', 'a: ! 1', /Tags/],
  ['a tagged list', 'a: !!seq [1]', /Tags/],
  ['a tagged mapping', 'a: ! {b: 1}', /Tags/],
  ['a merge key', '<<: {a: 1}', /Merge keys/],
  ['a twin key', 'a: 1\nb: 2\na: 3', /^3:1 The key "a" stands here twice/],
  ['a twin key by an escape', 'a: 1\n"\\x61": 2', /^2:1 The key "a" stands here twice/],
  ['a twin of __proto__', '__proto__: 1\n__proto__: 2', /The key "__proto__" stands here twice/],
  ['two documents', 'a: 1\n---\nb: 2', /^2:1 There is more than one document/],
  ['a second, empty document', 'a: 1\n---\n', /more than one document/],
  ['a version directive', '%YAML 1.1\n---\na: yes', /^1:1 YAML directives/],
  ['a tag directive', '%TAG ! tag:x,2000:\n---\na: 1', /YAML directives/],
  ['a number as key', '1: a', /A key must be text. Write it in quotes: "1"/],
  ['true as key', 'true: a', /Write it in quotes: "true"/],
  ['nothing as key', '~: a', /Write it in quotes: "~"/],
  ['a list as key', '? [a]\n: b', /A key must be text, not a list/],
  ['an octal', 'a: 012', /^1:4 012 can be read in two ways. .*"012"/],
  ['another octal', 'a: 0o14', /0o14 can be read in two ways/],
  ['a hexadecimal', 'a: 0x10', /0x10 can be read in two ways/],
  ['an exponent', 'a: 1e3', /1e3 can be read in two ways/],
  ['a plus', 'a: +5', /\+5 can be read in two ways/],
  ['more digits than fit', 'a: 12345678901234567890', /can be read in two ways/],
  ['infinity', 'a: .inf', /can be read in two ways/],
  ['not a number', 'a: .nan', /can be read in two ways/],
  ['minus nothing', 'a: -0', /can be read in two ways/],
  ['a tab as indentation', 'a:\n\tb: 1', /Indent with spaces/],
  ['a colon inside', 'reason: down: db', /second ": " in this line/],
  ['an open quote', 'a: "x', /closing quote/],
  ['an open bracket', 'a: [x', /./],
  ['a reserved sign', 'a: @octocat', /cannot start with this character. Put the whole value in double quotes/],
  ['text after a quote', 'a: "x" y', /not valid YAML/],
  ['too deep in brackets', '['.repeat(100) + ']'.repeat(100), /nested more than 32 levels/],
  [
    'too deep in lines',
    Array.from({ length: 60 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    /nested more than 32 levels/,
  ],
  ['too deep in dashes', '- '.repeat(5000), /nested/],
  ['a bomb of brackets', '['.repeat(100_000), /nested/],
];

describe('refused', () => {
  test.each(REFUSED)('%s', (_, text, sentence) => {
    expect(sentences(text).join('\n')).toMatch(sentence);
  });

  test('too long, before anything is parsed', () => {
    const parsed = parseStrictYaml('f.yaml', Buffer.from('a: 12345'), { maxBytes: 7 });
    expect(parsed).toMatchObject({
      kind: 'invalid',
      problems: [{ line: 0, message: expect.stringContaining('8 bytes; at most 7') }],
    });
  });

  test('all at once, in order', () => {
    const found = sentences('a: &x 1\nb: !t 2\na: 012\n<<: 1\n').map((sentence) => sentence.split(' ')[0]);
    expect(found).toEqual(['1:7', '2:7', '3:1', '3:4', '4:1']);
  });

  test('at most a hundred times', () => {
    expect(sentences('- &a b\n'.repeat(5000))).toHaveLength(100);
    expect(sentences('\u200b'.repeat(5000))).toHaveLength(100);
  });
});

describe('read', () => {
  test.each([
    [
      'text that older readers take for something else',
      'a: yes\nb: no\nc: on\nd: 1_000\ne: 2026-11-22\nf: 1:30',
      { a: 'yes', b: 'no', c: 'on', d: '1_000', e: '2026-11-22', f: '1:30' },
    ],
    ['plain scalars', 'a: 1\nb: true\nc: null\nd: 1.5\ne: ""', { a: 1, b: true, c: null, d: 1.5, e: '' }],
    ['Windows line ends', 'a:\r\n  - b\r\n', { a: ['b'] }],
    ['one document with its marks', '---\na: 1\n...\n', { a: 1 }],
    ['blocks of text', 'a: |\n  b\n  c\n', { a: 'b\nc\n' }],
    ['letters of every language, and emoji', 'a: Größe 大小 ❤️', { a: 'Größe 大小 ❤️' }],
    ['__proto__ as a key like any other', '{"__proto__": {"x": 1}}', JSON.parse('{"__proto__": {"x": 1}}')],
  ])('%s', (_, text, value) => {
    const parsed = read(text);
    expect(parsed.kind === 'ok' && parsed.value.value).toEqual(value);
  });

  test('places of values and keys, the nearest parent for what is missing', () => {
    const parsed = read('a:\n  - b: 1\n    c: "x"\n');
    if (parsed.kind === 'invalid') throw new Error('refused');
    const { place, written } = parsed.value;
    expect(place(['a', 0, 'c'])).toEqual({ line: 3, column: 8 });
    expect(place(['a', 0, 'c'], 'key')).toEqual({ line: 3, column: 5 });
    expect(place(['a', 0, 'nothing', 'here'])).toEqual({ line: 2, column: 5 });
    expect(place([])).toEqual({ line: 1, column: 1 });
    expect([written(['a', 0, 'b']), written(['a'])]).toEqual(['1', null]);
  });

  test('property: what a writer of YAML wrote comes back', () => {
    const letter = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
    const scalar = fc.oneof(letter, fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/);
    const value = fc.dictionary(
      key,
      fc.oneof(
        scalar,
        fc.array(scalar, { maxLength: 4 }),
        fc.dictionary(key, scalar, { maxKeys: 3, noNullPrototype: true }),
      ),
      { minKeys: 1, maxKeys: 5, noNullPrototype: true },
    );
    fc.assert(
      fc.property(value, (wanted) => {
        const parsed = read(stringify(wanted, { aliasDuplicateObjects: false }));
        expect(parsed.kind === 'ok' ? parsed.value.value : parsed.problems).toEqual(wanted);
      }),
    );
  });

  test('property: no bytes make it throw', () => {
    const yamlish = fc.array(
      fc.constantFrom(
        'a',
        ':',
        ' ',
        '\n',
        '-',
        '[',
        ']',
        '{',
        '}',
        '&',
        '*',
        '!',
        '"',
        "'",
        '|',
        '%',
        '#',
        '?',
        ',',
        '<',
        '\t',
        '0',
        '\r',
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        yamlish.map((parts) => parts.join('')),
        (text) => void read(text),
      ),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void read(bytes)));
  });
});
