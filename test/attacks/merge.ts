// The way to main: the merge itself, everything that races with it, and everything that goes around it.
import { grantYaml } from '../scenarios/stage.ts';
import { AROUND } from './around.ts';
import type { Attack, Refusal } from './attack.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';

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
    'approved while it went into another branch, and pointed back',
    'before-reopening',
    async (scene) => {
      await scene.as('octocat').retarget(scene.pull, 'decoy');
      await scene.say(BOSS, LINE);
      await scene.as('octocat').retarget(scene.pull, 'main');
    },
    nobodyApproves,
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
    'from a branch that has no history in common with main',
    'github',
    async (scene) => {
      const commit = await orphan(scene);
      const { request } = scene.as('octocat');
      await request('POST', '/repos/acme/access/git/refs', { ref: `refs/heads/${scene.id}`, sha: commit });
      await scene.refusedByGitHub(/has no history in common with main/, () => scene.open());
    },
    { byHand: true },
  ),
  before('whose head has no history in common with main any more', 'nothing-changed', async (scene) => {
    const commit = await orphan(scene);
    const ref = `/repos/acme/access/git/refs/heads/${scene.id}`;
    await scene.as('octocat').request('PATCH', ref, { sha: commit, force: true });
    scene.heads.push(commit);
    await scene.say(BOSS, `${LINE} ${commit}`);
  }),
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

/** A commit without a parent that holds the grant alone. */
async function orphan(scene: Scene): Promise<string> {
  const post = async (path: string, body: object): Promise<string> => {
    const answer = await scene.as('octocat').request('POST', `/repos/acme/access/git/${path}`, body);
    return String((answer.body as { readonly sha: unknown }).sha);
  };
  const content = grantYaml();
  const tree = await post('trees', {
    tree: [{ path: `grants/${scene.id}.yaml`, mode: '100644', type: 'blob', content }],
  });
  return await post('commits', { message: 'Grant', tree, parents: [] });
}

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

export const mergeWorld: World = {
  name: 'merge',
  attacks: [
    ...KINDS,
    ...RACES,
    ...AROUND,
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
  arrange: ({ github }) => github.as('root-admin').push('decoy', { 'decoy.md': 'x\n' }),
};
