// Records of every kind, keys, and text that wants to be something else: what the record tests share.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SigningKey } from '../../../app/core/policy/policy.ts';
import { rawPublicKey, type Signer } from '../../../app/core/record/authorization.ts';
import type { AuthorizationRecord, ChangeRecord, GrantRecord, RemovalRecord } from '../../../app/core/record/record.ts';

export const grantRecord: GrantRecord = {
  kind: 'grant',
  repositoryId: 1296269,
  pullRequest: 42,
  grantId: '2026-11-22-payments-db-down',
  grantBlob: 'a'.repeat(40),
  requester: { login: 'octocat', id: 583231 },
  reason: 'Primary database refuses connections, failover needs IAM changes',
  incident: 'INC-1234',
  access: `sha256:${'b'.repeat(64)}`,
  approvedBy: [{ login: 'hubot-boss', id: 1234567, nodeId: 'IC_kwDOABCD', at: '2026-11-22T03:04:00Z' }],
  approvedHead: 'c'.repeat(40),
  policies: 'd'.repeat(40),
  rule: 'production-admin',
  expiresAt: '2026-11-22T05:04:00Z',
};

export const removalRecord: RemovalRecord = {
  kind: 'removal',
  repositoryId: 1296269,
  pullRequest: 43,
  head: 'e'.repeat(40),
  removed: [
    { grantId: 'first-grant', ended: 'deadline 2026-11-22T05:04:00Z', proof: 'proven 05:05 05:06 requests 1 2' },
    { grantId: 'second-grant', ended: 'revoked by octocat (583231) 2026-11-22T04:00:00Z', proof: 'never granted' },
  ],
};

export const changeRecord: ChangeRecord = {
  kind: 'change',
  repositoryId: 1296269,
  pullRequest: 44,
  author: { login: 'octo-lead', id: 2345678 },
  approvedBy: [
    { login: 'hubot-boss', id: 1234567, nodeId: 'IC_kwDOABCD', at: '2026-11-22T03:04:00Z' },
    { login: 'mona_acme', id: 99, nodeId: 'MDEyOklzc3VlQ29tbWVudDE=', at: '2026-11-22T03:05:00Z' },
  ],
  approvedHead: 'c'.repeat(40),
  policies: 'd'.repeat(40),
};

const { incident: _, ...withoutIncident } = grantRecord;

export const everyRecord: ReadonlyMap<string, AuthorizationRecord> = new Map<string, AuthorizationRecord>([
  ['grant', grantRecord],
  ['grant by the rule itself', { ...withoutIncident, approvedBy: [] }],
  ['extension', { ...grantRecord, kind: 'extension' }],
  ['grant to a managed account', { ...grantRecord, requester: { login: 'mona_acme', id: 7 } }],
  ['removal', removalRecord],
  ['change', changeRecord],
  ['change by a bot', { ...changeRecord, author: { login: 'dependabot[bot]', id: 49699333 } }],
]);

export type TestKey = { readonly signer: Signer; readonly key: SigningKey; readonly privateKey: KeyObject };

export function testKey(id: string, span: { readonly first: number; readonly last?: number } = { first: 0 }): TestKey {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = createPrivateKey(pair.privateKey);
  return { signer: { keyId: id, privateKey }, key: { id, key: rawPublicKey(privateKey), ...span }, privateKey };
}

/** Line breaks of every alphabet, marks that hide or turn text, and text that looks like what git or we write. */
export const HOSTILE_PIECES: readonly string[] = [
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\v',
  '\f',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u0000',
  '\u001b[2K',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\ud800',
  '---',
  '\n---\n',
  'Signed-off-by: Mallory <m@example.org>',
  '\nGrant-Id: other',
  '\nAuthorization: ed25519 x y',
  'Kind: grant',
  ': ',
  ' ',
  '\t',
  '#',
  '\n# comment',
  '(cherry picked from commit abc)',
  '👩‍🚒',
  'é',
  '字',
  '-',
  'text',
];
