// Around the app: the button, another app's green check, and main itself.
import type { Words } from '../sandbox/github/auto-merge.ts';
import type { Attack } from './attack.ts';
import { asOtherApp } from './other-app.ts';
import { type Scene, until } from './scene.ts';

const nobodyApproves = { says: () => [] };
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
/** GitHub merges it itself the moment that the app calls it approved, and in words that the requester chose. */
const inAdvance = (name: string, words: Words): Attack => ({
  name,
  refusedWith: 'by-hand',
  before: (scene) => scene.as(scene.author).enableAutoMerge(scene.pull, words),
  live: async (scene) => {
    const path = `/repos/acme/access/pulls/${scene.pull}`;
    await until(`#${scene.pull} was merged by GitHub`, async () => {
      const { body } = await scene.as('octocat').request('GET', path);
      const { merged, merge_commit_sha } = body as { readonly merged: boolean; readonly merge_commit_sha: string };
      if (merged) scene.outside.add(merge_commit_sha);
      return merged;
    });
  },
});
const green = { name: 'breakglass', status: 'completed', conclusion: 'success' };

export const AROUND: readonly Attack[] = [
  byHand('an administrator presses the button', { method: 'squash' }),
  byHand('an administrator merges', { method: 'merge' }),
  byHand('an administrator rebases', { method: 'rebase' }),
  byHand('an administrator merges with the words of the app', {
    method: 'squash',
    title: 'Grant admin on prod-payments to @octocat for 1h (#1)',
    message: 'Format: 1\nKind: grant\nRule: production-admin',
  }),
  inAdvance('the requester asks for auto-merge in advance', {}),
  inAdvance('the requester asks for auto-merge in advance, with the words of the app', {
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
  {
    name: 'another app sets a green check of the same name, and nobody presses the button',
    refusedWith: 'logged',
    ...nobodyApproves,
    before: async (scene) => {
      const head = scene.head();
      await asOtherApp(scene.github, 'POST', '/check-runs', { ...green, head_sha: head });
      const { slug } = scene.github.otherApp;
      // The alarm itself opens once for each app, not for each head.
      scene.expectLog((line) => line.foreignCheck === slug && line.head === head);
    },
  },
  byGitHub('somebody pushes the branch to main', /pull request|rule violations/i, (scene) =>
    scene.as('mallory').push('main', scene.file()),
  ),
  byGitHub('somebody rewrites main', /rule violations|force-push/i, (scene) =>
    scene.as('mallory').push('main', scene.file(), { base: scene.github.repository.genesis, force: true }),
  ),
  byGitHub('somebody deletes main', /rule violations|delete/i, (scene) => scene.as('mallory').deleteBranch('main')),
];
