// The port to GitHub on the simulated world: what the app reads and writes there, with GitHub's refusals.
import type { Edits } from '../../app/core/decision/people.ts';
import type { CheckRun, GitHub, Issue, MergeAnswer, Pull } from '../../app/github/port.ts';
import { PEOPLE, REPOSITORY_ID, TEAM_IDS, type Team } from './policy.ts';
import {
  APP_ID,
  APP_USER,
  closePull,
  deleteBranch,
  openPull,
  pushTo,
  type SimulatedPull,
  say,
  squash,
  type World,
} from './world.ts';

const URL = 'https://github.example/acme/access';

/** `answered`: whether GitHub has told this process anything, and with it the time. */
export function githubOf(world: World, answered: () => boolean): GitHub {
  return { ...clockOf(world, answered), ...reads(world), ...people(world), ...writes(world), ...issues(world) };
}

/** This machine's clock, corrected by the `Date` of the last answer, which has whole seconds. */
function clockOf(world: World, answered: () => boolean): Pick<GitHub, 'now' | 'budget'> {
  return { budget: () => null, now: () => new Date(answered() ? world.clock.now() - 400 : Date.now()) };
}

export function pullView(world: World, pull: SimulatedPull): Pull {
  return {
    number: pull.number,
    state: pull.state,
    merged: pull.merged !== null,
    mergeCommit: pull.merged?.commit ?? null,
    mergedBy: pull.merged?.by ?? null,
    draft: false,
    author: pull.author,
    head: { sha: pull.head, ref: pull.branch, repositoryId: REPOSITORY_ID },
    base: { sha: world.repository.tip(), ref: 'main', repositoryId: REPOSITORY_ID },
    createdAt: pull.createdAt,
    updatedAt: updatedAt(world, pull),
    title: pull.title,
    url: `${URL}/pull/${pull.number}`,
  };
}

/** As far as anything of it is told in times. */
function updatedAt(world: World, pull: SimulatedPull): Date {
  const said = (world.comments.get(pull.number) ?? []).map((one) => one.updatedAt);
  const pushed = (world.pushes.get(pull.branch) ?? []).map((one) => one.at);
  return new Date(Math.max(...[pull.createdAt, pull.reopenedAt ?? pull.createdAt, ...said, ...pushed].map(Number)));
}

type Reads =
  | 'self'
  | 'repository'
  | 'token'
  | 'pull'
  | 'openPulls'
  | 'changedSince'
  | 'pullsOfCommit'
  | 'comments'
  | 'reviews'
  | 'edits'
  | 'reopenedAt'
  | 'pushes'
  | 'checkRuns'
  | 'branchRules';

function reads(world: World): Pick<GitHub, Reads> {
  const all = () => [...world.pulls.values()];
  return {
    self: async () => ({ appId: APP_ID, slug: 'breakglass', user: APP_USER }),
    repository: async () => ({
      id: REPOSITORY_ID,
      owner: 'acme',
      name: 'access',
      url: URL,
      cloneUrl: `${URL}.git`,
      defaultBranch: 'main',
    }),
    token: async () => 'token',
    pull: async (number) => {
      const found = world.pulls.get(number);
      return found === undefined ? null : pullView(world, found);
    },
    openPulls: async () => all().flatMap((pull) => (pull.state === 'open' ? [pullView(world, pull)] : [])),
    changedSince: async (since) =>
      new Map(
        all().flatMap((pull): [number, Date][] => {
          const at = updatedAt(world, pull);
          return at < since ? [] : [[pull.number, at]];
        }),
      ),
    pullsOfCommit: async (sha) => all().flatMap((pull) => (pull.merged?.commit === sha ? [pullView(world, pull)] : [])),
    comments: async (number) => [...(world.comments.get(number) ?? [])],
    reviews: async () => [],
    edits: async (words) => new Map(words.map(({ nodeId }): [string, Edits] => [nodeId, 'unedited'])),
    reopenedAt: async (number) => world.pulls.get(number)?.reopenedAt ?? null,
    pushes: async (branch) => [...(world.pushes.get(branch) ?? [])],
    checkRuns: async (sha) => ({ own: checkOf(world, sha), foreign: [] }),
    branchRules: async () => [
      ...['deletion', 'non_fast_forward', 'pull_request'].map((type) => ({ type, checks: [] })),
      { type: 'required_status_checks', checks: [{ context: 'breakglass', appId: APP_ID }] },
    ],
  };
}

