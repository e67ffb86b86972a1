// The policy of the simulation, in all the forms that its owners may give it, with times that make a life short.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { keyFingerprint } from '../../app/core/policy/fingerprint.ts';
import { parsePolicy } from '../../app/core/policy/parse.ts';
import { rawPublicKey, type Signer } from '../../app/core/record/authorization.ts';
import { hash, type PolicyFiles } from './repository.ts';

export type Person = { readonly login: string; readonly id: number; readonly aws: string | null };

const person = (login: string, id: number, aws: string | null = null): Person => ({ login, id, aws });
export const octocat = person('octocat', 583231, '906712abcd-1b2c3d4e-5f60-4718-9abc-def012345678');
export const hubot = person('hubot', 480938, '906712abcd-2c3d4e5f-6071-4829-abcd-ef0123456789');
export const commander = person('commander', 7001);
export const second = person('second-commander', 7002);
export const outsider = person('outsider', 9009);
export const boss = person('hubot-boss', 1234567);
export const lead = person('octo-lead', 2345678);
export const PEOPLE: readonly Person[] = [octocat, hubot, commander, second, outsider, boss, lead];

export const TEAM_IDS = { sre: 4100001, 'incident-commanders': 4100002, engineering: 4100003 } as const;
export type Team = keyof typeof TEAM_IDS;

export type Place = { readonly account: string; readonly role: string; readonly rule: string };
/** What can be asked for; the first needs an approval, the others are approved by their rule. */
export const PLACES: readonly [Place, Place, Place] = [
  { account: 'prod', role: 'admin', rule: 'prod-admin' },
  { account: 'staging', role: 'reader', rule: 'staging' },
  { account: 'staging', role: 'admin', rule: 'staging' },
];
export const ACCOUNTS: Readonly<Record<string, string>> = { prod: '111122223333', staging: '333344445555' };

export const APPROVAL_TTL_MS = 5 * 60_000;
export const REPOSITORY_ID = 1296269;

/** Each lacks what it is named for. */
export const LACKS = ['nothing', 'hubot', 'account staging', 'role reader', 'rule prod-admin'] as const;
export type Lack = (typeof LACKS)[number];

/** From a seed of its own, so that every run signs the same bytes. */
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = rawPublicKey(createPublicKey(privateKey));
export const signer: Signer = { keyId: 'simulation', privateKey };
export const FINGERPRINTS = [keyFingerprint(publicKey)];

const made = new Map<Lack, PolicyFiles>();

export function policyWithout(lack: Lack): PolicyFiles {
  const known = made.get(lack) ?? makePolicy(lack);
  made.set(lack, known);
  return known;
}

/** The policy in force by the tree's id; null for a tree that is none of ours. */
export function lackOf(tree: string): Lack | null {
  return LACKS.find((one) => policyWithout(one).id === tree) ?? null;
}

function makePolicy(lack: Lack): PolicyFiles {
  const texts = Object.entries(textsOf(lack));
  const files = new Map(texts.map(([name, text]) => [name, new Uint8Array(Buffer.from(text))]));
  const parsed = parsePolicy(files);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return { id: hash(`policies ${JSON.stringify(texts)}`), files };
}

function textsOf(lack: Lack): Readonly<Record<string, string>> {
  const lines = (all: readonly (readonly [lack: Lack | null, line: string])[]) =>
    `${all.flatMap(([of, line]) => (of === lack ? [] : [line])).join('\n')}\n`;
  return {
    'people.yaml': lines([
      [null, `- { github: octocat, id: 583231, aws: ${octocat.aws}, name: Mona }`],
      ['hubot', `- { github: hubot, id: 480938, aws: ${hubot.aws}, name: Hubot }`],
      [null, '- { github: hubot-boss, id: 1234567, name: Boss }'],
      [null, '- { github: octo-lead, id: 2345678, name: Lead }'],
    ]),
    'accounts.yaml': lines([
      [null, 'prod: { id: "111122223333", labels: [prod] }'],
      [null, 'sandbox: { id: "444455556666", labels: [test] }'],
      ['account staging', 'staging: { id: "333344445555", labels: [test] }'],
    ]),
    'roles.yaml': lines([
      [null, 'admin: { description: All, managed_policies: [arn:aws:iam::aws:policy/AdministratorAccess] }'],
      ['role reader', 'reader: { description: Read, managed_policies: [arn:aws:iam::aws:policy/ReadOnlyAccess] }'],
    ]),
    'guards.yaml': 'no-persistence: ["iam:Create*"]\n',
    'rules.yaml': lines([
      [null, 'defaults: { min_duration: 1m, max_duration: 30m, request_ttl: 20m, approval_ttl: 5m }'],
      [null, 'rules:'],
      [
        'rule prod-admin',
        '  - { name: prod-admin, roles: [admin], accounts: [prod], requesters: [team:sre], approvals: [{ count: 1, from: [team:incident-commanders] }] }',
      ],
      [
        null,
        `  - { name: staging, roles: ["*"], accounts: [${lack === 'account staging' ? 'sandbox' : 'staging'}], requesters: [team:engineering], approvals: [], max_live: 3 }`,
      ],
    ]),
    'settings.yaml': [
      'owners: { count: 2, from: [user:hubot-boss, user:octo-lead, team:incident-commanders] }',
      'revokers: [team:sre]',
      `teams: { ${Object.entries(TEAM_IDS)
        .map(([slug, id]) => `${slug}: ${id}`)
        .join(', ')} }`,
      'alarm_issue: breakglass needs a person',
      'identity_center:',
      '  instance_arn: arn:aws:sso:::instance/ssoins-7223aabbccddeeff',
      '  identity_store_id: d-906712abcd',
      '  region: us-east-1',
      '  portal_url: https://d-906712abcd.awsapps.com/start',
      '',
    ].join('\n'),
    'keys.yaml': `- { id: simulation, key: ${publicKey}, first: 0 }\n`,
  };
}
