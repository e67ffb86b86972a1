// A file against its schema: for each way of not fitting, the place in the file and the words that say what to write.
import { describe, expect, test } from 'vitest';
import { checkShape } from '../../../app/core/yaml/check.ts';
import { parseStrictYaml } from '../../../app/core/yaml/strict.ts';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      description: 'a short name',
      minLength: 1,
      maxLength: 10,
      pattern: '^[a-z0-9]+$',
      examples: ['web'],
    },
    note: { type: 'string', examples: ['text'] },
    plain: { type: 'string' },
    count: { type: 'integer', minimum: 1, maximum: 5, description: 'how many' },
    rate: { type: 'number' },
    live: { type: 'boolean' },
    colour: { enum: ['red', 'green'] },
    list: { type: 'array', minItems: 1, maxItems: 3, uniqueItems: true, items: { type: ['string', 'integer'] } },
    pair: { type: 'array', minItems: 2, items: { type: 'string' } },
    map: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[a-z]+$', description: 'lower-case keys' },
      additionalProperties: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
    },
    exact: { const: 7 },
  },
} as const;

function told(text: string): readonly string[] {
  const yaml = parseStrictYaml('f.yaml', Buffer.from(text), { maxBytes: 10_000 });
  if (yaml.kind === 'invalid') throw new Error(yaml.problems[0].message);
  const shape = checkShape('f.yaml', yaml.value, SCHEMA);
  if (shape.kind === 'ok') return [];
  expect(shape.problems.every(({ file }) => file === 'f.yaml')).toBe(true);
  return shape.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const WORDS = ' Write a short name. For example: web';
const ALLOWED = 'Allowed here: name, note, plain, count, rate, live, colour, list, pair, map, exact.';

describe('a value that does not fit', () => {
  test.each<readonly [text: string, sentence: string]>([
    ['name: web\nnaem: x', '2:1 Unknown key "naem". Did you mean "name"?'],
    ['name: web\nzzzzzz: 1', `2:1 Unknown key "zzzzzz". ${ALLOWED}`],
    ['note: x', '1:1 The key "name" is missing. Add a line such as: name: web'],
    ['name:', `1:6 name is empty; text is needed.${WORDS}`],
    ['name: ""', `1:7 name is empty.${WORDS}`],
    ['name: Web', `1:7 name "Web" does not fit.${WORDS}`],
    [`name: ${'a'.repeat(11)}`, '1:7 name has more than 10 characters. Make it shorter.'],
    ['name: 12', '1:7 name must be text. Write it in quotes: "12".'],
    ['name: true', '1:7 name must be text. Write it in quotes: "true".'],
    // Quotes would not help: the text does not fit either.
    ['name: -12', `1:7 name must be text, not -12.${WORDS}`],
    ['name: [web]', `1:7 name must be text, not a list.${WORDS}`],
    ['name: { a: b }', `1:7 name must be text, not a mapping.${WORDS}`],
    ['name: web\nnote: 1', '2:7 note must be text. Write it in quotes: "1".'],
    ['name: web\nnote: []', '2:7 note must be text, not a list. For example: text'],
    ['name: web\nplain: []', '2:8 plain must be text, not a list.'],
    ['name: web\ncount: x', '2:8 count must be a whole number, not "x". Write how many.'],
    ['name: web\ncount: 1.5', '2:8 count must be a whole number, not 1.5. Write how many.'],
    ['name: web\ncount: 0', '2:8 count must be at least 1.'],
    ['name: web\ncount: 6', '2:8 count must be at most 5.'],
    ['name: web\nrate: x', '2:7 rate must be a number, not "x".'],
    ['name: web\nlive: 1', '2:7 live must be true or false, not 1.'],
    ['name: web\ncolour: blue', '2:9 colour must be red or green, not "blue".'],
    ['name: web\nlist: x', '2:7 list must be a list, not "x".'],
    ['name: web\nlist: []', '2:7 list needs at least 1 entry.'],
    ['name: web\npair: [a]', '2:7 pair needs at least 2 entries.'],
    ['name: web\nlist: [a, b, c, d]', '2:7 list has more than 3 entries.'],
    ['name: web\nlist: [a, b, a]', '2:7 list holds the same entry twice (numbers 3 and 1). Keep one.'],
    ['name: web\nlist: [a, true]', '2:11 list[2] must be text. Write it in quotes: "true".'],
    ['name: web\nlist: [a, []]', '2:11 list[2] must be text or a whole number, not a list.'],
    ['name: web\nmap: x', '2:6 map must be a mapping (key: value), not "x".'],
    ['name: web\nmap: {}', '2:6 map needs at least 1 entry.'],
    ['name: web\nmap: { A: { id: x } }', '2:8 The key "A" does not fit. Write lower-case keys.'],
    ['name: web\nmap: { a: {} }', '2:11 The key "id" is missing. Add it.'],
    ['name: web\nmap: { a: { id: 7 } }', '2:17 map.a.id must be text. Write it in quotes: "7".'],
    ['name: web\nexact: 8', '2:8 exact must be equal to constant.'],
    ['- name', '1:1 The file must be a mapping (key: value), not a list.'],
    [`name: web\ncolour: ${'x'.repeat(78)}`, `2:9 colour must be red or green, not "${'x'.repeat(78)}".`],
    [`name: web\ncolour: ${'x'.repeat(79)}`, `2:9 colour must be red or green, not "${'x'.repeat(76)}...".`],
  ])('%j', (text, sentence) => {
    expect(told(text)).toEqual([sentence]);
  });

  test('several, in the order of the file, each once', () => {
    expect(told('live: 1\ncount: 9\nname: ""\nother: x').map((one) => one.split(' ')[0])).toEqual([
      '1:7',
      '2:8',
      '3:7',
      '4:1',
    ]);
    expect(told('name: web\nlive: 1\ncount: 9')).toHaveLength(2);
  });

  test('two on one line, in its order', () => {
    expect(told('{ live: 1, name: "", count: 9 }').map((one) => one.split(' ')[0])).toEqual(['1:9', '1:18', '1:29']);
  });

  test('no more than anybody repairs at a time', () => {
    const many = Array.from({ length: 150 }, (_, i) => `k${i}: 1\n`).join('');
    expect(told(`name: web\n${many}`)).toHaveLength(100);
  });
});

test('a key with a slash or a tilde is found where it stands', () => {
  const schema = { type: 'object', additionalProperties: { type: 'integer' } };
  const yaml = parseStrictYaml('f.yaml', Buffer.from('a: 1\n"b/c": x\n"d~e": y\n'), { maxBytes: 100 });
  const shape = yaml.kind === 'ok' ? checkShape('f.yaml', yaml.value, schema) : yaml;
  expect(shape.kind === 'invalid' && shape.problems.map(({ line, message }) => [line, message])).toEqual([
    [2, 'b/c must be a whole number, not "x".'],
    [3, 'd~e must be a whole number, not "y".'],
  ]);
});

test('a schema without words of its own has no hint', () => {
  const told = (schema: object, text: string) => {
    const yaml = parseStrictYaml('f.yaml', Buffer.from(text), { maxBytes: 100 });
    const shape = yaml.kind === 'ok' ? checkShape('f.yaml', yaml.value, schema) : yaml;
    return shape.kind === 'invalid' ? shape.problems.map(({ message }) => message) : [];
  };
  expect(told({ type: 'object', additionalProperties: false }, 'a: 1')).toEqual(['Unknown key "a". Allowed here: .']);
  expect(told({ type: 'object', additionalProperties: { type: 'string' } }, 'a: [1]')).toEqual([
    'a must be text, not a list.',
  ]);
});

test('what fits comes back as it is', () => {
  const yaml = parseStrictYaml('f.yaml', Buffer.from('name: web\nlist: [a, 1]\nmap: { a: { id: x } }\n'), {
    maxBytes: 100,
  });
  if (yaml.kind === 'invalid') throw new Error(yaml.problems[0].message);
  expect(checkShape('f.yaml', yaml.value, SCHEMA)).toEqual({
    kind: 'ok',
    value: { name: 'web', list: ['a', 1], map: { a: { id: 'x' } } },
  });
});
