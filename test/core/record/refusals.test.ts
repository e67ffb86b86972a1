// Why a commit's claim is not believed, word for word, and how a key is named.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keyFingerprint } from '../../../app/core/policy/fingerprint.ts';
import {
  fingerprintOf,
  maySign,
  rawPublicKey,
  signerFor,
  signRecord,
  verifyMessage,
} from '../../../app/core/record/authorization.ts';
import { LONGEST_VALUE, renderMessage, singleLine } from '../../../app/core/record/trailers.ts';
import { parseRecord, recordTrailers } from '../../../app/core/record/written-form.ts';
import { changeRecord, grantRecord, removalRecord, testKey } from './record-cases.ts';

const { signer, key, privateKey } = testKey('k1');
const message = signRecord('Grant admin (#42)', grantRecord, signer);
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('a claim is refused', () => {
  const notOurs = 'the message is not one that the app writes';
  const misshapen = 'the Authorization line is not "ed25519 <key id> <signature>"';
  test.each([
    [`${message}\nMore: words\n`, notOurs],
    [`${message}More: words\n`, notOurs],
    ['Authorization: ed25519 k1 AAAA', notOurs],
    ['Title\n\nAuthorization: ed25519 k1\n', misshapen],
    ['Title\n\nAuthorization: ed25519\n', misshapen],
    ['Title\n\nAuthorization: rsa k1 AAAA\n', misshapen],
    ['Title\n\nAuthorization: ed25519 k1 AAAA more\n', misshapen],
    ['Title\n\nAuthorization: ed25519 k2 AAAA\n', 'no key "k2" in the policy that was in force'],
    ['Title\n\nAuthorization: ed25519 k1 AAAA\n', 'the signature is not one of key "k1"'],
  ])('%#', (text, reason) => {
    expect(verifyMessage(text, [key], 5)).toEqual({ kind: 'invalid', reason });
  });

  test('outside the span of its key', () => {
    expect(verifyMessage(message, [{ ...key, first: 6 }], 5)).toEqual({
      kind: 'invalid',
      reason: 'key "k1" may not sign at ledger position 5',
    });
  });

  test('a line that only has the word in it claims nothing', () => {
    expect(verifyMessage('Title\n\nSee Authorization: ed25519 k1 AAAA\n', [key], 5)).toEqual({ kind: 'none' });
  });
});

describe('a record is refused', () => {
  const lines = recordTrailers(grantRecord);
  test.each([
    ['Requester', ' (0)'],
    ['Approved-By', ' (0)  '],
    ['Approved-By', 'hubot-boss (1234567) IC_kwDOABCD 2026-11-22T03:04:00'],
    ['Approved-By', `hubot-boss (1234567) ${'I'.repeat(201)} 2026-11-22T03:04:00Z`],
    ['Requester', `${'o'.repeat(61)} (583231)`],
    ['Requester', 'octocat (1234567890123456)'],
    ['Requester', 'x octocat (583231)'],
    ['Requester', 'octocat (583231) x'],
    ['Requester', 'octocat[bot]x (583231)'],
    ['Repository-Id', '0'],
    ['Repository-Id', '1000000000000000'],
    ['Repository-Id', '7x'],
    ['Expires-At', 'x2026-11-22T05:04:00Z'],
    ['Expires-At', '2026-11-22T05:04:00Zx'],
  ])('%s: %s', (name, value) => {
    const at = lines.findIndex(([each]) => each === name);
    expect(parseRecord(lines.with(at, [name, value]))).toBeNull();
  });

  test.each(['octocat', 'o'.repeat(60), 'dependabot[bot]', 'mona_acme'])('%s may stand as requester', (login) => {
    const requester = { login, id: 999_999_999_999_999 };
    expect(parseRecord(recordTrailers({ ...grantRecord, requester }))).toMatchObject({ requester });
  });

  test('a removal of nothing', () => {
    const none = recordTrailers(removalRecord).filter(([name]) => !['Grant-Id', 'Ended', 'Proof'].includes(name));
    expect(parseRecord(none)).toBeNull();
    expect(parseRecord([])).toBeNull();
  });

  test("an approver's name is a person's", () => {
    const approvedBy = [{ login: 'dependabot[bot]', id: 7, nodeId: 'IC_x', at: '2026-11-22T03:04:00Z' }];
    expect(parseRecord(recordTrailers({ ...changeRecord, approvedBy }))).toBeNull();
  });
});

describe('keys', () => {
  test('have the fingerprint of their public half', () => {
    expect(fingerprintOf(pem)).toBe(keyFingerprint(rawPublicKey(privateKey)));
    expect(fingerprintOf(pem)).toBe(keyFingerprint(key.key));
    expect([fingerprintOf(rsa), fingerprintOf('no key'), fingerprintOf('')]).toEqual([null, null, null]);
  });

  test('sign within their span, both ends included', () => {
    const span = { ...key, first: 3, last: 4 };
    expect([2, 3, 4, 5].map((position) => maySign(span, position))).toEqual([false, true, true, false]);
    expect(maySign(key, Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  test('of another kind sign nothing, even when the policy had their number', () => {
    expect(signerFor(rsa, [key, { ...key, key: '' }], 5)).toBeNull();
    expect(signerFor(pem, [{ ...key, id: 'past', last: 4 }, key], 5)?.keyId).toBe('k1');
  });
});

describe('messages', () => {
  test.each(['', 'lower', 'Two Words', 'Grant-', '-Grant', 'Grant-Id2', 'Grant--Id', 'Grant:', 'Grant\n'])(
    '%j is no key of a trailer',
    (name) => {
      expect(() => renderMessage({ title: 'T', trailers: [[name, 'x']] })).toThrow(
        `not a trailer key: ${JSON.stringify(name)}`,
      );
    },
  );

  test('a value is cut to what people read, between characters', () => {
    expect(Array.from(singleLine('👩'.repeat(LONGEST_VALUE + 1)))).toHaveLength(LONGEST_VALUE);
    expect(singleLine(`${'a'.repeat(LONGEST_VALUE - 1)} b`)).toBe('a'.repeat(LONGEST_VALUE - 1));
    expect([singleLine(''), singleLine(' \n\u200b ')]).toEqual(['-', '-']);
    expect(singleLine(' a \n\n b ')).toBe('a b');
  });
});
