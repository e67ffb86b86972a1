// What the alarm issue says: a table that no stranger's text can break out of.
import { describe, expect, test } from 'vitest';
import { alarmComment, alarmIssueBody, closedAlarmBody, type ShownAlarm } from '../../app/github/alarm-report.ts';

const SINCE = new Date('2026-11-22T03:04:05.678Z');
const one = (sentence: string, more: Partial<ShownAlarm> = {}): ShownAlarm => ({
  code: 'grant-unauthorized',
  since: SINCE,
  sentence,
  advice: 'Look at `policies/`.',
  rank: 1,
  ...more,
});

test('the body begins with the marker, and has a row for each alarm', () => {
  expect(alarmIssueBody([one('it happened'), one('and again')])).toMatch(
    /^<!-- breakglass:alarms -->\n\n\*\*These alarms[\s\S]*\n\n\| alarm \| since \| what \| what to do \|\n\|---\|---\|---\|---\|\n\| `grant-unauthorized` \| 2026-11-22 03:04:05 UTC \| it happened \| Look at `policies\/`\. \|\n\| `grant-un.*and again.*\|$/,
  );
  expect(closedAlarmBody()).toMatch(/^<!-- breakglass:alarms -->\n/);
});

describe('hostile text', () => {
  test.each([
    ['a bar', 'adds grants/a|b.yaml', 'adds grants/a¦b.yaml'],
    ['a bar in code', 'has `a|b`', 'has `a¦b`'],
    ['a line break', 'x\n| `fake` | now | y | z |', 'x ¦ `fake` ¦ now ¦ y ¦ z ¦'],
    ['a mention', 'by @acme/everybody', 'by @<!-- -->acme/everybody'],
    ['HTML', '<img src=x>', '\\<img src=x\\>'],
    ['a link', '[click](https://evil.example)', '\\[click\\](https:<!-- -->//evil.example)'],
  ])('%s stays text in its cell', (_, text, written) => {
    const rows = alarmIssueBody([one(text)])
      .split('\n')
      .slice(6);
    expect(rows).toEqual([
      `| \`grant-unauthorized\` | 2026-11-22 03:04:05 UTC | ${written} | Look at \`policies/\`. |`,
    ]);
  });

  test.each(['@', '`@x` [y] ', '://'])(
    'however much of %s there is, GitHub takes it, and it says how much is left out',
    (text) => {
      const many = Array.from({ length: 500 }, (_, i) => one(text.repeat(2_000), { code: `code-${i % 250}` }));
      expect(alarmIssueBody(many).length).toBeLessThan(65_536);
      expect(alarmIssueBody(many)).toMatch(/And 480 more, in the log\.$/);
      expect(alarmComment(many).length).toBeLessThan(65_536);
    },
  );
});

describe('a flood', () => {
  const later = (minutes: number) => new Date(SINCE.getTime() + minutes * 60_000);
  const shown = (alarms: readonly ShownAlarm[]) =>
    alarmIssueBody(alarms)
      .split('\n')
      .slice(6)
      .map((row) => row.split(' | ').slice(0, 3).join(' ').replace('| ', ''));

  test('of one code is three rows, the newest, and how many more there are', () => {
    const many = Array.from({ length: 40 }, (_, i) => one(`n${i}`, { code: 'c', since: later(i) }));
    expect(shown(many)).toEqual([
      '`c` 2026-11-22 03:43:05 UTC n39',
      '`c` 2026-11-22 03:42:05 UTC n38',
      '`c` 2026-11-22 03:41:05 UTC n37',
      '`c` | and 37 more, in the log |',
    ]);
    expect(alarmComment(many)).toMatch(/^\*\*40 new alarms:\*\*[\s\S]*n37[\s\S]*and 37 more, in the log \| \|$/);
  });

  test('does not hide a grave one, however old or new it is', () => {
    const codes = Array.from({ length: 60 }, (_, i) => one(`n${i}`, { code: `c${i}`, since: later(i) }));
    const grave = [one('old', { code: 'x', rank: 0 }), one('new', { code: 'y', rank: 0, since: later(99) })];
    const slight = one('slight', { code: 'z', rank: 2, since: later(100) });
    const rows = shown([slight, ...codes, ...grave]);
    expect(rows.slice(0, 3).map((row) => row.split(' ').at(-1))).toEqual(['new', 'old', 'n59']);
    expect(rows.at(-1)).toBe('And 43 more, in the log.');
  });
});

test.each([
  [1, '**A new alarm:**'],
  [2, '**2 new alarms:**'],
])('a comment on %i', (count, heading) => {
  const text = alarmComment(Array.from({ length: count }, () => one('x')));
  expect(text.startsWith(heading)).toBe(true);
  // A first line that is a comment in HTML would be taken for the mark of one of our other comments.
  expect(text).not.toContain('<!--');
});
