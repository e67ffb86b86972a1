// The name of a grant's permission set: readable in CloudTrail, and no other grant's.
import { createHash } from 'node:crypto';

/**
 * `bg-<role ≤ 12>-<16 base32>`: at most 32 characters, which is all that Identity Center takes. The digest is 80 bits
 * of repository and grant, so two grants of the same role, or of two repositories in one organization, never meet.
 */
export function permissionSetName(role: string, repositoryId: number, id: string): string {
  const digest = createHash('sha256').update(`${repositoryId}/${id}`).digest();
  return `bg-${role.slice(0, 12)}-${base32(digest.subarray(0, 10))}`;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET.charAt(Number.parseInt(five, 2))).join('');
}
