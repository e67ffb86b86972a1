// Everything but grants/ is the owners' ground: what one of them cannot do alone, and what nobody can.
import type { Refusal } from './attack.ts';
import { type Case, EXAMPLE } from './case-policy.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';

const owners = (name: string, refusedWith: Refusal, more: Partial<Case>): Case => ({
  name,
  refusedWith,
  author: 'mallory',
  files: () => ({ 'README.md': `# ${name}\n` }),
  ...more,
});
/** `inForce`: files of the policy, which these edit. */
export const ownersCases = (inForce: () => Readonly<Record<string, unknown>>): readonly Case[] => {
  const policy = (name: string, refusedWith: Refusal, file: string, edit: (text: string) => string): Case =>
    owners(name, refusedWith, {
      files: () => ({ [`policies/${file}`]: edit(String({ ...EXAMPLE, ...inForce() }[`policies/${file}`])) }),
    });
  return [
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
};
