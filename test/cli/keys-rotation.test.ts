// `breakglass keys list` and `rotate` over a real clone: what they print is a policy that goes on verifying.
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../app/cli/exit-codes.ts';
import { unusedKeyId } from '../../app/cli/signing-key.ts';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import type { Policy } from '../../app/core/policy/policy.ts';
import { type Signer, signerFor, signRecord } from '../../app/core/record/authorization.ts';
import type { ChangeRecord } from '../../app/core/record/record.ts';
import { type SignedHistory, signedHistory } from '../audit/signed-history.ts';
import { REPOSITORY } from '../core/ledger/history-builder.ts';
import { examplePolicyFiles, policyOf } from '../core/policy/example-policy.ts';
import { run } from './captured.ts';

let history: SignedHistory;
let dir: string;
let file: string;
beforeEach(async () => {
  history = await signedHistory();
  history.grant('first', 1);
  history.grant('second', 2);
  dir = mkdtempSync(join(tmpdir(), 'breakglass-rotate-'));
  file = join(dir, 'next.pem');
});
afterEach(() => {
  vi.unstubAllEnvs();
  history.discard();
  rmSync(dir, { recursive: true, force: true });
});

const list = (...args: string[]) => run(['keys', 'list', '--repo', history.dir, ...args]);
const rotate = (...args: string[]) => run(['keys', 'rotate', '--repo', history.dir, '--out', file, ...args]);

function keysOf(text: string): Policy['keys'] {
  return policyOf(new Map([...examplePolicyFiles(), ['keys.yaml', Buffer.from(text)]])).keys;
}

/** The owners' change, merged by the app. */
function mergeKeys(text: string, at: number, signer: Signer): void {
  const blob = history.git(['hash-object', '-w', '--stdin'], text).trim();
  const before = history.git(['ls-tree', 'main:policies']);
  const policies = history.git(['mktree'], before.replace(/[0-9a-f]{40}\tkeys\.yaml/, `${blob}\tkeys.yaml`)).trim();
  const record: ChangeRecord = {
    kind: 'change',
    repositoryId: REPOSITORY,
    pullRequest: 50 + at,
    author: { login: 'octo-lead', id: 2345678 },
    approvedBy: [],
    approvedHead: history.tip(),
    policies,
  };
  history.push({ 'policies/keys.yaml': text }, { at, message: signRecord('Change the key', record, signer) });
}

describe('list', () => {
  test('the key, its span, and that it may sign next', async () => {
    const { code, out } = await list();
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/^KEY +FIRST +LAST +MAY SIGN AT 3 +THE APP'S +FINGERPRINT\nexample +0 +yes +[0-9a-f]{64}$/);
    expect(out).toContain(history.fingerprint);
    expect(JSON.parse((await list('--json')).out)).toEqual({
      position: 2,
      next: 3,
      policy: history.genesis,
      configured: null,
      keys: [
        { id: 'example', fingerprint: history.fingerprint, first: 0, last: null, maySign: true, configured: false },
      ],
    });
  });

  test('which one is the private key that the app is configured with', async () => {
    vi.stubEnv('BREAKGLASS_SIGNING_KEY', history.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const { code, out } = await list('--json');
    expect(code).toBe(EXIT.ok);
    const { configured, keys } = JSON.parse(out);
    expect(configured).toEqual({ fingerprint: history.fingerprint, id: 'example' });
    expect(keys).toMatchObject([{ id: 'example', configured: true }]);
    expect((await list()).out).toMatch(/^example +0 +yes +yes +[0-9a-f]{64}$/m);
  });

  test("a private key of the app that is none of them is said, and so is one that isn't a key", async () => {
    await run(['keys', 'new', '--out', file]);
    vi.stubEnv('BREAKGLASS_SIGNING_KEY_FILE', file);
    const { code, out } = await list();
    expect(code).toBe(EXIT.attention);
    expect(out).toContain('is none of these');
    writeFileSync(file, 'not a key');
    const broken = await list();
    expect(broken).toMatchObject({ code: EXIT.usage, out: '' });
    expect(broken.notes).toContain('not an Ed25519 private key');
    expect(broken.notes).not.toContain('not a key');
  });
});

describe('rotate', () => {
  test('both files parse; the new key signs from the next position, the old one until then', async () => {
    const { code, out } = await rotate('--json');
    expect(code).toBe(EXIT.ok);
    const made = JSON.parse(out);
    const pem = readFileSync(file, 'utf8');
    const [old, added] = keysOf(made.first);
    expect(old).toMatchObject({ id: 'example', first: 0 });
    expect(old?.last).toBeUndefined();
    expect(added).toEqual({ id: '2026-11', key: made.key.key, first: 3 });
    expect(keyFingerprint(added?.key ?? '')).toBe(made.key.fingerprint);
    expect(signerFor(pem, keysOf(made.first), 3)?.keyId).toBe('2026-11');
    expect(signerFor(pem, keysOf(made.first), 2)).toBeNull();
    expect(keysOf(made.second)).toEqual([{ ...old, last: 3 }, added]);
    expect(made.retired).toEqual(['example']);
  });

  test('done as it says, both keys sign in turn and the whole history verifies', async () => {
    const made = JSON.parse((await rotate('--id', 'next', '--json')).out);
    const next: Signer = { keyId: 'next', privateKey: createPrivateKey(readFileSync(file, 'utf8')) };
    mergeKeys(made.first, 3, { keyId: 'example', privateKey: history.privateKey });
    mergeKeys(made.second, 4, next);
    vi.stubEnv('BREAKGLASS_SIGNING_KEY_FILE', file);
    const { code, out } = await list('--json');
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toMatchObject({
      next: 5,
      keys: [
        { id: 'example', last: 3, maySign: false, configured: false },
        { id: 'next', first: 3, last: null, maySign: true, configured: true },
      ],
    });
    const root = ['--root', history.genesis, '--fingerprint', history.fingerprint];
    const verified = await run([
      'audit',
      '--verify',
      '--repo',
      history.dir,
      ...root,
      '--repository-id',
      `${REPOSITORY}`,
    ]);
    expect(verified.code).toBe(EXIT.ok);
  });

  test('the text holds the same two files, ready to paste, and never the private key', async () => {
    const { out, notes } = await rotate('--id', 'next');
    const files = out.split(/^# \d\. .*$/m).map((part) => part.replaceAll(/^#.*\n/gm, '').trim());
    const [, first = '', , second = ''] = files;
    expect(keysOf(`${first}\n`).map((one) => one.id)).toEqual(['example', 'next']);
    expect(keysOf(`${second}\n`).map((one) => one.last)).toEqual([3, undefined]);
    const [, secret = 'none'] = readFileSync(file, 'utf8').split('\n');
    expect(out + notes).not.toContain(secret);
    expect(out + notes).not.toContain('PRIVATE');
    expect(history.git(['rev-parse', 'main']).trim()).toBe(history.tip());
  });

  test('an id is used once: one that is taken is refused before a key is made, a default is numbered', async () => {
    expect(await rotate('--id', 'example')).toMatchObject({ code: EXIT.usage, out: '' });
    expect(() => readFileSync(file)).toThrow();
    const november = new Date('2026-11-22T03:40:00Z');
    expect(unusedKeyId(new Set(['example']), november)).toBe('2026-11');
    expect(unusedKeyId(new Set(['2026-11', '2026-11-2']), november)).toBe('2026-11-3');
  });
});
