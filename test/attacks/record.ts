// The record: somebody who may push to main forges, copies, bends and replays what the app has signed.
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Signer, signRecord } from '../../app/core/record/authorization.ts';
import type { GrantRecord } from '../../app/core/record/record.ts';
import { createGit } from '../sandbox/github/git.ts';
import type { Files } from '../sandbox/github/index.ts';
import { keysFile, newSigningKeys, type SigningKeys } from '../sandbox/organisation.ts';
import { grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import { pushChain } from './bulk-push.ts';
import { accessOf, genuineOf, KEYS, type Material, policyOf } from './material.ts';
import { ATTACK_RULES } from './rules.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const STRANGER = newSigningKeys();

type Push = { readonly files?: Files; readonly message?: string | Uint8Array };
/** One commit on main, by somebody who may. */
type Case = Attack & { readonly commit: (material: Material) => Push };

const onMain = (name: string, refusedWith: Refusal, commit: Case['commit']): Case => ({
  name,
  refusedWith,
  byHand: true,
  commit,
});
const signer = (keyId: string, { pem }: SigningKeys): Signer => ({ keyId, privateKey: createPrivateKey(pem) });
const fileOf = (id: string, text = grantYaml()): Files => ({ [`grants/${id}.yaml`]: text });
/** Right in everything but the signature. */
const record = ({ id, live, access }: Material, more: Partial<GrantRecord> = {}): GrantRecord => ({
  ...live.record,
  grantId: id,
  access,
  ...more,
});
const signed = (material: Material, key: Signer, more: Partial<GrantRecord> = {}): Push => ({
  files: fileOf(material.id, material.live.text),
  message: signRecord('Grant admin on prod-payments to @octocat for 1h (#1)', record(material, more), key),
});

/** The genuine message with a change of its text, brought with a copy of the file. */
const bent = (
  name: string,
  change: (message: string, material: Material) => string,
  refusedWith: Refusal = 'authorization-invalid',
): Case =>
  onMain(name, refusedWith, (material) => {
    const genuine = `${material.live.message.trimEnd()}\n`;
    const message = change(genuine, material);
    if (message === genuine && refusedWith === 'authorization-invalid') throw new Error(`"${name}" changes nothing`);
    return { files: fileOf(material.id, material.live.text), message };
  });
const line =
  (key: string, value: string) =>
  (message: string): string =>
    message.replace(new RegExp(`^${key}: .*$`, 'm'), `${key}: ${value}`);

const PLAIN: readonly Case[] = [
  onMain('a grant, pushed', 'grant-unauthorized', ({ id }) => ({ files: fileOf(id) })),
  onMain('a grant, pushed with a title as the app writes it', 'grant-unauthorized', ({ id }) => ({
    files: fileOf(id),
    message: 'Grant admin on prod-payments to @octocat for 1h (#1)',
  })),
  onMain('a grant, pushed with a record that nobody signed', 'grant-unauthorized', ({ id, live }) => ({
    files: fileOf(id),
    message: live.message.replace(/^Authorization: .*\n/m, ''),
  })),
  onMain('a grant that is an executable', 'grant-unauthorized', ({ id }) => ({
    files: { [`grants/${id}.yaml`]: { mode: '100755', content: grantYaml() } },
  })),
  onMain('a grant that is a symbolic link', 'grant-unauthorized', ({ id }) => ({
    files: { [`grants/${id}.yaml`]: { mode: '120000', content: 'README.md' } },
  })),
];

const FORGED: readonly Case[] = [
  onMain("signed with the attacker's own key", 'authorization-invalid', (material) =>
    signed(material, signer('live', STRANGER)),
  ),
  onMain("signed with the attacker's own key under a name of its own", 'authorization-invalid', (material) =>
    signed(material, signer('mine', STRANGER)),
  ),
  onMain('signed with a key of long ago', 'authorization-invalid', (material) =>
    signed(material, signer('retired', KEYS.retired)),
  ),
  onMain('signed with a key of the time to come', 'authorization-invalid', (material) =>
    signed(material, signer('future', KEYS.future)),
  ),
  onMain("signed with a key of long ago under the new one's name", 'authorization-invalid', (material) =>
    signed(material, signer('live', KEYS.retired)),
  ),
  onMain('signed for another repository', 'authorization-invalid', (material) =>
    signed(material, signer('live', KEYS.live), { repositoryId: 42 }),
  ),
  bent('a signature that is none', line('Authorization', 'ed25519 live AAAA')),
  bent('no signature', line('Authorization', 'ed25519 live')),
  bent('another way to sign', (message) => message.replace('ed25519', 'rsa')),
  bent('the same signature in other letters', (message) => message.replace(/==\n/, '\n')),
  bent('the same signature in the alphabet of addresses', (message) =>
    message.replace(
      /^(Authorization: ed25519 live )(.*)$/m,
      (_, head: string, text: string) => `${head}${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`,
    ),
  ),
];

const BENT: readonly Case[] = [
  bent('made out for another grant', (message, { id, access }) =>
    line('Access', access)(line('Grant-Id', id)(message)),
  ),
  bent('made out for another file', line('Grant-Blob', 'a'.repeat(40))),
  bent('made out for another person', line('Requester', 'mallory (6666666)')),
  bent('made out for other access', line('Access', `sha256:${'a'.repeat(64)}`)),
  bent('under another rule', line('Rule', 'production-read')),
  bent('under another policy', line('Policies', 'a'.repeat(40))),
  bent('with a later end', line('Expires-At', '2099-01-01T00:00:00Z')),
  bent('with another reason', line('Reason', 'Because')),
  bent('with another approver', line('Approved-By', 'mallory (6666666) IC_x 2026-11-22T00:00:00Z')),
  bent('without an approver', (message) => message.replace(/^Approved-By: .*\n/m, '')),
  bent('with another head', line('Approved-Head', 'a'.repeat(40))),
  bent('of another pull request', line('Pull-Request', '999')),
  bent('of another repository', line('Repository-Id', '42')),
  bent('of another kind', line('Kind', 'extension')),
  bent('of another format', line('Format', '2')),
  bent('with a line twice', (message) => message.replace(/^(Rule: .*\n)/m, '$1$1')),
  bent('with a line more', (message) => message.replace(/^(Rule: .*\n)/m, '$1Note: x\n')),
  bent('with its lines in another order', (message) => message.replace(/^(Rule: .*\n)(Expires-At: .*\n)/m, '$2$1')),
  bent(
    'with a line after the signature',
    (message) => `${message.trimEnd()}\nSigned-off-by: mallory <m@example.com>\n`,
  ),
  bent('with a paragraph before', (message) => message.replace('\n\n', '\n\nAll is well.\n\n')),
  bent('with a paragraph after', (message) => `${message.trimEnd()}\n\nAll is well.\n`),
  bent('with two signatures', (message) => message.replace(/^(Authorization: .*\n)/m, '$1$1')),
  bent('with line ends of Windows', (message) => message.replaceAll('\n', '\r\n')),
  bent('with a line that goes on below', (message) => message.replace(/^(Reason: .*)$/m, '$1\n  and more')),
  bent('with a key in small letters', (message) => message.replace('Grant-Id:', 'grant-id:')),
  bent('with a blank before the colon', (message) => message.replace('Rule:', 'Rule :')),
  bent('with a blank at the end of a line', (message) => message.replace(/^(Rule: .*)$/m, '$1 ')),
  bent('behind a title of two lines', (message) => `Hello\n${message}`),
  bent('behind no title', (message) => message.replace(/^.*\n/, '\n')),
];

const COPIED: readonly Case[] = [
  bent('copied to another grant', (message) => message, 'authorization-replayed'),
  bent(
    'copied under another title',
    (message) => message.replace(/^.*\n/, 'Nothing to see here\n'),
    'authorization-replayed',
  ),
  onMain('copied with no file at all', 'authorization-replayed', ({ live }) => ({ message: live.message })),
  onMain('copied under a title that is not UTF-8', 'authorization-replayed', ({ id, live }) => ({
    files: fileOf(id, live.text),
    message: Buffer.concat([Buffer.from([0xe9]), Buffer.from(live.message)]),
  })),
];

const EDITED: readonly Case[] = [
  onMain('a live grant made longer', 'grant-edited', ({ edited }) => ({
    files: fileOf(edited.id, edited.text.replace('1h', '2h')),
  })),
  onMain('a live grant made longer with the record of another', 'grant-edited', ({ edited, live }) => ({
    files: fileOf(edited.id, edited.text.replace('1h', '110m')),
    message: live.message,
  })),
  onMain('a live grant given another role', 'grant-edited', ({ edited }) => ({
    files: fileOf(edited.id, edited.text.replace('read-only', 'admin')),
  })),
  onMain('a live grant given to somebody else', 'grant-edited', ({ edited }) => ({
    files: fileOf(edited.id, edited.text.replace('octocat', 'hubot')),
  })),
  onMain('a live grant made an executable', 'grant-edited', ({ edited }) => ({
    files: { [`grants/${edited.id}.yaml`]: { mode: '100755', content: edited.text } },
  })),
  onMain('a live grant made a symbolic link', 'grant-edited', ({ edited }) => ({
    files: { [`grants/${edited.id}.yaml`]: { mode: '120000', content: '/etc/passwd' } },
  })),
  onMain('an ended grant brought back as it was', 'grant-unauthorized', ({ ended }) => ({
    files: fileOf(ended.id, ended.text),
  })),
  onMain('an ended grant brought back with its record', 'authorization-replayed', ({ ended }) => ({
    files: fileOf(ended.id, `${ended.text}\n`),
    message: ended.message,
  })),
];

const LAX = ATTACK_RULES.replaceAll('[{ count: 1, from: [team:incident-commanders] }]', '[]');
const policy = (name: string, files: Files): Case => onMain(name, 'policy-unauthorized', () => ({ files }));

const POLICY: readonly Case[] = [
  policy('a rule without approvers, pushed', { 'policies/rules.yaml': LAX }),
  policy("the attacker's own key, pushed", {
    'policies/keys.yaml': keysFile([{ id: 'mine', key: STRANGER.publicKey, first: 0 }]),
  }),
  onMain('a grant signed with the key that was pushed', 'authorization-invalid', (material) =>
    signed(material, signer('mine', STRANGER)),
  ),
  policy('a policy that nobody can read, pushed', { 'policies/rules.yaml': 'rules: [\n' }),
  policy('people with other numbers, pushed', {
    'policies/people.yaml': '- { github: mallory, id: 6666666, name: M }\n',
  }),
  policy('a policy that is a symbolic link', { 'policies/rules.yaml': { mode: '120000', content: '../README.md' } }),
  onMain('a policy with the record of a grant', 'policy-unauthorized', ({ live }) => ({
    files: { 'policies/rules.yaml': `${LAX}# more\n` },
    message: live.message,
  })),
  onMain('a policy with a forged approval of the owners', 'policy-unauthorized', () => ({
    files: { 'policies/rules.yaml': `${LAX}# forged\n` },
    message: signRecord(
      'Change approved by the owners (#1)',
      {
        kind: 'change',
        repositoryId: 1_296_269,
        pullRequest: 1,
        author: { login: 'mallory', id: 6_666_666 },
        approvedBy: [],
        approvedHead: 'a'.repeat(40),
        policies: 'a'.repeat(40),
      },
      signer('live', STRANGER),
    ),
  })),
];

const CASES: readonly Case[] = [...PLAIN, ...FORGED, ...BENT, ...COPIED, ...EDITED, ...POLICY];

const READ = { role: 'read-only', account: 'staging' };
const honest = (name: string): Attack => ({
  name: `honest: ${name}`,
  refusedWith: 'granted',
  first: true,
  says: () => [],
  files: (id) => fileOf(id, grantYaml({ ...READ, reason: name })),
});

async function interlude(first: readonly Scene[], attacks: readonly Scene[]): Promise<void> {
  const [one] = first;
  if (one === undefined) return;
  const bare = createGit(one.github.bare);
  const genuine = await Promise.all(first.map((scene) => genuineOf(bare, scene)));
  const [live, ended, edited] = genuine;
  if (live === undefined || ended === undefined || edited === undefined) throw new Error('not all were granted');
  const policy = await policyOf(one);
  const chain: (Push & { readonly by: Scene | null })[] = [{ files: { [`grants/${ended.id}.yaml`]: null }, by: null }];
  for (const scene of attacks) {
    const own = CASES.find((one) => one.name === scene.attack.name);
    const access = accessOf(policy, scene.id, live);
    if (own !== undefined) chain.push({ ...own.commit({ id: scene.id, live, ended, edited, access }), by: scene });
  }
  const commits = await pushChain(one.github, 'root-admin', chain);
  for (const [i, { by }] of chain.entries()) {
    if (by === null) one.outside.add(commits[i] ?? '');
    else by.onMain(commits[i] ?? '');
  }
}

export const recordWorld: World = {
  name: 'record',
  withoutAws: true,
  attacks: [
    { name: 'honest: stays', refusedWith: 'granted', first: true },
    honest('ends'),
    honest('is edited'),
    ...CASES,
  ],
  options: {
    seed: {
      'policies/keys.yaml': keysFile([
        { id: 'live', key: KEYS.live.publicKey, first: 0 },
        { id: 'retired', key: KEYS.retired.publicKey, first: 0, last: 2 },
        { id: 'future', key: KEYS.future.publicKey, first: 10_000 },
      ]),
    },
  },
  environment: ({ dir }) => {
    const file = join(dir, 'live.pem');
    writeFileSync(file, KEYS.live.pem, { mode: 0o600 });
    const fingerprints = Object.values(KEYS).map((key) => key.fingerprint);
    return { BREAKGLASS_SIGNING_KEY_FILE: file, BREAKGLASS_KEY_FINGERPRINTS: fingerprints.join(',') };
  },
  interlude,
};
