// Which known name a misspelt one most likely meant, and when nothing is near enough to be guessed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, nearestName } from '../../../app/core/yaml/nearest.ts';

test.each<readonly [written: string, known: readonly string[], nearest: string | null]>([
  ['admn', ['admin'], 'admin'],
  ['adminn', ['admin'], 'admin'],
  ['adnin', ['admin'], 'admin'],
  // Swapped neighbours are one slip, also at the very beginning and the very end.
  ['adimn', ['admin'], 'admin'],
  ['damin', ['admin'], 'admin'],
  ['admni', ['admin'], 'admin'],
  ['ADMIN', ['admin'], 'admin'],
  ['admin', ['ADMIN'], 'ADMIN'],
  // A third of the name may be wrong, and one letter of any name.
  ['abcxyz', ['abcdef'], null],
  ['abcdxy', ['abcdef'], 'abcdef'],
  ['abcde', ['ab'], null],
  ['a', ['b'], 'b'],
  ['', ['b'], 'b'],
  ['', ['bc'], null],
  ['x', [], null],
  ['', [''], ''],
  // The nearest wins, and among equals the first.
  ['prod-wep', ['prod-wed', 'prod-web'], 'prod-wed'],
  ['prod-web', ['prod-we', 'prod-web', 'prod-webb'], 'prod-web'],
  ['readonly', ['read-only', 'read'], 'read-only'],
  ['cba', ['abc'], null],
  ['ca', ['abc'], null],
  // Nobody types a name of that length by mistake, and comparing it costs time.
  ['a'.repeat(64), ['a'.repeat(63)], 'a'.repeat(63)],
  ['a'.repeat(65), ['a'.repeat(65)], null],
])('%j among %j: %j', (written, known, nearest) => {
  expect(nearestName(written, known)).toBe(nearest);
  expect(didYouMean(written, known)).toBe(nearest === null ? '' : ` Did you mean "${nearest}"?`);
});

test('property: whatever one slip makes of a name, the name is found', () => {
  const name = fc.stringMatching(/^[a-z]{3,12}$/);
  fc.assert(
    fc.property(name, fc.nat(), fc.constantFrom('left out', 'doubled', 'changed', 'swapped'), (text, any, slip) => {
      const at = any % text.length;
      const [before, letter, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
      const made = {
        'left out': before + after,
        doubled: before + letter + letter + after,
        changed: `${before}-${after}`,
        swapped: before + after.slice(0, 1) + letter + after.slice(1),
      }[slip];
      expect(nearestName(made, ['0'.repeat(30), text])).toBe(text);
    }),
  );
});
