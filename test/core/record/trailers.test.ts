// No text can become a trailer, or keep one from being read: by us, and by git itself.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRecord } from '../../../app/core/record/authorization.ts';
import {
  LONGEST_VALUE,
  parseMessage,
  renderMessage,
  singleLine,
  type Trailer,
} from '../../../app/core/record/trailers.ts';
import { everyRecord, grantRecord, HOSTILE_PIECES, testKey } from './record-cases.ts';

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

describe('git reads the same', () => {
  let dir = '';
  const git = (args: readonly string[], input?: string): string =>
    execFileSync('git', ['-C', dir, ...args], {
      input,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    });
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'breakglass-trailers-'));
    git(['init', '--quiet']);
    git(['config', 'user.email', 'a@example.org']);
    git(['config', 'user.name', 'A']);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const { signer } = testKey('k1');
  const hostile = HOSTILE_PIECES.map((piece) => `x${piece}${piece}y`).concat(HOSTILE_PIECES);

  test('interpret-trailers and log see exactly our trailers, for every record and hostile reason', () => {
    const records = [...everyRecord.values(), ...hostile.map((reason) => ({ ...grantRecord, reason }))];
    for (const record of records) {
      const message = signRecord('Grant admin on prod to @octocat for 2h (#42)', record, signer);
      const ours = message.slice(message.indexOf('\n\n') + 2);
      expect(git(['interpret-trailers', '--parse'], message)).toBe(ours);
      const tree = git(['mktree'], '').trim();
      const commit = git(['commit-tree', tree], message).trim();
      expect(git(['log', '-1', '--format=%(trailers:only,unfold)', commit])).toBe(`${ours}\n`);
    }
  });
});
