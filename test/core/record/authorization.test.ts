// A signed record is believed only as it was written, only under its key, and only where that key may sign.
import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signerFor, signRecord, verifyMessage } from '../../../app/core/record/authorization.ts';
import type { AuthorizationRecord } from '../../../app/core/record/record.ts';
import { parseMessage, singleLine } from '../../../app/core/record/trailers.ts';
import { parseRecord, recordTrailers } from '../../../app/core/record/written-form.ts';
import { changeRecord, everyRecord, grantRecord, HOSTILE_PIECES, removalRecord, testKey } from './record-cases.ts';

const { signer, key } = testKey('k1');
const other = testKey('k2');
const sign = (record: AuthorizationRecord) => signRecord('Grant admin (#42)', record, signer);

describe('written form', () => {
  test.each([...everyRecord])('%s: read(write(r)) is r, and so is a signed one', (_, record) => {
    expect(parseRecord(recordTrailers(record))).toEqual(record);
    expect(verifyMessage(sign(record), [key], 5)).toMatchObject({
      kind: 'valid',
      authorization: { record, keyId: 'k1' },
    });
  });

  test('free text comes back as its one line, and changes nothing else', () => {
    const text = fc.array(fc.constantFrom(...HOSTILE_PIECES), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (reason, proof) => {
        expect(parseRecord(recordTrailers({ ...grantRecord, reason }))).toEqual({
          ...grantRecord,
          reason: singleLine(reason),
        });
        const [first, second] = removalRecord.removed;
        if (second === undefined) throw new Error('two are needed');
        const removal = { ...removalRecord, removed: [{ ...first, proof, ended: reason }, second] as const };
        const written = { ...first, proof: singleLine(proof), ended: singleLine(reason) };
        expect(parseRecord(recordTrailers(removal))).toEqual({ ...removalRecord, removed: [written, second] });
      }),
    );
  });

  test('nothing else parses: lines missing, doubled, swapped, added, or with another kind or format', () => {
    for (const record of everyRecord.values()) {
      const lines = recordTrailers(record);
      lines.forEach((line, i) => {
        const repeatable = ['Approved-By', 'Grant-Id', 'Ended', 'Proof', 'Incident'].includes(line[0]);
        const without = lines.toSpliced(i, 1);
        if (!repeatable) expect(parseRecord(without), `without ${line[0]}`).toBeNull();
        if (line[0] !== 'Approved-By') expect(parseRecord(lines.toSpliced(i, 0, line)), `twice ${line[0]}`).toBeNull();
        const next = lines[i + 1];
        if (next !== undefined && next[0] !== line[0])
          expect(parseRecord(lines.toSpliced(i, 2, next, line)), `swapped ${line[0]}`).toBeNull();
      });
      expect(parseRecord([...lines, ['Extra', '1']])).toBeNull();
      expect(parseRecord(lines.with(0, ['Format', '2']))).toBeNull();
      expect(parseRecord(lines.with(1, ['Kind', 'everything']))).toBeNull();
    }
  });

  test.each([
    ['Repository-Id', '01296269'],
    ['Repository-Id', '-1'],
    ['Pull-Request', '4e1'],
    ['Requester', 'octocat (0583231)'],
    ['Requester', 'octocat(583231)'],
    ['Requester', 'octo cat (583231)'],
    ['Approved-By', 'hubot-boss (1234567)'],
    ['Expires-At', '2026-11-22T05:04:00+01:00'],
    ['Expires-At', '2026-13-22T05:04:00Z'],
    ['Expires-At', '2026-11-22'],
  ])('a malformed value is no record: %s %s', (name, value) => {
    const lines = recordTrailers(grantRecord);
    const at = lines.findIndex(([each]) => each === name);
    expect(parseRecord(lines.with(at, [name, value]))).toBeNull();
  });
});

