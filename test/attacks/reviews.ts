// Reviews: GitHub moves their commit, lets others dismiss them, and lets whoever may write edit their words.
import { grantYaml } from '../scenarios/stage.ts';
import type { Attack, Refusal } from './attack.ts';
import { asOtherApp } from './other-app.ts';
import type { Scene } from './scene.ts';

const BOSS = 'hubot-boss';

const review = (
  name: string,
  refusedWith: Refusal | 'granted',
  before: (scene: Scene) => Promise<unknown>,
): Attack => ({
  name,
  refusedWith,
  says: () => [],
  before,
});
const approve = ({ as, pull }: Scene, login = BOSS, body?: string): Promise<number> =>
  as(login).review(pull, { event: 'APPROVE', ...(body === undefined ? {} : { body }) });
const again = (scene: Scene, by?: string): Promise<string> =>
  scene.push(scene.file({ duration: '2h' }), by === undefined ? {} : { by });
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100));

export const REVIEWS: readonly Attack[] = [
  review('an approval that somebody dismissed', 'waiting', async (scene) => {
    await scene.as('root-admin').dismissReview(scene.pull, await approve(scene));
  }),
  review('an approval that was dismissed and dismissed no more', 'waiting', async (scene) => {
    await scene.as(BOSS).dismissReview(scene.pull, await approve(scene));
    await scene.as(BOSS).review(scene.pull, { event: 'COMMENT', body: 'Approved' });
  }),
  review('an approval, then a push: GitHub moves the review to the new commit', 'sha-needed', async (scene) => {
    await approve(scene);
    await pause();
    await again(scene);
  }),
  review('the same, and somebody else writes the new commit into the words of the review', 'edited', async (scene) => {
    const id = await approve(scene);
    await pause();
    await scene.as('mallory').editReview(id, `/approve-emergency ${await again(scene)}`);
  }),
  review('the same, with the commit of before the push in the words', 'other-sha', async (scene) => {
    await approve(scene, BOSS, `/approve-emergency ${scene.head()}`);
    await pause();
    await again(scene);
  }),
  review('an approval after a push, which the button gives without a look', 'sha-needed', async (scene) => {
    await pause();
    await again(scene);
    await approve(scene);
  }),
  review('an approval of a branch that somebody else pushed to', 'foreign-push', async (scene) => {
    await approve(scene);
    await again(scene, 'mallory');
  }),
  review('changes asked for after the approval', 'changes-requested', async (scene) => {
    await approve(scene);
    await scene.as(BOSS).review(scene.pull, { event: 'REQUEST_CHANGES', body: 'Shorter, please' });
  }),
  review('changes asked for after the command', 'changes-requested', async (scene) => {
    await scene.say(BOSS, '/approve-emergency');
    await scene.as(BOSS).review(scene.pull, { event: 'REQUEST_CHANGES', body: 'Shorter, please' });
  }),
  review('a review that only comments', 'waiting', async (scene) => {
    await scene.as(BOSS).review(scene.pull, { event: 'COMMENT', body: '/approve-emergency' });
  }),
  review('a review that asks for changes, with the command in it', 'waiting', async (scene) => {
    await scene.as(BOSS).review(scene.pull, { event: 'REQUEST_CHANGES', body: '/approve-emergency' });
  }),
  review('an approval by somebody who may write and is nobody here', 'not-an-approver', (scene) =>
    approve(scene, 'mallory'),
  ),
  review('an approval by a colleague of the requester', 'not-an-approver', (scene) => approve(scene, 'hubot')),
  review('an approval by an administrator', 'not-an-approver', (scene) => approve(scene, 'root-admin')),
  review('an approval by another app', 'not-a-person', async ({ github, pull }) => {
    await asOtherApp(github, 'POST', `/pulls/${pull}/reviews`, { event: 'APPROVE' });
  }),
  review('an approval of the own request', 'github', (scene) =>
    scene.refusedByGitHub(/Can not approve your own pull request/, () => approve(scene, 'octocat')),
  ),
  review('an approval from before the request was closed and opened again', 'before-reopening', async (scene) => {
    await approve(scene);
    await pause();
    await scene.as('octocat').closePull(scene.pull);
    await scene.as('octocat').reopenPull(scene.pull);
  }),
  {
    ...review('two reviews of one person where two people are asked for', 'waiting', async (scene) => {
      await approve(scene);
      await scene.say(BOSS, '/approve-emergency');
      await approve(scene);
    }),
    files: (id) => ({ [`grants/${id}.yaml`]: grantYaml({ role: 'database-failover' }) }),
  },
  review('honest: a review by the button', 'granted', (scene) => approve(scene)),
  review('honest: a review after a push, with the commit in its words', 'granted', async (scene) => {
    await pause();
    const head = await again(scene);
    await approve(scene, BOSS, `Looks right.\n\n/approve-emergency ${head}`);
  }),
];
