// The fingerprint by which the process's configuration names a signing key.
import { createHash } from 'node:crypto';

/** Of a raw public key in base64, as keys.yaml has it: lower-case hex SHA-256 of its bytes. */
export function keyFingerprint(key: string): string {
  return createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex');
}
