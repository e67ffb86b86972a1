// What stands already: somebody would like it longer, wider, for themselves, or gone; and a rule that goes meanwhile.
import { grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import { ATTACK_RULES } from './rules.ts';
import { type Scene, until } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const nobodyApproves = { says: () => [] };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** What `first` was granted, and everybody would like to have longer, wider or for themselves. */
const LIVE = 'live-1';
const change = (
  name: string,
  refusedWith: Refusal,
  grant: Parameters<typeof grantYaml>[0],
  more: Partial<Attack> = {},
): Attack => ({
  name,
  refusedWith,
  files: () => ({ [`grants/${LIVE}.yaml`]: grantYaml(grant) }),
  ...more,
});

const EXTENSIONS: readonly Attack[] = [
  change('an extension that nobody approves', 'waiting', { duration: '2h' }, nobodyApproves),
  change(
    'an extension approved by the requester',
    'own-request',
    { duration: '2h' },
    { says: () => [['octocat', LINE]] },
  ),
  change('an extension to another role', 'extension-changes-more', { duration: '2h', role: 'database-failover' }),
  change('an extension to another account', 'extension-changes-more', { duration: '2h', account: 'prod-web' }),
  change('an extension with another reason', 'extension-changes-more', { duration: '2h', reason: 'Lunch' }),
  change('an extension that shortens', 'extension-not-longer', { duration: '10m' }),
  change('an extension by as much as nothing', 'extension-not-longer', { duration: '60m' }),
  change('an extension beyond the rule', 'too-long', { duration: '3h' }),
  change('an extension by a colleague', 'not-the-requester', { duration: '2h' }, { author: 'hubot' }),
  change(
    'an extension into the name of a colleague',
    'not-the-requester',
    { duration: '2h', requester: 'hubot' },
    { author: 'hubot' },
  ),
  change(
    'an extension that makes it an executable',
    'not-a-plain-file',
    {},
    {
      files: () => ({ [`grants/${LIVE}.yaml`]: { mode: '100755', content: grantYaml({ duration: '2h' }) } }),
    },
  ),
  change(
    'an extension that makes it a link',
    'not-a-plain-file',
    {},
    {
      files: () => ({ [`grants/${LIVE}.yaml`]: { mode: '120000', content: 'README.md' } }),
    },
  ),
  change(
    'an extension and a grant',
    'several-grants',
    {},
    {
      files: (id) => ({ [`grants/${LIVE}.yaml`]: grantYaml({ duration: '2h' }), [`grants/${id}.yaml`]: grantYaml() }),
    },
  ),
  change(
    'a live grant under a new name',
    'several-grants',
    {},
    {
      files: (id) => ({ [`grants/${LIVE}.yaml`]: null, [`grants/${id}.yaml`]: grantYaml() }),
    },
  ),
  change(
    'the end of the grant of somebody else',
    'not-yours-to-remove',
    {},
    {
      author: 'mallory',
      files: () => ({ [`grants/${LIVE}.yaml`]: null }),
    },
  ),
  {
    name: 'an extension across the deadline',
    refusedWith: 'not-live',
    files: () => ({ 'grants/live-2.yaml': grantYaml({ ...SHORT, duration: '10m' }) }),
    ...nobodyApproves,
    live: async (scene) => {
      await scene.until(/Waiting|Approved|Denied/);
      scene.clock.shift(6 * 60);
      await scene.as('octocat').rename(scene.pull, 'Is it too late?');
    },
  },
];

const SHORT = { account: 'prod-web', duration: '5m' };

const revoke = (name: string, write: (scene: Scene, pull: number) => Promise<number>): Attack => ({
  name,
  refusedWith: 'seen',
  byHand: true,
  live: async (scene) => {
    const id = await write(scene, await pullOf(scene, LIVE));
    const isAnswer = ({ method, path, body }: { method: string; path: string; body: unknown }): boolean =>
      method === 'POST' && path.endsWith(`/comments/${id}/reactions`) && JSON.stringify(body).includes('confused');
    await until(`the comment ${id} is answered`, () => scene.github.requests.some(isAnswer));
  },
});

const REVOKED: readonly Attack[] = [
  revoke('somebody who may not ends the grant of another', (scene, pull) =>
    scene.as('mallory').comment(pull, '/revoke'),
  ),
  revoke('an old word of the requester is edited into an end', async (scene, pull) => {
    const id = await scene.as('octocat').comment(pull, 'Thank you');
    await pause(1100);
    await scene.as('mallory').editComment(id, '/revoke');
    return id;
  }),
];

const owners = (name: string, more: Partial<Attack>): Attack => ({ name, refusedWith: 'harmless', ...more });

/** The rule for prod-web goes while a request under it is approved and waits for GitHub. */
const POLICY: readonly Attack[] = [
  {
    name: 'the rule goes between the approval and the merge',
    refusedWith: 'no-rule',
    files: (id) => ({ [`grants/${id}.yaml`]: grantYaml({ account: 'prod-web', role: 'database-failover' }) }),
    live: async (scene) => {
      await scene.until('GitHub does not merge it');
      const owners = await pullOf(scene, 'root-admin');
      await until('the owners have changed the rules', () => scene.watch.merged.has(owners));
      await scene.say('octocat', 'Please');
    },
    before: async ({ github, pull }) => {
      github.faults.on(
        { method: 'PUT', path: new RegExp(`/pulls/${pull}/merge$`), times: 100_000 },
        { kind: 'refuse', status: 405 },
      );
    },
  },
  owners('honest: two owners take the rule away', {
    author: 'root-admin',
    files: () => ({ 'policies/rules.yaml': MERGE_RULES.replace(WEB_RULE, '') }),
    says: () => [],
    live: async (scene) => {
      await scene.until('Waiting for approval');
      for (const login of [BOSS, 'octo-lead']) await scene.say(login, LINE);
    },
  }),
];

/** The one that this person opened, or that has this branch. */
async function pullOf(scene: Scene, who: string): Promise<number> {
  const { body } = await scene.as('octocat').request('GET', '/repos/acme/access/pulls?state=all&per_page=100');
  const pulls = body as readonly {
    readonly number: number;
    readonly user: { readonly login: string };
    readonly head: { readonly ref: string };
  }[];
  return pulls.find((one) => one.user.login === who || one.head.ref === who)?.number ?? 0;
}

const WEB_RULE = `  - name: web-failover
    roles: [database-failover]
    accounts: [prod-web]
    requesters: [team:sre]
    approvals: [{ count: 1, from: [team:incident-commanders] }]
`;
const WITHOUT = ATTACK_RULES.replace(/ {2}- name: production-failover\n( {4}.*\n)*/, '');
const MERGE_RULES = `${WITHOUT}${WEB_RULE}`;

export const liveWorld: World = {
  name: 'live',
  attacks: [
    { name: 'honest: granted, and stays', refusedWith: 'granted', first: true },
    {
      name: 'honest: granted for five minutes',
      refusedWith: 'granted',
      first: true,
      files: (id) => ({ [`grants/${id}.yaml`]: grantYaml(SHORT) }),
    },
    ...EXTENSIONS,
    ...REVOKED,
    ...POLICY,
  ],
  options: { seed: { 'policies/rules.yaml': MERGE_RULES } },
};
