// Time: GitHub's clock alone counts. It stands in the first hour of a leap day, years from the clock of the app's machine.
import type { Attack, Refusal } from './attack.ts';
import type { Scene } from './scene.ts';
import type { World } from './world.ts';

const BOSS = 'hubot-boss';
const LINE = '/approve-emergency';
const MINUTE = 60;
const HOUR = 3600;

/** Each step at so many seconds before the app looks. */
type Step = readonly [secondsBefore: number, deed: (scene: Scene) => Promise<unknown>];

const story = (
  name: string,
  refusedWith: Refusal | 'granted',
  steps: readonly Step[],
  more: Partial<Attack> = {},
): Attack => ({
  name,
  refusedWith,
  byHand: true,
  before: async (scene) => {
    for (const [seconds, deed] of steps) {
      scene.clock.shift(-seconds);
      await deed(scene);
    }
  },
  ...more,
});

const push: Step[1] = (scene) => scene.push(scene.file());
const pushMore: Step[1] = (scene) => scene.push(scene.file({ duration: '2h' }));
const open: Step[1] = (scene) => scene.open();
const openNow = async (scene: Scene): Promise<void> => {
  await push(scene);
  await open(scene);
};
const approve: Step[1] = (scene) => scene.say(BOSS, LINE);
const close: Step[1] = (scene) => scene.as('octocat').closePull(scene.pull);
const reopen: Step[1] = (scene) => scene.as('octocat').reopenPull(scene.pull);
/** The first commit again, as if nothing had been. */
const moveBack: Step[1] = async (scene) => {
  const [first = ''] = scene.heads;
  await scene
    .as('octocat')
    .request('PATCH', `/repos/acme/access/git/refs/heads/${scene.id}`, { sha: first, force: true });
  scene.heads.push(first);
};
const approveFirst: Step[1] = (scene) => scene.say(BOSS, `${LINE} ${scene.heads[0]}`);

const REQUESTS: readonly Attack[] = [
  story('a request in the second in which it lapses', 'request-lapsed', [
    [3 * HOUR, openNow],
    [MINUTE, approve],
  ]),
  story('a request a minute after it lapsed', 'request-lapsed', [
    [3 * HOUR + MINUTE, openNow],
    [2 * HOUR, approve],
  ]),
  story('a request of last week', 'request-lapsed', [
    [7 * 24 * HOUR, openNow],
    [10, approve],
  ]),
  story('a lapsed request, closed and opened again', 'request-lapsed', [
    [4 * HOUR, openNow],
    [MINUTE, close],
    [40, reopen],
    [20, approve],
  ]),
  story('a lapsed request with a new commit', 'request-lapsed', [
    [4 * HOUR, openNow],
    [MINUTE, pushMore],
    [20, (scene) => scene.say(BOSS, `${LINE} ${scene.head()}`)],
  ]),
];

const APPROVALS: readonly Attack[] = [
  story('an approval in the second in which it ends', 'lapsed', [
    [HOUR, openNow],
    [15 * MINUTE, approve],
  ]),
  story('an approval of an hour ago', 'lapsed', [
    [2 * HOUR, openNow],
    [HOUR, approve],
  ]),
  story('a review of an hour ago', 'lapsed', [
    [2 * HOUR, openNow],
    [HOUR, (scene) => scene.as(BOSS).review(scene.pull, { event: 'APPROVE' })],
  ]),
  story('an approval of an hour ago with the commit', 'lapsed', [
    [2 * HOUR, openNow],
    [HOUR, approveFirst],
  ]),
  story('an old approval that counts, and a new one that does not', 'lapsed', [
    [2 * HOUR, openNow],
    [HOUR, approve],
    [MINUTE, (scene) => scene.say('mallory', LINE)],
  ]),
];

const PUSHES: readonly Attack[] = [
  story('a push one second before the approval', 'sha-needed', [
    [10 * MINUTE, openNow],
    [MINUTE + 1, pushMore],
    [MINUTE, approve],
  ]),
  story('a push in the second of the approval', 'sha-needed', [
    [10 * MINUTE, openNow],
    [MINUTE, pushMore],
    [MINUTE, approve],
  ]),
  story('a push one second after the approval', 'sha-needed', [
    [10 * MINUTE, openNow],
    [MINUTE, approve],
    [MINUTE - 1, pushMore],
  ]),
  story('a push in the second of the opening', 'sha-needed', [
    [10 * MINUTE, openNow],
    [10 * MINUTE, pushMore],
    [MINUTE, approve],
  ]),
  story('a push after an approval with its commit', 'other-sha', [
    [10 * MINUTE, openNow],
    [MINUTE, approveFirst],
    [30, pushMore],
  ]),
  story('the head moved away and back before the approval', 'sha-needed', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, pushMore],
    [4 * MINUTE, moveBack],
    [MINUTE, approve],
  ]),
  story('the head moved away and back after the approval', 'sha-needed', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, approve],
    [4 * MINUTE, pushMore],
    [3 * MINUTE, moveBack],
  ]),
  story('a word for a commit that comes only later', 'other-sha', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, (scene) => scene.say(BOSS, `${LINE} ${'a'.repeat(40)}`)],
    [4 * MINUTE, pushMore],
  ]),
];

const REOPENED: readonly Attack[] = [
  story('an approval, then closed and opened again', 'before-reopening', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, approve],
    [4 * MINUTE, close],
    [3 * MINUTE, reopen],
  ]),
  story('an approval in the second of the opening again', 'before-reopening', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, close],
    [3 * MINUTE, approve],
    [3 * MINUTE, reopen],
  ]),
  story('an approval while it was closed', 'before-reopening', [
    [10 * MINUTE, openNow],
    [5 * MINUTE, close],
    [4 * MINUTE, approve],
    [3 * MINUTE, reopen],
  ]),
  story('closed and opened again twice, approved in between', 'before-reopening', [
    [10 * MINUTE, openNow],
    [9 * MINUTE, close],
    [8 * MINUTE, reopen],
    [7 * MINUTE, approve],
    [6 * MINUTE, close],
    [5 * MINUTE, reopen],
  ]),
];

const LATE: readonly Attack[] = [
  story('a merge that GitHub put off until the approval had lapsed', 'lapsed', [[MINUTE, openNow]], {
    live: async (scene) => {
      const merge = new RegExp(`/pulls/${scene.pull}/merge$`);
      const fault = scene.github.faults.on(
        { method: 'PUT', path: merge, times: 1000 },
        { kind: 'refuse', status: 405 },
      );
      await scene.until('Waiting for approval');
      await scene.say(BOSS, LINE);
      await scene.until('GitHub does not merge it');
      scene.clock.shift(16 * MINUTE);
      fault.remove();
      await scene.say('octocat', 'And now?');
      await scene.until(/was not followed by the merge within/);
      scene.clock.shift(0);
    },
  }),
];

export const time: World = {
  name: 'time',
  startsAt: new Date('2028-02-29T00:05:00Z'),
  inOrder: true,
  withoutAws: true,
  attacks: [
    ...REQUESTS,
    ...APPROVALS,
    ...PUSHES,
    ...REOPENED,
    ...LATE,
    story('honest: asked for on the 28th of February, approved 14 minutes ago', 'granted', [
      [HOUR, openNow],
      [14 * MINUTE, approve],
    ]),
  ],
};
