// A command is a whole line of plain text, and nothing that only looks like one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCommand } from '../../../app/core/decision/command.ts';

const SHA = '0123456789abcdef0123456789abcdef01234567';
const LONG = SHA.padEnd(64, '0');

function said(body: string): string {
  const read = readCommand(body);
  if (read.kind !== 'command') return read.kind;
  return read.command.kind === 'approve' ? `approve ${read.command.sha ?? ''}`.trim() : read.command.kind;
}

const cases: readonly (readonly [string, string])[] = [
  ['/approve-emergency', 'approve'],
  ['/reject', 'reject'],
  ['/revoke', 'revoke'],
  [`/approve-emergency ${SHA}`, `approve ${SHA}`],
  [`/approve-emergency   ${SHA}  `, `approve ${SHA}`],
  [`/approve-emergency ${LONG}`, `approve ${LONG}`],
  ['  /approve-emergency\t \n', 'approve'],
  ['\ufeff/approve-emergency', 'approve'],
  ['/approve-emergency\r\n', 'approve'],
  ['Looks right to me.\r\n/approve-emergency\r\nGood luck!', 'approve'],
  ['Looks right.\n\n/approve-emergency', 'approve'],
  ['Looks right.\r/approve-emergency', 'approve'],
  [`${'> '.repeat(49)}x\n\n/reject`, 'reject'],
  ['Looks right.\n   /approve-emergency', 'approve'],
  ['See `code` and [this](http://x).\n/approve-emergency', 'approve'],
  ['# Heading\n\n/approve-emergency\n\n- a list', 'approve'],
  ['/approve-emergency\n\n<!-- a signature -->', 'approve'],
  ['  \\\n/approve-emergency', 'approve'],

  // Near misses are told, not left waiting.
  ['/approve-emergency please', 'unusable'],
  ['/approve-emergency.', 'unusable'],
  ['/approve-emergency 0123456', 'unusable'],
  [`/approve-emergency ${SHA.toUpperCase()}`, 'unusable'],
  [`/approve-emergency ${SHA}0`, 'unusable'],
  [`/approve-emergency ${SHA} ${SHA}`, 'unusable'],
  [`/approve-emergency\t${SHA}`, 'unusable'],
  [`/approve-emergency\u00a0${SHA}`, 'unusable'],
  [`/approve-emergency ${'z'.repeat(40)}`, 'unusable'],
  ['/approve-emergency \\', 'unusable'],
  ['/approve-emergency\\\nmore', 'unusable'],
  ['/approve-emergency `code`', 'unusable'],
  ['/approve-emergencyé', 'unusable'],
  ['/approve-emergency-now', 'unusable'],
  ['/Approve-Emergency', 'unusable'],
  ['/reject it', 'unusable'],
  ['/approve-emergency\n/reject', 'unusable'],
  ['/approve-emergency\n/approve-emergency', 'unusable'],
  ['/approve-emergency\n\n/revoke', 'unusable'],
  ['\ufeffhello\n/approve-emergency.', 'unusable'],

  [`/approve-emergency\n\n${'x'.repeat(16_384)}`, 'unusable'],
  [`${'x'.repeat(16_384 - 19)}\n/approve-emergency`, 'approve'],
  [`${'x'.repeat(16_385 - 19)}\n/approve-emergency`, 'unusable'],
  [`${'x'.repeat(16_384 - 11)}\n> /reject `, 'unusable'],
  [`${'x'.repeat(16_385 - 11)}\n> /reject `, 'none'],

  // Code, quotes, lists, headings, emphasis, links, HTML.
  ['```\n/approve-emergency\n```', 'unusable'],
  ['~~~\n/approve-emergency\n~~~', 'unusable'],
  ['```\n/approve-emergency', 'unusable'],
  ['    /approve-emergency', 'unusable'],
  ['\t/approve-emergency', 'unusable'],
  ['`/approve-emergency`', 'unusable'],
  ['`\n/approve-emergency\n`', 'unusable'],
  ['> /approve-emergency', 'unusable'],
  ['> quoted\n/approve-emergency', 'unusable'],
  ['- /approve-emergency', 'unusable'],
  ['- item\n/approve-emergency', 'unusable'],
  ['- item\n\n  /approve-emergency', 'unusable'],
  ['1. /approve-emergency', 'none'],
  ['- [ ] /approve-emergency', 'none'],
  ['# /approve-emergency', 'unusable'],
  ['/approve-emergency\n---', 'unusable'],
  ['/approve-emergency\n===', 'unusable'],
  ['**/approve-emergency**', 'unusable'],
  ['**bold\n/approve-emergency\nbold**', 'unusable'],
  ['~~/approve-emergency~~', 'unusable'],
  ['~~not this\n/approve-emergency\nany more~~', 'unusable'],
  ['[/approve-emergency](http://x)', 'none'],
  ['[text\n/approve-emergency\n](http://x)', 'unusable'],
  ['[text\n/approve-emergency\n]\n\n[text /approve-emergency]: http://x', 'unusable'],
  ['![alt\n/approve-emergency\n](http://x)', 'unusable'],
  ['<b>/approve-emergency</b>', 'unusable'],
  ['<strong>/approve-emergency</strong>', 'unusable'],
  ['Looks right.\n\n`\n/approve-emergency\n`', 'unusable'],
  ['Looks right.\n\n`a long word` and `\n/approve-emergency\n`', 'unusable'],
  ['Looks right.\n\n**\n/approve-emergency** and\n`/approve-emergency`', 'unusable'],
  ['Looks right.\n\ufeff/approve-emergency', 'none'],
  // Quotes in quotes in quotes are not read: it takes too long.
  [`${'> '.repeat(50)}x\n\n/reject`, 'unusable'],
  ['<b>\n/approve-emergency\n</b>', 'unusable'],
  ['text <s>\n/approve-emergency\n</s>', 'unusable'],
  ['text <!-- \n/approve-emergency\n-->', 'unusable'],
  ['<details>\n\n/approve-emergency\n\n</details>', 'unusable'],
  ['<blockquote>\n\n/approve-emergency\n\n</blockquote>', 'unusable'],
  ['<!--\n\n/approve-emergency\n\n-->', 'unusable'],
  ['<!-- never closed\n\n/approve-emergency', 'unusable'],
  ['<pre>\n\n/approve-emergency\n</pre>', 'unusable'],
  ['<script>\n\n/approve-emergency\n</script>', 'unusable'],
  ['| a |\n|---|\n/approve-emergency', 'unusable'],
  ['a | b\n--- | ---\n/approve-emergency', 'unusable'],
  ['[^1]: a note\n/approve-emergency', 'unusable'],
  ['[^1]: note\n/approve-emergency', 'unusable'],

  // Not a command at all.
  ['', 'none'],
  ['LGTM', 'none'],
  ['To approve, write /approve-emergency on a line by itself', 'none'],
  ['see docs/reject and /rejected', 'none'],
  ['//approve-emergency', 'none'],
  ['&#47;approve-emergency', 'none'],
  ['&sol;approve-emergency', 'none'],
  ['\\/approve-emergency', 'none'],
  ['/approve&#45;emergency', 'none'],
  ['/approve\u2011emergency', 'none'],
  ['\u2215approve-emergency', 'none'],
  ['/\u0430pprove-emergency', 'none'],
  ['/app\u200brove-emergency', 'none'],
  ['/approve-\nemergency', 'none'],
  ['/approve_emergency', 'none'],
  ['text\u2028/approve-emergency', 'unusable'],
  ['https://x.example/approve-emergency', 'none'],
  [`${'x'.repeat(65_536)} /approve-emergency`, 'none'],
];

