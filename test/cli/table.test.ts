// The table's widths and breaks.
import { expect, test } from 'vitest';
import { table, wrap } from '../../app/cli/table.ts';
import { shown } from '../../app/cli/terminal.ts';

test('columns are as wide as they need where there is room', () => {
  expect(
    table(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['one', 'two'],
        ['x', ''],
      ],
    ),
  ).toEqual(['A    B', 'one  two', 'x']);
});

test('the widest column is wrapped first, rigid ones never', () => {
  const rows = table(
    [{ title: 'NAME' }, { title: 'TIME', rigid: true }],
    [['one-two-three-four', '2026-11-22T03:00:00Z']],
    32,
  );
  expect(rows.slice(1)).toEqual(['one-two-    2026-11-22T03:00:00Z', 'three-four']);
});

test.each([
  ['at spaces', 'revoked by octocat', 10, ['revoked by', 'octocat']],
  ['after hyphens', 'prod-payments', 8, ['prod-', 'payments']],
  ['where it must', 'abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['at line breaks', 'a\nb', 10, ['a', 'b']],
  ['nothing', '', 10, ['']],
])('breaks %s', (_, text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});

test('text of strangers cannot move the cursor or start a line', () => {
  expect(shown('a\u001b[2Jb\nc\u202ed')).toBe('a [2Jb c d');
});
