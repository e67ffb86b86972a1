// A new signing key: the private half goes into a file that is its owner's alone, and nowhere else.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { keyFingerprint } from '../core/policy/fingerprint.ts';
import { rawPublicKey } from '../core/record/authorization.ts';
import { EXIT, refusal } from './exit-codes.ts';

export type MadeKey = {
  /** Public, as keys.yaml has it. */
  readonly key: string;
  readonly fingerprint: string;
  /** Of the private half. */
  readonly file: string;
};

export function makeSigningKey(out: string): MadeKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = resolve(out);
  writePrivate(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const key = rawPublicKey(publicKey);
  return { key, fingerprint: keyFingerprint(key), file };
}

/** Year and month. */
export function defaultKeyId(now: Date): string {
  return now.toISOString().slice(0, 7);
}

/** The same, numbered where it is taken: an id never changes hands. */
export function unusedKeyId(taken: ReadonlySet<string>, now: Date): string {
  const name = defaultKeyId(now);
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(id)) return id;
  }
}

export function keyId(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(text))
    throw new InvalidArgumentError('Write lower-case letters, digits and hyphens, at most 63.');
  return text;
}

/** `wx`: neither an older key nor a terminal (/dev/tty, /dev/stdout exist) is ever written to. */
function writePrivate(file: string, pem: string): void {
  try {
    writeFileSync(file, pem, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EEXIST' ? 'it exists already, and a key is never overwritten' : code;
    throw refusal(EXIT.usage, `the private key cannot be written to ${file}: ${why}. Name another file with --out.`);
  }
}
