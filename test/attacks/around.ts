// Around the app: the button, another app's green check, and main itself.
import type { Attack } from './attack.ts';
import { asOtherApp } from './other-app.ts';
import type { Scene } from './scene.ts';

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
