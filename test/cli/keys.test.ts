// `breakglass keys new`: the pair fits, the private half is in a private file only, nothing is overwritten.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT } from '../../app/cli/exit-codes.ts';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { signerFor } from '../../app/core/record/authorization.ts';
import { examplePolicyFiles, policyOf } from '../core/policy/example-policy.ts';
import { run } from './captured.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'breakglass-keys-'));
  file = join(dir, 'key.pem');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('the printed entry is a policy file as it stands, and the private key belongs to it', async () => {
  const { code, out } = await run(['keys', 'new', '--out', file, '--first', '7']);
  expect(code).toBe(EXIT.ok);
  const files = examplePolicyFiles();
  files.set('keys.yaml', Buffer.from(`${out.split('\n').find((line) => line.startsWith('- ')) ?? ''}\n`));
  const { keys } = policyOf(files);
  expect(keys).toMatchObject([{ id: '2026-11', first: 7 }]);
  expect(signerFor(readFileSync(file, 'utf8'), keys, 1_000)?.keyId).toBe('2026-11');
  expect(out).toContain(`BREAKGLASS_KEY_FINGERPRINTS=${keyFingerprint(keys[0]?.key ?? '')}`);
});

test('the private key is for its owner alone and on no stream', async () => {
  const { out, notes } = await run(['keys', 'new', '--out', file]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const [, secret = 'none'] = readFileSync(file, 'utf8').split('\n');
  expect(out + notes).not.toContain(secret);
  expect(out + notes).not.toContain('PRIVATE');
});

test('nothing is overwritten: no older key, and no terminal', async () => {
  writeFileSync(file, 'older');
  for (const target of [file, '/dev/stdout', '/dev/tty']) {
    const { code, out, notes } = await run(['keys', 'new', '--out', target]);
    expect(code).toBe(EXIT.usage);
    expect(notes).toContain('cannot be written');
    expect(out).toBe('');
  }
  expect(readFileSync(file, 'utf8')).toBe('older');
});

test('as JSON', async () => {
  const { out } = await run(['keys', 'new', '--out', file, '--id', 'next', '--json']);
  const made = JSON.parse(out);
  expect(made).toEqual({ id: 'next', key: expect.any(String), first: 0, fingerprint: keyFingerprint(made.key), file });
});
