// keys.yaml: the public keys that authorizations are checked against.
import type { KeyFields } from '../schema/keys.ts';
import type { SigningKey } from './policy.ts';
import { refuseTwins, type Source } from './source.ts';

export function readKeys(source: Source<readonly KeyFields[]>): readonly SigningKey[] {
  const keys = source.value;
  const each = (key: 'id' | 'key') =>
    keys.map((entry, index) => ({ path: [index, key], value: entry[key], owner: `entry ${index + 1}` }));
  refuseTwins(source, each('id'), 'Key id');
  refuseTwins(source, each('key'), 'Key');
  for (const [index, { key, first, last }] of keys.entries()) {
    const wrong = keyFault(key);
    if (wrong !== null) source.refuse([index, 'key'], wrong);
    if (last !== undefined && last < first)
      source.refuse([index, 'last'], `last (${last}) lies before first (${first}).`);
  }
  return keys;
}

function keyFault(key: string): string | null {
  const bytes = Buffer.from(key, 'base64');
  // 43 characters carry 258 bits: spare ones must be zero, or one key would have several spellings.
  if (bytes.length !== 32 || bytes.toString('base64') !== key) return 'The key is not the base64 of 32 bytes.';
  const last = bytes[31] ?? 0;
  const unsigned = Buffer.concat([bytes.subarray(0, 31), Uint8Array.of(last & 0x7f)]).toString('hex');
  if (WEAK.has(unsigned)) return 'The key is a point of small order: anybody could sign for it. Generate a new one.';
  return null;
}

/** Encodings of the Ed25519 points of small order, without the sign bit: one signature fits nearly every message. */
const WEAK: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);
