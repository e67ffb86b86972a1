// What git itself reads out of our messages: exactly our trailers, whatever people wrote.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRecord } from '../../../app/core/record/authorization.ts';
import { everyRecord, grantRecord, HOSTILE_PIECES, testKey } from './record-cases.ts';

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
