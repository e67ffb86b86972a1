// Who pushes, who asks, who approves: names can be taken over, memberships change, and GitHub does not always answer.
import { type GrantFile, grantYaml } from '../scenarios/stage.ts';
import type { Refusal } from './attack.ts';
import {
  account,
  arrange,
  BOSS_TWO,
  type Case,
  casePolicy,
  FOR_EVER,
  LEAVER,
  NOWHERE,
  RECYCLED,
  type Rule,
} from './case-policy.ts';
import { asOtherApp } from './other-app.ts';
import { ownersCases } from './owners.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const OCTOCAT = '583231+octocat@users.noreply.github.com';
const HUBOT_BOSS = '1234567+hubot-boss@users.noreply.github.com';

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
        author: { name: 'octocat', email: OCTOCAT },
      }),
  }),
  by("the approver pushes under the requester's name", 'foreign-push', {
    before: async (scene) => {
      const head = await scene.push(scene.file({ duration: '90m' }), {
        by: BOSS,
        author: { name: 'octocat', email: OCTOCAT },
      });
      await scene.say(BOSS, `${LINE} ${head}`);
    },
  }),
  by("the requester pushes under the approver's name", 'waiting', {
    byHand: true,
    before: async (scene) => {
      await scene.push(scene.file(), { author: { name: BOSS, email: HUBOT_BOSS } });
      await scene.open();
    },
  }),
  by('the requester names the approver as co-author and reviewer', 'waiting', {
    byHand: true,
    before: async (scene) => {
      const names = ['Co-authored-by', 'Reviewed-by', 'Approved-By'].map((key) => `${key}: ${BOSS} <${HUBOT_BOSS}>`);
      await scene.push(scene.file(), { message: `Grant\n\n${LINE}\n\n${names.join('\n')}` });
      await scene.open();
    },
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
  by('an approver who is only in a child team, where those do not count', 'not-an-approver', {
    rule: { approvals: '[{ count: 1, from: [team:nested] }]' },
  }),
  by('a requester who is only in a child team, where those do not count', 'no-rule', {
    rule: { requesters: 'team:nested' },
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

const CASES: readonly Case[] = [...PUSHERS, ...REQUESTERS, ...APPROVERS, ...TEAMS, ...ownersCases(() => IN_FORCE)];

function file(id: string, grant: GrantFile) {
  return { [`grants/${id}.yaml`]: grantYaml(grant) };
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

const IN_FORCE = casePolicy(CASES);

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
  options: { seed: IN_FORCE },
  arrange,
};
