// What an administrator does to main itself while requests are open: a merge queue, and another history.
import type { Attack } from './attack.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const nobodyApproves = { says: () => [] };

/** GitHub's own words are what people need to see then. */
const QUEUE: Attack = {
  name: 'a merge queue that somebody put in the way',
  refusedWith: 'rejected',
  ...nobodyApproves,
  live: async (scene) => {
    const { rulesets } = scene.github;
    const id = rulesets.add({ name: 'Queue', bypass: [], rules: [{ type: 'merge_queue' }] });
    await scene.say(BOSS, LINE);
    await scene.until('Approved, but GitHub does not merge it');
    await scene.until('Changes must be made through the merge queue');
    await scene.say(BOSS, '/reject');
    await scene.until('rejected this request');
    rulesets.remove(id);
  },
};

/** Last: nothing new counts until somebody puts the history back. */
const REWRITTEN: readonly Attack[] = [
  {
    name: 'main goes back to its first commit while a request is open, which is then approved',
    refusedWith: 'logged',
    byHand: true,
    before: async (scene) => {
      // From where both histories begin, so that nothing but the new history speaks against it.
      await scene.push(scene.file(), { base: scene.github.repository.genesis });
      await scene.open();
    },
    live: async (scene) => {
      await rewrite(scene);
      await scene.say(BOSS, LINE);
      await scene.until('GitHub does not merge it');
      await scene.until(/rewritten/);
    },
  },
  {
    name: 'a request approved before the next look at it, on the new history',
    refusedWith: 'blocked',
    ...nobodyApproves,
    live: async (scene) => {
      await scene.push(scene.file({ duration: '90m' }), { base: 'main', force: true });
      await scene.say(BOSS, `${LINE} ${scene.head()}`);
    },
  },
];

async function rewrite(scene: Scene): Promise<void> {
  const files = { 'README.md': 'Another history\n' };
  const base = scene.github.repository.genesis;
  scene.outside.add(await scene.as('root-admin').push('main', files, { base, force: true }));
  scene.expectLog((line) => line.alarm === 'history-rewritten');
}

export const mainBranch: World = {
  name: 'main',
  inOrder: true,
  withoutAws: true,
  attacks: [{ name: 'honest: granted before all that', refusedWith: 'granted', first: true }, QUEUE, ...REWRITTEN],
};
