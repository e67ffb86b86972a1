// Every requirement of SECURITY.md is held by a test of that name, or says that it is not.
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { read, root } from './markdown.ts';

type Row = { readonly number: number; readonly requirement: string; readonly heldBy: string };
type Claim = { readonly row: string; readonly file: string; readonly name: string };

const ROW = /^\| R(\d+) \| (.+?) \| (.+) \|$/gm;
const section = /^## Requirements\n[\s\S]*?(?=^## )/m.exec(read('SECURITY.md'))?.[0] ?? '';
const rows: readonly Row[] = [...section.matchAll(ROW)].map(([, number, requirement = '', heldBy = '']) => ({
  number: Number(number),
  requirement,
  heldBy,
}));
const claims = rows.flatMap(claimsOf);

/** The only words with which a row may do without a test. */
const OPEN = /^\*\*(Not yet|Does not apply)(\.\*\*|\*\* )/;

describe('the requirements', () => {
  test('are numbered one after the other, and no row is left out', () => {
    expect(rows.length).toBeGreaterThanOrEqual(56);
    expect(rows.map((row) => row.number)).toEqual(rows.map((_, i) => i + 1));
    expect(section.match(/^\| R/gm)).toHaveLength(rows.length);
    expect(new Set(rows.map((row) => row.requirement)).size).toBe(rows.length);
  });

  test.each(rows)('R$number has a test, or says why not', ({ heldBy }) => {
    if (!heldBy.includes(' "')) expect(heldBy).toMatch(OPEN);
    // A why, not only the words.
    if (OPEN.test(heldBy)) expect(heldBy.replace(OPEN, '').length).toBeGreaterThan(20);
  });

  test.each(rows)('R$number refers to requirements that there are', ({ heldBy }) => {
    for (const [, other] of heldBy.matchAll(/\bR(\d+)\b/g)) expect(rows[Number(other) - 1]?.number).toBe(Number(other));
  });

  test.each(claims)('$row: $file has "$name"', ({ file, name }) => {
    expect(file).toMatch(/\.test\.ts$/);
    expect(existsSync(new URL(file, root)), file).toBe(true);
    expect(holds(read(file), name)).toBe(true);
  });
});

describe('a name is found', () => {
  const source = `
    const cases = { fork: [1], 'two words': [2] };
    describe('a group', () => {
      test('plain', () => {});
      test.each([['first cell', 1]])('%s', () => {});
      it.each(all)(
        '%s (%i): $row.what',
        () => {},
      );
      test("it's \\"quoted\\"", () => {});
      test.skip('left out', () => {});
    });`;

  test.each([
    ['plain', true],
    ['first cell', true],
    ['two words (3): fork', true],
    ['it\'s "quoted"', true],
    ['%s (%i): $row.what', true],
    ['plai', false],
    ['a group', false],
    ['left out', false],
    ['no cell', false],
    ['two words (x): fork', false],
    ['three words (3): fork', false],
  ])('%s: %s', (name, expected) => {
    expect(holds(source, name)).toBe(expected);
  });
});

/** `file` "name", "another name"; `another file` "name". */
function claimsOf({ number, heldBy }: Row): readonly Claim[] {
  let file = '';
  return [...heldBy.matchAll(/`(test\/[^`]+)`|"((?:[^"\\]|\\.)+)"/g)].flatMap(([, path, name]) => {
    if (path !== undefined) file = path;
    return name === undefined ? [] : [{ row: `R${number}`, file, name: name.replaceAll('\\"', '"') }];
  });
}

/** By the title of a test; where the title is a template, by the template or by what the source can fill it with. */
function holds(source: string, name: string): boolean {
  return titles(source).some((title) => {
    if (title === name) return true;
    const filled = asPattern(title).exec(name);
    return filled !== null && filled.length > 1 && filled.slice(1).every((value) => stands(source, value));
  });
}

/** First arguments of `test(…)`, `it(…)`, `it.concurrent(…)` and of what `test.each(…)` answers; a skipped test holds nothing. */
function titles(source: string): readonly string[] {
  const found = source.matchAll(
    /(?:(?<![.\w])(?:test|it)(?:\.concurrent)?|\))\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"),/g,
  );
  return [...found].map(([, single, double]) => (single ?? double ?? '').replace(/\\(['"\\])/g, '$1'));
}

function asPattern(template: string): RegExp {
  const parts = template.split(/(%[sjo]|%i|%d|\$[\w.]+)/);
  const pattern = parts.map((part, i) => {
    if (i % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return part === '%i' || part === '%d' ? '\\d+' : '(.+)';
  });
  return new RegExp(`^${pattern.join('')}$`);
}

/** A value of a row: a text in a list, or the key of a record of cases; not the first argument of a call, as of `describe(…)`. */
function stands(source: string, value: string): boolean {
  const key = /^\w+$/.test(value) && new RegExp(`^\\s*(?:.*[{,] )?${value}: `, 'm').test(source);
  const spellings = [`'${value.replaceAll("'", "\\'")}'`, `"${value}"`];
  return (
    key ||
    spellings.some((text) =>
      source
        .split(text)
        .slice(0, -1)
        .some((before) => /[[{,\s]$/.test(before)),
    )
  );
}
