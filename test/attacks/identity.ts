// Who pushes, who asks, who approves: names can be taken over, memberships change, and GitHub does not always answer.

import { seedFiles } from '../sandbox/organisation.ts';
import { type GrantFile, grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import { asOtherApp } from './other-app.ts';
import { ATTACK_RULES } from './rules.ts';
import type { Scene, Theatre } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const FOR_EVER = Number.MAX_SAFE_INTEGER;

/** People whom only these attacks know; the policy names those with `aws` or `approves`. */
const RECYCLED = { login: 'recycled', id: 8_000_002 };
const BOSS_TWO = { login: 'boss-two', id: 8_000_004 };
const LEAVER = { login: 'leaver', id: 8_000_006 };
const NOWHERE = { login: 'nowhere', id: 8_000_007 };

type Rule = { readonly requesters?: string; readonly approvals?: string };

/** A case under a rule of its own, which no other case can loosen. */
type Case = Attack & { readonly rule?: Rule };

const by = (name: string, refusedWith: Refusal, more: Partial<Case>): Case => ({ name, refusedWith, ...more });
const approvedBy = (name: string, refusedWith: Refusal, login: string, rule: Rule = {}): Case =>
  by(name, refusedWith, { says: () => [[login, LINE]], rule });
const again = (scene: Scene, login: string): Promise<string> =>
  scene.push(scene.file({ duration: '90m' }), { by: login });

const PUSHERS: readonly Case[] = [
  by('somebody else pushes a correction', 'foreign-push', { before: (scene) => again(scene, 'mallory') }),
  by('somebody else pushes and the approver names that very commit', 'foreign-push', {
    before: async (scene) => scene.say(BOSS, `${LINE} ${await again(scene, 'mallory')}`),
  }),
  by('the approver pushes what they approve', 'foreign-push', { before: (scene) => again(scene, BOSS) }),
  by('an administrator pushes', 'foreign-push', { before: (scene) => again(scene, 'root-admin') }),
  by('somebody else pushes under the name of the requester', 'foreign-push', {
    before: (scene) =>
      scene.push(scene.file({ duration: '90m' }), {
        by: 'mallory',
        author: { name: 'octocat', email: '583231+octocat@users.noreply.github.com' },
      }),
  }),
  by('somebody else makes the branch, the requester opens it', 'foreign-push', {
    byHand: true,
    before: async (scene) => {
      await scene.push(scene.file(), { by: 'mallory' });
      await scene.open();
      await scene.say(BOSS, LINE);
    },
  }),
  by('somebody else makes the branch, the requester pushes on top', 'foreign-push', {
    byHand: true,
    before: async (scene) => {
      await scene.push(scene.file(), { by: 'mallory' });
      await scene.push(scene.file({ duration: '90m' }));
      await scene.open();
      await scene.say(BOSS, LINE);
    },
  }),
  by('somebody else pushes and pushes it away again', 'foreign-push', {
    before: async (scene) => {
      const head = scene.head();
      await again(scene, 'mallory');
      await scene.say(BOSS, `${LINE} ${head}`);
      await scene.push(scene.file({ duration: '80m' }), { base: head, force: true });
      await scene.say(BOSS, `${LINE} ${scene.head()}`);
    },
  }),
  by('a workflow pushes to the branch', 'foreign-push', {
    before: async (scene) => {
      const content = Buffer.from(grantYaml({ duration: '90m' })).toString('base64');
      const path = `grants/${scene.id}.yaml`;
      const known = await scene.as('octocat').request('GET', `/repos/acme/access/contents/${path}?ref=${scene.id}`);
      const { sha } = known.body as { readonly sha: string };
      const put = await asOtherApp(scene.github, 'PUT', `/contents/${path}`, {
        message: 'x',
        content,
        sha,
        branch: scene.id,
      });
      scene.heads.push((put as { readonly commit: { readonly sha: string } }).commit.sha);
    },
  }),
  by('the account that pushed is gone', 'foreign-push', { before: onPushLog((log) => log.forEach(nameless)) }),
  by('the push log is empty', 'push-log-unknown', { before: onPushLog((log) => log.splice(0)) }),
  by('the push log does not show the newest push', 'push-log-unknown', {
    before: async (scene) => {
      await again(scene, 'octocat');
      await onPushLog((log) => log.shift())(scene);
    },
  }),
  by('the push log has lost its beginning', 'push-log-unknown', {
    before: async (scene) => {
      await again(scene, 'octocat');
      await onPushLog((log) => log.pop())(scene);
    },
  }),
  ...[500, 403].map((status) =>
    by(`the push log answers ${status}`, 'logged', {
      before: async (scene) => {
        const when = ({ query }: { readonly query: string }) =>
          decodeURIComponent(query).includes(`refs/heads/${scene.id}&`);
        scene.github.faults.on({ path: /\/activity$/, times: FOR_EVER, when }, { kind: 'refuse', status });
        scene.expectLog((line) => line.key === `pull:${scene.pull}` && line.msg === 'will be tried again');
      },
    }),
  ),
];

const REQUESTERS: readonly Case[] = [
  by('somebody whom the policy does not know', 'unknown-person', { author: 'mallory' }),
  by("in the requester's name", 'not-the-requester', { author: 'mallory', files: (id) => file(id, {}) }),
  by('somebody who may approve and has no user in AWS', 'person-without-aws', {
    author: BOSS,
    says: () => [['octo-lead', LINE]],
  }),
  by('somebody whose user AWS does not know', 'person-without-aws', {
    author: NOWHERE.login,
    rule: { requesters: 'user:nowhere' },
  }),
  by('the new owner of an old login', 'unknown-person', {
    author: RECYCLED.login,
    rule: { requesters: 'user:recycled' },
  }),
  by('a member who left the team a moment ago', 'no-rule', {
    rule: { requesters: 'team:left' },
    before: async ({ github }) => github.teams.remove('left', 'octocat'),
  }),
  by('GitHub does not name who opened it', 'author-unknown', {
    before: async (scene) => {
      scene.github.faults.onRequest((moment) => {
        if (
          moment.phase === 'after' &&
          moment.request.method === 'GET' &&
          moment.request.path.endsWith(`/pulls/${scene.pull}`)
        )
          Object.assign(moment.reply.body ?? {}, { user: null });
      });
    },
  }),
];

const APPROVERS: readonly Case[] = [
  approvedBy('by the requester', 'own-request', 'octocat'),
  by('by the requester, who is an approver as well', 'own-request', {
    author: 'octo-lead',
    says: () => [['octo-lead', LINE]],
  }),
  approvedBy('by a colleague', 'not-an-approver', 'hubot'),
  approvedBy('by somebody who may write', 'not-an-approver', 'mallory'),
  approvedBy('by an administrator', 'not-an-approver', 'root-admin'),
  approvedBy('by a stranger who may read', 'not-an-approver', 'stranger'),
  approvedBy('by a look-alike', 'not-an-approver', 'hubot-b0ss'),
  approvedBy('by the approver of another rule', 'not-an-approver', BOSS, {
    approvals: '[{ count: 1, from: [user:octo-lead] }]',
  }),
  approvedBy('by the new owner of an old login', 'not-an-approver', BOSS_TWO.login, {
    approvals: '[{ count: 1, from: [user:boss-two] }]',
  }),
  by('by another app', 'not-a-person', {
    says: () => [],
    before: ({ github, pull }) => asOtherApp(github, 'POST', `/issues/${pull}/comments`, { body: LINE }),
  }),
  by('by a member who left the team a moment later', 'not-an-approver', {
    rule: { approvals: '[{ count: 1, from: [team:left] }]' },
    before: async ({ github }) => github.teams.remove('left', BOSS),
  }),
  by('by somebody who left the organization', 'not-an-approver', {
    rule: { approvals: '[{ count: 1, from: [team:left] }]' },
    says: () => [[LEAVER.login, LINE]],
    before: async ({ github }) => github.people.remove(LEAVER.login),
  }),
  by('by one person twice, where two are asked for', 'waiting', {
    rule: { approvals: '[{ count: 2, from: [team:incident-commanders] }]' },
    says: ({ head }) => [
      [BOSS, LINE],
      [BOSS, `${LINE} ${head()}`],
    ],
  }),
  by('by one person for two entries', 'waiting', {
    rule: {
      approvals:
        '[{ count: 1, from: [team:incident-commanders] }, { count: 1, from: [user:hubot-boss, user:octo-lead] }]',
    },
  }),
  by('by an approver and the requester, where two are asked for', 'own-request', {
    author: 'octo-lead',
    rule: { approvals: '[{ count: 2, from: [team:incident-commanders] }]' },
    says: () => [
      [BOSS, LINE],
      ['octo-lead', LINE],
    ],
  }),
];

const TEAMS: readonly Case[] = [
  by("the approvers' team was deleted", 'team-mismatch', { rule: { approvals: '[{ count: 1, from: [team:gone] }]' } }),
  by("the approvers' team was made again under the same name", 'team-mismatch', {
    rule: { approvals: '[{ count: 1, from: [team:twin] }]' },
  }),
  by("the requesters' team was deleted", 'team-mismatch', { rule: { requesters: 'team:gone' } }),
  by("the requesters' team was made again under the same name", 'team-mismatch', { rule: { requesters: 'team:twin' } }),
  by('an approver whom GitHub no longer finds in the team', 'not-an-approver', {
    rule: { approvals: '[{ count: 1, from: [team:says404] }]' },
  }),
  by('GitHub answers 403 about the approver', 'approver-unknown', {
    rule: { approvals: '[{ count: 1, from: [team:says403] }]' },
  }),
  by('GitHub answers 500 about the approver', 'approver-unknown', {
    rule: { approvals: '[{ count: 1, from: [team:says500] }]' },
  }),
  by('GitHub answers 403 about the requester', 'membership-unknown', { rule: { requesters: 'team:says403' } }),
  by('GitHub answers 500 about the requester, and a laxer rule comes next', 'membership-unknown', {
    rule: { requesters: 'team:says500' },
  }),
];

const owners = (name: string, refusedWith: Refusal, more: Partial<Case>): Case =>
  by(name, refusedWith, { author: 'mallory', files: () => ({ 'README.md': `# ${name}\n` }), ...more });
const policy = (name: string, refusedWith: Refusal, file: string, edit: (text: string) => string): Case =>
  owners(name, refusedWith, {
    files: () => ({ [`policies/${file}`]: edit({ ...EXAMPLE, ...identity.options?.seed }[`policies/${file}`] ?? '') }),
  });

const OWNERS: readonly Case[] = [
  owners('a change with the word of one owner', 'waiting', {}),
  owners('a change with the word of somebody who is no owner', 'not-an-approver', { says: () => [['hubot', LINE]] }),
  owners('a change of an owner, approved by that owner and another', 'own-request', {
    author: 'octo-lead',
    says: () => [
      [BOSS, LINE],
      ['octo-lead', LINE],
    ],
  }),
  owners('a change that somebody else pushed to', 'foreign-push', {
    before: (scene) => scene.push({ 'README.md': '# Else\n' }, { by: 'hubot' }),
  }),
  policy('a rule that lets its author approve, judged by itself', 'waiting', 'rules.yaml', (text) =>
    text.replaceAll('team:incident-commanders', 'user:hubot, user:octocat'),
  ),
  policy('an owners list that only its author is on', 'waiting', 'settings.yaml', (text) =>
    text.replace(/^owners:.*$/m, 'owners: { count: 1, from: [user:hubot] }'),
  ),
  policy('a policy without owners', 'policy-unreadable', 'settings.yaml', (text) =>
    text.replace(/^owners:.*$/m, 'owners: { count: 1, from: [] }'),
  ),
  policy('a policy in which nobody may ask', 'policy-unreadable', 'rules.yaml', () => 'rules: [\n'),
  policy('a key of nobody', 'policy-unreadable', 'keys.yaml', () => '- { id: mine, key: AAAA, first: 0 }\n'),
  policy(
    'two people with one number',
    'policy-unreadable',
    'people.yaml',
    (text) => `${text}- { github: mallory, id: 583231 }\n`,
  ),
  owners('no policy at all', 'policy-unreadable', {
    files: () =>
      Object.fromEntries(
        Object.keys(EXAMPLE)
          .filter((path) => path.startsWith('policies/'))
          .map((path) => [path, null]),
      ),
  }),
  owners('a workflow that runs with the word of one owner', 'waiting', {
    files: () => ({ '.github/workflows/x.yaml': 'on: push\n' }),
  }),
];

const CASES: readonly Case[] = [...PUSHERS, ...REQUESTERS, ...APPROVERS, ...TEAMS, ...OWNERS];
const account = (i: number): string => `own-${i + 1}`;
const EXAMPLE = seedFiles({ pem: '', publicKey: '', fingerprint: '' });
const TEAM_IDS = {
  left: 4_200_001,
  gone: 4_200_002,
  twin: 4_200_003,
  says404: 4_200_004,
  says403: 4_200_005,
  says500: 4_200_006,
};

function file(id: string, grant: GrantFile) {
  return { [`grants/${id}.yaml`]: grantYaml(grant) };
}

function rules(): string {
  const [head = '', tail = ''] = ATTACK_RULES.split('rules:\n');
  const own = CASES.flatMap(({ rule }, i) => {
    if (rule === undefined) return [];
    const { requesters = 'team:sre', approvals = '[{ count: 1, from: [team:incident-commanders] }]' } = rule;
    return `  - { name: own-${i + 1}, roles: [admin], accounts: [${account(i)}], requesters: ["${requesters}"], approvals: ${approvals} }\n`;
  });
  // What an attacker would fall through to: it asks nobody.
  const lax =
    '  - { name: lax, roles: [admin], accounts: ["label:own"], requesters: [team:engineering], approvals: [] }\n';
  return `${head}rules:\n${own.join('')}${lax}${tail}`;
}

/** Accounts of the cases with a rule of their own; `own` marks where the lax rule would apply. */
function accounts(): string {
  return CASES.flatMap(({ rule }, i) =>
    rule === undefined
      ? []
      : `${account(i)}: { id: "${String(900_000_000_000 + i)}", labels: [${rule.requesters === 'team:says500' ? 'own' : 'other'}] }\n`,
  ).join('');
}

function people(): string {
  const user = (n: number) => `906712abcd-9999999${n}-5f60-4718-9abc-def012345678`;
  return [
    `- { github: ${RECYCLED.login}, id: ${RECYCLED.id}, aws: ${user(1)}, name: Gone }\n`,
    `- { github: ${BOSS_TWO.login}, id: ${BOSS_TWO.id}, name: Gone as well }\n`,
    `- { github: ${NOWHERE.login}, id: ${NOWHERE.id}, aws: ${user(2)}, name: Nowhere }\n`,
  ].join('');
}

async function arrange({ github }: Theatre): Promise<void> {
  for (const one of [RECYCLED, BOSS_TWO]) {
    github.people.add(one);
    github.people.rename(one.login, `${one.login}-before`);
    github.people.add({ login: one.login, id: one.id + 1 });
  }
  for (const one of [LEAVER, NOWHERE]) github.people.add(one);
  github.people.add({ login: 'hubot-b0ss', id: 8_000_010 });
  github.people.add({ login: 'stranger', id: 8_000_011, role: 'read', member: false });
  for (const [slug, id] of Object.entries(TEAM_IDS)) github.teams.create(slug, id, [BOSS, 'octocat', LEAVER.login]);
  github.teams.delete('gone');
  github.teams.recreate('twin', 4_300_000, [BOSS, 'octocat']);
  for (const status of [404, 403, 500])
    github.faults.on(
      { path: new RegExp(`/teams/says${status}/memberships/`), times: FOR_EVER },
      { kind: 'refuse', status },
    );
}

function onPushLog(change: (log: unknown[]) => unknown): (scene: Scene) => Promise<void> {
  return async ({ github, id }) => {
    github.faults.onRequest((moment) => {
      if (moment.phase !== 'after' || !moment.request.path.endsWith('/activity')) return;
      if (decodeURIComponent(moment.request.query).includes(`refs/heads/${id}&`) && Array.isArray(moment.reply.body))
        change(moment.reply.body);
    });
  };
}

function nameless(entry: unknown): void {
  Object.assign(entry ?? {}, { actor: null });
}

export const identity: World = {
  name: 'identity',
  attacks: [
    ...CASES.map((attack, i) =>
      attack.rule === undefined || attack.files !== undefined
        ? attack
        : {
            ...attack,
            files: (id: string) => file(id, { requester: attack.author ?? 'octocat', account: account(i) }),
          },
    ),
    {
      name: 'honest: a login in other letters, approved by one of two who may',
      refusedWith: 'granted',
      files: (id) => file(id, { requester: 'OCTOCAT' }),
    },
  ],
  options: {
    seed: {
      'policies/rules.yaml': rules(),
      'policies/accounts.yaml': `${EXAMPLE['policies/accounts.yaml']}${accounts()}`,
      'policies/people.yaml': `${EXAMPLE['policies/people.yaml']}${people()}`,
      'policies/settings.yaml': (EXAMPLE['policies/settings.yaml'] ?? '').replace(
        /^teams: \{/m,
        `teams: { ${Object.entries(TEAM_IDS)
          .map(([slug, id]) => `${slug}: ${id}`)
          .join(', ')},`,
      ),
    },
  },
  arrange,
};
