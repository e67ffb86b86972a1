// Signs a record into a whole commit message, and reads one back: Ed25519 over the exact bytes of the trailers.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { keyFingerprint } from '../policy/fingerprint.ts';
import type { SigningKey } from '../policy/policy.ts';
import type { AuthorizationRecord } from './record.ts';
import { parseMessage, renderMessage, trailerBlock } from './trailers.ts';
import { parseRecord, recordTrailers } from './written-form.ts';

export type Signer = {
  /** Id of the key in policies/keys.yaml. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
};

export type Authorization = {
  readonly record: AuthorizationRecord;
  readonly keyId: string;
  /** SHA-256 of the signed bytes: the same authorization in a second commit is a replay. */
  readonly digest: string;
};

export type Verification =
  | { readonly kind: 'valid'; readonly authorization: Authorization }
  /** The commit does not claim an authorization: a person's commit. */
  | { readonly kind: 'none' }
  | { readonly kind: 'invalid'; readonly reason: string };

export function signRecord(title: string, record: AuthorizationRecord, signer: Signer): string {
  const trailers = recordTrailers(record);
  const signature = sign(null, Buffer.from(trailerBlock(trailers)), signer.privateKey).toString('base64');
  return renderMessage({ title, trailers: [...trailers, ['Authorization', `ed25519 ${signer.keyId} ${signature}`]] });
}

/** `position` is the commit's distance from genesis along first parents: a key signs only within its own span. */
export function verifyMessage(text: string, keys: readonly SigningKey[], position: number): Verification {
  if (!/^Authorization:/m.test(text)) return { kind: 'none' };
  const message = parseMessage(text);
  const last = message?.trailers.at(-1);
  if (message === null || last?.[0] !== 'Authorization') return invalid('the message is not one that the app writes');
  const [algorithm, keyId, signature, more] = last[1].split(' ');
  if (algorithm !== 'ed25519' || keyId === undefined || signature === undefined || more !== undefined)
    return invalid('the Authorization line is not "ed25519 <key id> <signature>"');
  const key = keys.find((one) => one.id === keyId);
  if (key === undefined) return invalid(`no key "${keyId}" in the policy that was in force`);
  if (!maySign(key, position)) return invalid(`key "${keyId}" may not sign at ledger position ${position}`);
  const trailers = message.trailers.slice(0, -1);
  const signed = Buffer.from(trailerBlock(trailers));
  // One signature has one spelling: `Buffer.from` would also read others.
  const bytes = Buffer.from(signature, 'base64');
  if (bytes.toString('base64') !== signature || !verify(null, signed, publicKey(key), bytes))
    return invalid(`the signature is not one of key "${keyId}"`);
  const record = parseRecord(trailers);
  if (record === null) return invalid('the signed trailers are not a record of a known format');
  return { kind: 'valid', authorization: { record, keyId, digest: createHash('sha256').update(signed).digest('hex') } };
}

/** The signer for a PEM private key, by the one key of the policy that belongs to it. */
export function signerFor(pem: string, keys: readonly SigningKey[], position: number): Signer | null {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') return null;
  const raw = rawPublicKey(createPublicKey(privateKey));
  const key = keys.find((one) => keyFingerprint(one.key) === keyFingerprint(raw) && maySign(one, position));
  return key === undefined ? null : { keyId: key.id, privateKey };
}

/** Of the public half of a PEM private key, as the configuration names keys; null when it is no Ed25519 key. */
export function fingerprintOf(pem: string): string | null {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'ed25519') return null;
    return keyFingerprint(rawPublicKey(createPublicKey(privateKey)));
  } catch {
    // What the library says of it may quote the key.
    return null;
  }
}

export function rawPublicKey(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  return Buffer.from(jwk.x ?? '', 'base64url').toString('base64');
}

export function maySign(key: SigningKey, position: number): boolean {
  return position >= key.first && position <= (key.last ?? Number.POSITIVE_INFINITY);
}

/** Made once for each: a ledger is verified again at every step of the branch, by the same few keys. */
const publicKeys = new Map<string, KeyObject>();
const MOST_KEYS = 100;

function publicKey({ key }: SigningKey): KeyObject {
  const known = publicKeys.get(key);
  if (known !== undefined) return known;
  const x = Buffer.from(key, 'base64').toString('base64url');
  const made = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (publicKeys.size >= MOST_KEYS) publicKeys.clear();
  publicKeys.set(key, made);
  return made;
}

function invalid(reason: string): Verification {
  return { kind: 'invalid', reason };
}