test.each(cases.map(([body, expected]) => [JSON.stringify(body).slice(0, 80), expected, body] as const))(
  '%s: %s',
  (_, expected, body) => {
    expect(said(body)).toBe(expected);
  },
);

test.each([
  ['/approve-emergency please', 'only the full commit id'],
  ['/reject it', 'nothing may stand after the command'],
  ['/reject\n/revoke', 'more than one command'],
  ['> /reject', 'on a line of its own as plain text'],
])('%j is told why: %s', (body, why) => {
  expect(readCommand(body)).toMatchObject({ kind: 'unusable', reason: expect.stringContaining(why) });
});

describe('quantified', () => {
  const piece = fc.constantFrom(
    '/approve-emergency',
    '/reject',
    ` ${SHA}`,
    '\n',
    '\n\n',
    '\r\n',
    '    ',
    '\t',
    '> ',
    '- ',
    '# ',
    '`',
    '```',
    '\n```\n',
    '~~',
    '**',
    '_',
    '[',
    '](x)',
    '<b>',
    '</b>',
    '<!--',
    '-->',
    '<details>\n\n',
    '|',
    '\n---\n',
    '\n|-|\n',
    '\\',
    '&#47;',
    'word',
    ' ',
    '\u00a0',
    '\u0000',
    '\ufeff',
    '[^1]: ',
    '\u2028',
  );
  const body = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));

  test('whatever is taken as a command stands in the source as one whole line, once', () => {
    fc.assert(
      fc.property(body, (text) => {
        const read = readCommand(text);
        if (read.kind !== 'command') return;
        const lines = text
          .replace(/^\ufeff/, '')
          .split(/\r\n?|\n/)
          .map((line) => line.replace(/^ {0,3}/, '').replace(/[ \t]+$/, ''));
        const { command } = read;
        const wanted =
          command.kind !== 'approve'
            ? `/${command.kind}`
            : `/approve-emergency${command.sha === null ? '' : ` ${SHA}`}`;
        expect(lines.filter((line) => line.replace(/ +/g, ' ') === wanted).length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  test('one character exchanged, added or left out makes it no command', () => {
    const command = fc.constantFrom('/approve-emergency', `/approve-emergency ${SHA}`, '/reject', '/revoke');
    // Another digit is another commit, a blank is still one separator, and a line break makes two lines of which the
    // first may well be the bare command: none of them is a forged word.
    const odd = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((one) => !/[0-9a-f \n\r]/.test(one));
    fc.assert(
      fc.property(command, fc.nat(), odd, (text, any, other) => {
        const at = any % text.length;
        const [before, after] = [text.slice(0, at), text.slice(at + 1)];
        const twins = [`${before}${other}${after}`, `${before}${after}`];
        // Before a command stands a line break or a byte order mark, and it is still a line of its own.
        if (at > 0) twins.push(`${before}${other}${text.slice(at)}`);
        for (const twin of twins.filter((one) => one !== text))
          expect(said(twin), JSON.stringify(twin)).toMatch(/^(none|unusable)$/);
      }),
      { numRuns: 800 },
    );
  });

  test('inside a fence, a quote or an element nothing is ever a command', () => {
    const lines = fc.array(fc.constantFrom('/approve-emergency', '/reject', 'word', ''), { maxLength: 6 });
    fc.assert(
      fc.property(lines, (inside) => {
        const text = inside.join('\n');
        for (const wrapped of [
          `\`\`\`\n${text}\n\`\`\``,
          inside.map((line) => `> ${line}`).join('\n'),
          `<details>\n${text}\n</details>`,
          `<!--\n${text}\n-->`,
        ])
          expect(readCommand(wrapped).kind, wrapped).not.toBe('command');
      }),
    );
  });
});