function checkOf(world: World, sha: string): readonly CheckRun[] {
  const content = world.checks.get(sha);
  if (content === undefined) return [];
  const { conclusion, title, summary } = content;
  return [{ id: 1, status: 'completed', conclusion, externalId: null, title, summary }];
}

function people(world: World): Pick<GitHub, 'teamId' | 'membership' | 'teamMembers'> {
  const team = (slug: string) => (Object.hasOwn(TEAM_IDS, slug) ? (slug as Team) : null);
  return {
    teamId: async (slug) => {
      const known = team(slug);
      return known === null ? null : TEAM_IDS[known];
    },
    membership: async (slug, login) => {
      const id = PEOPLE.find((one) => one.login === login)?.id ?? 0;
      const known = team(slug);
      return known !== null && world.teams[known].has(id) ? 'member' : 'not-member';
    },
    teamMembers: async (slug) => {
      const known = team(slug);
      if (known === null) return null;
      return { id: TEAM_IDS[known], members: new Set(world.teams[known]), hasChildTeams: false };
    },
  };
}

type Writes =
  | 'setCheck'
  | 'createComment'
  | 'updateComment'
  | 'deleteComment'
  | 'react'
  | 'merge'
  | 'closePull'
  | 'createRemovalBranch'
  | 'openPull'
  | 'deleteBranch';

function writes(world: World): Pick<GitHub, Writes> {
  return {
    setCheck: async (sha, _, content) => void world.checks.set(sha, content),
    createComment: async (number, body) => say(world, number, APP_USER, body).id,
    updateComment: async (id, body) => changeComment(world, id, (one) => [{ ...one, body }]),
    deleteComment: async (id) => changeComment(world, id, () => []),
    react: async () => {},
    merge: async (request) => merge(world, request),
    closePull: async (number) => {
      const pull = world.pulls.get(number);
      if (pull !== undefined) closePull(world, pull);
    },
    createRemovalBranch: async ({ branch, base, paths, message }) => {
      if (world.branches.has(branch)) return false;
      const { tree } = world.repository.get(base);
      const grants = new Map([...tree.grants].filter(([path]) => !paths.includes(path)));
      const at = new Date(world.clock.now());
      pushTo(world, branch, world.repository.commit(base, { ...tree, grants }, at, message), APP_USER);
      return true;
    },
    openPull: async ({ branch, title }) => {
      if (!world.branches.has(branch)) throw new Error('422: head does not exist');
      const twin = [...world.pulls.values()].some((one) => one.branch === branch && one.state === 'open');
      if (twin) throw new Error('422: a pull request already exists');
      return openPull(world, branch, APP_USER, title).number;
    },
    deleteBranch: async (branch) => deleteBranch(world, branch),
  };
}

type Comments = ReturnType<World['comments']['get']> & object;

function changeComment(world: World, id: number, change: (comment: Comments[number]) => Comments): void {
  for (const [number, comments] of world.comments)
    world.comments.set(
      number,
      comments.flatMap((one) => (one.id === id ? change(one) : [one])),
    );
}

function merge(world: World, { number, sha, title, message }: Parameters<GitHub['merge']>[0]): MergeAnswer {
  const pull = world.pulls.get(number);
  if (pull === undefined || pull.state === 'closed') return { kind: 'blocked', message: 'Pull Request is not open' };
  if (pull.head !== sha) return { kind: 'head-moved' };
  if (world.checks.get(sha)?.conclusion !== 'success')
    return { kind: 'blocked', message: 'Required status check "breakglass" is expected.' };
  const commit = squash(world, pull, APP_USER, `${title}\n\n${message}\n`);
  return commit === null
    ? { kind: 'blocked', message: 'Pull Request is not mergeable' }
    : { kind: 'merged', sha: commit };
}

function issues(world: World): Pick<GitHub, 'openIssues' | 'issue' | 'createIssue' | 'updateIssue'> {
  return {
    openIssues: async () => [...world.issues.values()].filter((one) => one.open),
    issue: async (number) => world.issues.get(number) ?? null,
    createIssue: async ({ title, body }) => {
      world.numbers += 1;
      const made: Issue = { number: world.numbers, open: true, title, body, appId: APP_ID };
      world.issues.set(made.number, made);
      return made.number;
    },
    updateIssue: async (number, { title, body, state }) => {
      const issue = world.issues.get(number);
      if (issue === undefined) throw new Error('404: no such issue');
      world.issues.set(number, { ...issue, title, body, open: state === 'open' });
    },
  };
}
