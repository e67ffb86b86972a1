// What a pull request changes, by paths and modes alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, classifyChange, show } from '../../../app/core/decision/change.ts';
import type { TreeChange } from '../../../app/core/ledger/history.ts';

const change = (status: string, path: string, more: Partial<TreeChange> = {}): TreeChange => ({
  path,
  status,
  oldMode: status === 'A' ? '000000' : '100644',
  newMode: status === 'D' ? '000000' : '100644',
  oldBlob: 'a'.repeat(40),
  newBlob: 'b'.repeat(40),
  ...more,
});
const add = (path: string, newMode = '100644') => change('A', path, { newMode });

function said(result: Change): string {
  switch (result.kind) {
    case 'refused':
      return result.violations[0].code;
    case 'owners':
      return result.policies ? 'owners policies' : 'owners';
    case 'removal':
      return `removal ${result.files.map((file) => file.id).join(' ')}`;
    case 'request':
    case 'extension':
      return `${result.kind} ${result.file.id}`;
  }
}

const cases: readonly (readonly [string, readonly TreeChange[], string])[] = [
  ['nothing', [], 'nothing-changed'],
  ['one new grant', [add('grants/first.yaml')], 'request first'],
  ['the shortest id', [add('grants/abc.yaml')], 'request abc'],
  ['the longest id', [add(`grants/${'a'.repeat(63)}.yaml`)], `request ${'a'.repeat(63)}`],
  ['one changed grant', [change('M', 'grants/first.yaml')], 'extension first'],
  ['one deleted grant', [change('D', 'grants/first.yaml')], 'removal first'],
  [
    'several deleted grants',
    [change('D', 'grants/first.yaml'), change('D', 'grants/second.yaml')],
    'removal first second',
  ],
  ['the README of grants/', [change('M', 'grants/README.md')], 'owners'],
  ['a policy', [change('M', 'policies/rules.yaml')], 'owners policies'],
  ['a policy and code', [change('M', 'policies/rules.yaml'), add('app/x.ts')], 'owners policies'],
  ['anything else', [add('README.md')], 'owners'],
  ['a path that only begins like grants/', [add('grants-old/first.yaml')], 'owners'],
  ['two new grants', [add('grants/first.yaml'), add('grants/second.yaml')], 'several-grants'],
  ['a rename', [change('D', 'grants/first.yaml'), add('grants/second.yaml')], 'several-grants'],
  [
    'a removal and an extension',
    [change('D', 'grants/first.yaml'), change('M', 'grants/second.yaml')],
    'several-grants',
  ],
  ['a grant and its README', [add('grants/first.yaml'), change('M', 'grants/README.md')], 'mixed-change'],
  ['a grant and a policy', [add('grants/first.yaml'), change('M', 'policies/rules.yaml')], 'mixed-change'],
  ['a grant and a deleted file', [add('grants/first.yaml'), change('D', 'README.md')], 'mixed-change'],
  ['a removal and code', [change('D', 'grants/first.yaml'), change('M', 'README.md')], 'mixed-change'],
  ['a grant moved out of grants/', [change('D', 'grants/first.yaml'), add('old/first.yaml')], 'mixed-change'],
  ['an executable', [add('grants/first.yaml', '100755')], 'not-a-plain-file'],
  ['a symbolic link', [add('grants/first.yaml', '120000')], 'not-a-plain-file'],
  ['a submodule', [add('grants/first.yaml', '160000')], 'not-a-plain-file'],
  ['a grant that becomes executable', [change('M', 'grants/first.yaml', { newMode: '100755' })], 'not-a-plain-file'],
  ['a link that becomes a file', [change('T', 'grants/first.yaml', { oldMode: '120000' })], 'not-a-plain-file'],
  ['a grant that becomes a link', [change('T', 'grants/first.yaml', { newMode: '120000' })], 'not-a-plain-file'],
  ['an executable that becomes plain', [change('M', 'grants/first.yaml', { oldMode: '100755' })], 'not-a-plain-file'],
  ['grants as a submodule', [add('grants', '160000')], 'bad-path'],
  ['another folder case', [add('Grants/first.yaml')], 'bad-path'],
  ['another README case', [add('grants/readme.md')], 'bad-path'],
  ['upper-case id', [add('grants/First.yaml')], 'bad-path'],
  ['a nested file', [add('grants/a/first.yaml')], 'bad-path'],
  ['the other extension', [add('grants/first.yml')], 'bad-path'],
  ['an id too short', [add('grants/ab.yaml')], 'bad-path'],
  ['an id too long', [add(`grants/${'a'.repeat(64)}.yaml`)], 'bad-path'],
  ['an id with a leading hyphen', [add('grants/-first.yaml')], 'bad-path'],
  ['a line break', [add('grants/first.yaml\n')], 'bad-path'],
  ['full-width letters', [add('ｇｒａｎｔｓ/first.yaml')], 'bad-path'],
  ['a full-width slash', [add('grants／first.yaml')], 'bad-path'],
  ['what a push left in grants/ and could never be a grant, deleted', [change('D', 'grants/Junk.txt')], 'owners'],
  [
    'the same together with a grant',
    [change('D', 'grants/Junk.txt'), change('D', 'grants/first.yaml')],
    'mixed-change',
  ],
];

test.each(cases)('%s', (_, changes, expected) => {
  expect(said(classifyChange(changes))).toBe(expected);
});

describe('quantified', () => {
  const path = fc.constantFrom(
    'grants/first.yaml',
    'grants/second.yaml',
    'grants/README.md',
    'grants/Odd',
    'Grants/x',
    'README.md',
    'policies/rules.yaml',
  );
  const mode = fc.constantFrom('100644', '100755', '120000', '160000');
  const one = fc.oneof(
    fc.tuple(path, mode).map(([name, newMode]) => add(name, newMode)),
    path.map((name) => change('D', name)),
    fc
      .tuple(path, mode, mode)
      .map(([name, oldMode, newMode]) => change(oldMode === newMode ? 'M' : 'T', name, { oldMode, newMode })),
  );

  test('a request is exactly one added plain file; whatever touches a grant and more is refused', () => {
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: (each) => each.path, maxLength: 4 }), (changes) => {
        const result = classifyChange(changes);
        const [first] = changes;
        const touchesGrants = changes.some((each) => /^grants\/(first|second)\.yaml$/.test(each.path));
        if (result.kind === 'request') {
          expect(changes).toHaveLength(1);
          expect([first?.status, first?.newMode, first?.newBlob]).toEqual(['A', '100644', result.file.blob]);
        }
        if (result.kind === 'extension')
          expect([changes.length, first?.status, first?.oldMode, first?.newMode]).toEqual([1, 'M', '100644', '100644']);
        if (result.kind === 'removal') expect(changes.every((each) => each.status === 'D')).toBe(true);
        if (result.kind === 'owners') expect(touchesGrants).toBe(false);
      }),
    );
  });

  test('a path in a sentence is one line of inert code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(show(text)).toMatch(/^`[^`\n<>@[\]|]*`$/);
        expect(show(text).length).toBeLessThanOrEqual(122);
      }),
    );
  });
});
