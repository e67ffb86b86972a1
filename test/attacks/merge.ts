// The way to main: the merge itself, everything that races with it, and everything that goes around it.
import { grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import { asOtherApp } from './other-app.ts';
import { ATTACK_RULES } from './rules.ts';
import { type Scene, until } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const before = (
  name: string,
  refusedWith: Refusal,
  deed: (scene: Scene) => Promise<unknown>,
  more: Partial<Attack> = {},
): Attack => ({
  name,
  refusedWith,
  before: deed,
  ...more,
});
const nobodyApproves = { says: () => [] };
const opened =
  (facts: Parameters<Scene['open']>[0], branch: Parameters<Scene['push']>[1] = {}) =>
  async (scene: Scene): Promise<void> => {
    await scene.push(scene.file(), branch);
    await scene.open(facts);
    await scene.say(BOSS, LINE);
  };

const KINDS: readonly Attack[] = [
  before('a draft', 'draft', opened({ draft: true }), { byHand: true }),
  before('into another branch', 'wrong-base', opened({ base: 'decoy' }), { byHand: true }),
  before('into another branch after the approval', 'wrong-base', (scene) =>
    scene.as('octocat').retarget(scene.pull, 'decoy'),
  ),
  before(
    'from a fork',
    'fork',
    async (scene) => {
      scene.heads.push(await scene.as('octocat').pushToFork(scene.id, scene.file()));
      scene.pull = await scene.as('octocat').openPull({ head: `octocat:${scene.id}` });
      await scene.say(BOSS, LINE);
    },
    { byHand: true },
  ),
  before(
    "from a fork whose branch has the name of the requester's own",
    'fork',
    async (scene) => {
      await scene.push(scene.file());
      scene.heads.push(await scene.as('mallory').pushToFork(scene.id, scene.file({ duration: '2h' })));
      scene.pull = await scene.as('mallory').openPull({ head: `mallory:${scene.id}` });
      await scene.say(BOSS, LINE);
    },
    { byHand: true },
  ),
  before(
    'that changes nothing any more',
    'nothing-changed',
    async (scene) => {
      await scene.push(scene.file());
      await scene.push({ [`grants/${scene.id}.yaml`]: null });
      await scene.open();
      await scene.say(BOSS, LINE);
    },
    { byHand: true },
  ),
  before(
    'closed, and approved then',
    'seen',
    async (scene) => {
      await scene.as('octocat').closePull(scene.pull);
      await scene.say(BOSS, LINE);
    },
    nobodyApproves,
  ),
];

/** Once a merge of this pull request is on its way to GitHub. */
function atTheMerge(scene: Scene, deed: () => Promise<unknown>): void {
  let once = false;
  scene.github.faults.onRequest(async (moment) => {
    if (once || moment.phase !== 'before' || moment.request.caller !== 'app') return;
    if (moment.request.method !== 'PUT' || !moment.request.path.endsWith(`/pulls/${scene.pull}/merge`)) return;
    once = true;
    await deed();
  });
}

const refused = (status: number, refusedWith: Refusal): Attack =>
  before(`a merge that GitHub refuses with ${status}`, refusedWith, async ({ github, pull }) => {
    github.faults.on(
      { method: 'PUT', path: new RegExp(`/pulls/${pull}/merge$`), times: 100_000 },
      { kind: 'refuse', status },
    );
  });
const tryAgain = (scene: Scene): void =>
  scene.expectLog((line) => line.key === `pull:${scene.pull}` && /GitHub gave no answer/.test(String(line.error)));

const RACES: readonly Attack[] = [
  before('the head moves between check and merge', 'sha-needed', async (scene) => {
    atTheMerge(scene, () => scene.push(scene.file({ duration: '2h' })));
  }),
  before('somebody else pushes between check and merge', 'foreign-push', async (scene) => {
    atTheMerge(scene, () => scene.push(scene.file({ duration: '2h' }), { by: 'mallory' }));
  }),
  before('it becomes too long between check and merge', 'too-long', async (scene) => {
    atTheMerge(scene, () => scene.push(scene.file({ duration: '3h' })));
  }),
  refused(405, 'blocked'),
  refused(403, 'blocked'),
  refused(422, 'blocked'),
  before('a merge that GitHub never answers', 'logged', async (scene) => {
    tryAgain(scene);
    const path = new RegExp(`/pulls/${scene.pull}/merge$`);
    scene.github.faults.on({ method: 'PUT', path, times: 100_000 }, { kind: 'refuse', status: 502 });
  }),
  before('a head that GitHub takes for moved, again and again', 'logged', async (scene) => {
    tryAgain(scene);
    const path = new RegExp(`/pulls/${scene.pull}/merge$`);
    scene.github.faults.on({ method: 'PUT', path, times: 100_000 }, { kind: 'refuse', status: 409 });
  }),
  before(
    'the approval taken back at the last moment',
    'waiting',
    async (scene) => {
      let comment = 0;
      scene.github.faults.onRequest(async (moment) => {
        // The green check is written before everything is read again.
        if (moment.phase !== 'after' || !/\/check-runs(\/\d+)?$/.test(moment.request.path) || comment === 0) return;
        if (moment.request.method === 'GET' || !JSON.stringify(moment.reply.body).includes(scene.head())) return;
        const id = comment;
        comment = 0;
        await scene.as(BOSS).deleteComment(id);
      });
      comment = await scene.say(BOSS, LINE);
    },
    nobodyApproves,
  ),
];

const merge = (scene: Scene, login: string, how: Parameters<ReturnType<Scene['as']>['mergeByHand']>[1] = {}) =>
  scene.as(login).mergeByHand(scene.pull, how);

const byHand = (name: string, how: Parameters<typeof merge>[2]): Attack => ({
  name,
  refusedWith: 'by-hand',
  ...nobodyApproves,
  before: async (scene) => scene.outside.add(await merge(scene, 'root-admin', how)),
});
const byGitHub = (name: string, words: RegExp, attempt: (scene: Scene) => Promise<unknown>): Attack => ({
  name,
  refusedWith: 'github',
  ...nobodyApproves,
  before: (scene) => scene.refusedByGitHub(words, () => attempt(scene)),
});
const green = { name: 'breakglass', status: 'completed', conclusion: 'success' };

const AROUND: readonly Attack[] = [
  byHand('an administrator presses the button', { method: 'squash' }),
  byHand('an administrator merges', { method: 'merge' }),
  byHand('an administrator rebases', { method: 'rebase' }),
  byHand('an administrator merges with the words of the app', {
    method: 'squash',
    title: 'Grant admin on prod-payments to @octocat for 1h (#1)',
    message: 'Format: 1\nKind: grant\nRule: production-admin',
  }),
  byGitHub('somebody presses the button before the approval', /Required status check/, (scene) =>
    merge(scene, 'mallory'),
  ),
  byGitHub('the requester presses the button', /Required status check/, (scene) => merge(scene, 'octocat')),
  byGitHub(
    'another app sets a green check of the same name',
    /Required status check|not set by the expected/,
    async (scene) => {
      await asOtherApp(scene.github, 'POST', '/check-runs', { ...green, head_sha: scene.head() });
      return await merge(scene, 'mallory');
    },
  ),
  byGitHub('another app sets a green status of the same name', /Required status check/, async (scene) => {
    await asOtherApp(scene.github, 'POST', `/statuses/${scene.head()}`, { state: 'success', context: 'breakglass' });
    return await merge(scene, 'mallory');
  }),
  byGitHub('somebody pushes the branch to main', /pull request|rule violations/i, (scene) =>
    scene.as('mallory').push('main', scene.file()),
  ),
  byGitHub('somebody rewrites main', /rule violations|force-push/i, (scene) =>
    scene.as('mallory').push('main', scene.file(), { base: scene.github.repository.genesis, force: true }),
  ),
  byGitHub('somebody deletes main', /rule violations|delete/i, (scene) => scene.as('mallory').deleteBranch('main')),
];

/** What `first` was granted, and everybody would like to have longer, wider or for themselves. */
const LIVE = 'merge-1';
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
    files: () => ({ 'grants/merge-2.yaml': grantYaml({ ...SHORT, duration: '10m' }) }),
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

export const mergeWorld: World = {
  name: 'merge',
  attacks: [
    { name: 'honest: granted, and stays', refusedWith: 'granted', first: true },
    {
      name: 'honest: granted for five minutes',
      refusedWith: 'granted',
      first: true,
      files: (id) => ({ [`grants/${id}.yaml`]: grantYaml(SHORT) }),
    },
    ...KINDS,
    ...RACES,
    ...AROUND,
    ...EXTENSIONS,
    ...REVOKED,
    ...POLICY,
    {
      name: 'honest: an answer that is lost after the merge, and a base that moves',
      refusedWith: 'granted',
      ...nobodyApproves,
      live: async (scene) => {
        const path = new RegExp(`/pulls/${scene.pull}/merge$`);
        scene.github.faults.baseModified(2);
        const isLast = () => scene.github.switches.baseModified === 0;
        scene.github.faults.on({ method: 'PUT', path, when: isLast }, { kind: 'done-then-reset' });
        await scene.say(BOSS, LINE);
      },
    },
  ],
  options: { seed: { 'policies/rules.yaml': MERGE_RULES } },
  arrange: ({ github }) => github.as('root-admin').push('decoy', { 'decoy.md': 'x\n' }),
};
