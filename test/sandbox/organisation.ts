// The organisation that the sandbox plays: the worked example's people and accounts, under rules of seconds.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { rawPublicKey } from '../../app/core/record/authorization.ts';

export const REPOSITORY_ID = 1_296_269;
export const INSTANCE_ARN = 'arn:aws:sso:::instance/ssoins-7223aabbccddeeff';
export const IDENTITY_STORE_ID = 'd-906712abcd';
export const REGION = 'us-east-1';

/** GitHub ids are those of policies/people.yaml; `mallory` may write to the repository and is in no policy. */
export const PEOPLE = [
  { login: 'octocat', id: 583_231 },
  { login: 'hubot', id: 480_938 },
  { login: 'hubot-boss', id: 1_234_567 },
  { login: 'octo-lead', id: 2_345_678 },
  { login: 'mallory', id: 6_666_666 },
  { login: 'root-admin', id: 7_777_777, admin: true },
] as const;

export const TEAMS = [
  { slug: 'sre', id: 4_100_001, members: ['octocat', 'hubot', 'octo-lead'] },
  { slug: 'incident-commanders', id: 4_100_002, members: ['hubot-boss', 'octo-lead'] },
  { slug: 'engineering', id: 4_100_003, members: ['octocat', 'hubot'] },
] as const;

export const ACCOUNTS = {
  payments: '111122223333',
  web: '222233334444',
  staging: '333344445555',
  sandbox: '444455556666',
  management: '555566667777',
};

/** Identity Center UserIds of policies/people.yaml. */
export const USERS = {
  octocat: '906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678',
  hubot: '906712abcd-2c3d4e5f-6071-4829-abcd-ef0123456789',
  'octo-lead': '906712abcd-3d4e5f60-7182-493a-bcde-f01234567890',
};

export type SigningKeys = { readonly pem: string; readonly publicKey: string; readonly fingerprint: string };

export function newSigningKeys(): SigningKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey);
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: raw,
    fingerprint: keyFingerprint(raw),
  };
}

/** The example's files; its rules with a floor of one second, its placeholder key replaced by a real one. */
export function seedFiles(keys: SigningKeys): Record<string, string> {
  const example = (name: string) => readFileSync(new URL(`../../policies/${name}`, import.meta.url), 'utf8');
  return {
    'README.md': '# Access of acme\n',
    'grants/README.md': '# Grants\n',
    'policies/people.yaml': example('people.yaml'),
    'policies/accounts.yaml': example('accounts.yaml'),
    'policies/roles.yaml': example('roles.yaml'),
    'policies/guards.yaml': example('guards.yaml'),
    'policies/settings.yaml': example('settings.yaml'),
    'policies/rules.yaml': RULES,
    'policies/keys.yaml': keysFile([{ id: 'sandbox', key: keys.publicKey, first: 0 }]),
  };
}

export function keysFile(
  keys: readonly { readonly id: string; readonly key: string; readonly first: number; readonly last?: number }[],
): string {
  return keys.map((one) => `- ${JSON.stringify(one)}\n`).join('');
}

export const RULES = `defaults: { min_duration: 1s, max_duration: 4h, request_ttl: 3h, approval_ttl: 15m }
rules:
  - name: production-admin
    roles: [admin]
    accounts: ["label:prod"]
    requesters: [team:sre]
    approvals: [{ count: 1, from: [team:incident-commanders] }]
    max_duration: 2h
    max_live: 2
    incident: required
  - name: production-failover
    roles: [database-failover]
    accounts: ["label:prod"]
    requesters: [team:sre]
    approvals: [{ count: 2, from: [team:incident-commanders] }]
    max_duration: 2h
  - name: production-read
    roles: [read-only]
    accounts: ["*"]
    requesters: [team:engineering, team:sre]
    approvals: []
    max_duration: 8h
`;