describe('signatures', () => {
  test('a change of any byte of the trailers, signature included, is refused', () => {
    for (const record of [grantRecord, removalRecord, changeRecord]) {
      const bytes = Buffer.from(sign(record).trimEnd());
      for (let at = bytes.indexOf('\n\n') + 2; at < bytes.length; at++) {
        for (const flip of [1, 0x20]) {
          const tampered = Buffer.from(bytes);
          tampered[at] = (tampered[at] ?? 0) ^ flip;
          expect(verifyMessage(tampered.toString('utf8'), [key], 5).kind, `byte ${at} ^ ${flip}`).not.toBe('valid');
        }
        const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        expect(verifyMessage(shorter.toString('utf8'), [key], 5).kind, `without byte ${at}`).not.toBe('valid');
      }
    }
  });

  test('a signature has one spelling', () => {
    const message = sign(grantRecord).trimEnd();
    for (const spelling of [
      message.replace(/==$/, ''),
      message.replace(/==$/, '='),
      `${message}=`,
      message.replaceAll('+', '-').replace(/==$/, '=_'),
    ])
      expect(verifyMessage(spelling, [key], 5).kind).toBe('invalid');
  });

  test('the title is for people only: a forged one changes nothing that counts', () => {
    const forged = sign(grantRecord).replace(/^.*\n/, 'Grant everything to @mallory\n');
    const [real, told] = [sign(grantRecord), forged].map((text) => verifyMessage(text, [key], 5));
    expect(told).toEqual(real);
    const inTitle = sign(grantRecord).replace(/^.*\n/, 'Authorization: ed25519 k2 AAAA\n');
    expect(verifyMessage(inTitle, [key], 5)).toEqual(real);
  });

  test('the trailers of one record under the signature of another', () => {
    const [a, b] = [sign(grantRecord), sign({ ...grantRecord, grantId: 'another-grant' })];
    const line = (text: string) => text.split('\n').find((one) => one.startsWith('Authorization:')) ?? '';
    expect(verifyMessage(a.replace(line(a), line(b)), [key], 5)).toMatchObject({
      kind: 'invalid',
      reason: 'the signature is not one of key "k1"',
    });
  });

  test('another key under the same id, and an id that the policy does not have', () => {
    const message = sign(grantRecord);
    expect(verifyMessage(message, [{ ...other.key, id: 'k1' }], 5)).toMatchObject({ kind: 'invalid' });
    expect(verifyMessage(message, [other.key], 5)).toEqual({
      kind: 'invalid',
      reason: 'no key "k1" in the policy that was in force',
    });
    expect(verifyMessage(message, [], 5).kind).toBe('invalid');
  });

  test.each([
    [9, 'invalid'],
    [10, 'valid'],
    [20, 'valid'],
    [21, 'invalid'],
  ])('a key that signs from 10 to 20, at %i: %s', (position, kind) => {
    expect(verifyMessage(sign(grantRecord), [{ ...key, first: 10, last: 20 }], position).kind).toBe(kind);
  });

  test("a person's commit claims nothing; anything that claims must be wholly ours", () => {
    expect(verifyMessage('Fix a typo\n\nSigned-off-by: A <a@example.org>\n', [key], 5)).toEqual({ kind: 'none' });
    expect(verifyMessage('', [key], 5)).toEqual({ kind: 'none' });
    const message = sign(grantRecord);
    for (const text of [
      `${message}\nCo-authored-by: Mallory <m@example.org>\n`,
      `${message}Co-authored-by: Mallory <m@example.org>\n`,
      message.replaceAll('\n', '\r\n'),
      message.replace('\n\n', '\n\nSome words\n\n'),
      'Title\n\nAuthorization: ed25519 k1\n',
      'Title\n\nAuthorization: rsa k1 AAAA\n',
      'Title\n\nAuthorization: ed25519 k1 AAAA more\n',
    ])
      expect(verifyMessage(text, [key], 5).kind, text).toBe('invalid');
  });

  test('what is signed but no record of ours is refused', () => {
    const lying = { ...grantRecord, requester: { login: 'octo cat', id: 1 } };
    expect(verifyMessage(sign(lying), [key], 5)).toEqual({
      kind: 'invalid',
      reason: 'the signed trailers are not a record of a known format',
    });
  });

  test('the digest names the signed bytes, so a second commit with the same authorization is seen as a replay', () => {
    const digest = (text: string) => {
      const answer = verifyMessage(text, [key], 5);
      return answer.kind === 'valid' ? answer.authorization.digest : answer.kind;
    };
    const message = sign(grantRecord);
    const trailers = parseMessage(message)?.trailers.slice(0, -1) ?? [];
    const signed = trailers.map(([name, value]) => `${name}: ${value}\n`).join('');
    expect(digest(message)).toBe(createHash('sha256').update(signed).digest('hex'));
    expect(digest(message.replace(/^.*\n/, 'Another title\n'))).toBe(digest(message));
    expect(digest(sign({ ...grantRecord, pullRequest: 43 }))).not.toBe(digest(message));
  });
});

describe('signerFor', () => {
  const pem = signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  test('finds the key of the policy that belongs to the private key, while it is in use', () => {
    expect(signerFor(pem, [other.key, key], 5)?.keyId).toBe('k1');
    expect(signerFor(pem, [other.key], 5)).toBeNull();
    expect(signerFor(pem, [{ ...key, last: 10 }], 11)).toBeNull();
    expect(signerFor(pem, [{ ...key, first: 6 }], 5)).toBeNull();
  });
  test('takes Ed25519 only', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(signerFor(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), [key], 5)).toBeNull();
  });
});
