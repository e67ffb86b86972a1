// A person at work: every deed goes through the same API and the same Git as anybody's, with that person's token.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enableAutoMerge, type Words } from './auto-merge.ts';
import { createGit, type Files, type Identity } from './git.ts';
import { headRef } from './pulls.ts';
import { moveHead } from './refs.ts';
import { editReview } from './reviews.ts';
import type { Lock } from './server.ts';
import { pullRequests, stamp, type User, type World, zeroSha } from './world.ts';

export type PushOptions = {
  /** A branch or commit to build on; the branch itself where it exists, else the default branch. */
  readonly base?: string;
  readonly message?: string;
  readonly force?: boolean;
  readonly author?: { readonly name: string; readonly email: string };
};
export type Answer = { readonly status: number; readonly body: unknown; readonly headers: Headers };
export type Person = ReturnType<typeof createPerson>;

export function createPerson(world: World, user: User, lock: Lock) {
  const request = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers = { authorization: `Bearer ${user.token}`, accept: 'application/vnd.github+json' };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${world.api}${path}`, { method, headers, ...content });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  };
  const repo = `/repos/${world.organization.login}/${world.repository.name}`;
  const ask = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const answer = await request(method, `${repo}${path}`, body);
    if (answer.status >= 400) throw new Error(`${user.login}: ${method} ${path}: ${JSON.stringify(answer.body)}`);
    return (answer.body ?? {}) as Record<string, unknown>;
  };
  return {
    id: user.id,
    login: user.login,
    token: user.token,
    /** Any request by hand, whatever it answers. */
    request,
    push: (branch: string, files: Files, options: PushOptions = {}) => push(world, user, { branch, files, options }),
    pushToFork: (branch: string, files: Files, options: PushOptions = {}) =>
      lock(() => pushToFork(world, user, { branch, files, options })),
    deleteBranch: (branch: string) => pushRef(world, user, `:refs/heads/${branch}`, world.git.path),
    openPull: async (facts: { head: string; base?: string; title?: string; body?: string; draft?: boolean }) => {
      const { head, base = world.repository.defaultBranch, title = head, ...more } = facts;
      return Number((await ask('POST', '/pulls', { head, base, title, ...more })).number);
    },
    comment: async (n: number, body: string) => Number((await ask('POST', `/issues/${n}/comments`, { body })).id),
    editComment: (id: number, body: string) => ask('PATCH', `/issues/comments/${id}`, { body }),
    deleteComment: (id: number) => ask('DELETE', `/issues/comments/${id}`),
    review: async (n: number, review: { event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT'; body?: string }) =>
      Number((await ask('POST', `/pulls/${n}/reviews`, review)).id),
    dismissReview: (n: number, id: number, message = 'no longer valid') =>
      ask('PUT', `/pulls/${n}/reviews/${id}/dismissals`, { message }),
    editReview: (id: number, body: string) => lock(async () => editReview(world, user, id, body)),
    closePull: (n: number) => ask('PATCH', `/pulls/${n}`, { state: 'closed' }),
    reopenPull: (n: number) => ask('PATCH', `/pulls/${n}`, { state: 'open' }),
    retarget: (n: number, base: string) => ask('PATCH', `/pulls/${n}`, { base }),
    rename: (n: number, title: string) => ask('PATCH', `/pulls/${n}`, { title }),
    mergeByHand: async (
      n: number,
      how: { method?: 'merge' | 'squash' | 'rebase'; title?: string; message?: string } = {},
    ) => {
      const { method = 'squash', title, message } = how;
      const words = { ...(title ? { commit_title: title } : {}), ...(message ? { commit_message: message } : {}) };
      return String((await ask('PUT', `/pulls/${n}/merge`, { merge_method: method, ...words })).sha);
    },
    /** By GitHub, in this person's name, once the required checks are green. */
    enableAutoMerge: (n: number, words: Words = {}) => lock(async () => enableAutoMerge(world, user, n, words)),
    rerequestCheck: (id: number) => ask('POST', `/check-runs/${id}/rerequest`),
    openIssue: async (title: string, body = '') => Number((await ask('POST', '/issues', { title, body })).number),
  };
}

type Work = { readonly branch: string; readonly files: Files; readonly options: PushOptions };

async function push(world: World, user: User, work: Work): Promise<string> {
  const clone = await makeClone(world);
  try {
    const sha = await makeCommit(world, user, work, createGit(clone));
    const plus = work.options.force ? '+' : '';
    await pushRef(world, user, `${plus}${sha}:refs/heads/${work.branch}`, clone);
    return sha;
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
}

/** A clone that borrows the server's objects, so that only what is new travels. */
async function makeClone(world: World): Promise<string> {
  const clone = await mkdtemp(join(tmpdir(), 'github-clone-'));
  await createGit(clone).run(['init', '--quiet', '--bare', '.']);
  await writeFile(join(clone, 'objects/info/alternates'), `${join(world.git.path, 'objects')}\n`);
  return clone;
}

async function makeCommit(world: World, user: User, work: Work, git: ReturnType<typeof createGit>): Promise<string> {
  const { base, message = `Change ${work.branch}`, author } = work.options;
  const from = base ?? ((await world.git.branch(work.branch)) ? work.branch : world.repository.defaultBranch);
  const parent = (await world.git.branch(from)) ?? (await world.git.resolve(from));
  if (!parent) throw new Error(`there is no ${from} to build on`);
  const tree = await git.writeTree(parent, work.files);
  const own = { name: user.login, email: `${user.id}+${user.login}@users.noreply.github.com` };
  const identity: Identity = { ...(author ?? own), date: stamp(world) };
  return git.writeCommit({ tree, parents: [parent], author: identity, committer: identity, message: `${message}\n` });
}

async function pushRef(world: World, user: User, refspec: string, from: string): Promise<void> {
  const credentials = Buffer.from(`x-access-token:${user.token}`).toString('base64');
  const remote = `${world.web}/${world.organization.login}/${world.repository.name}.git`;
  const header = `http.extraHeader=Authorization: Basic ${credentials}`;
  const pushed = await createGit(from).attempt(['-c', header, 'push', '--quiet', '--no-verify', remote, refspec]);
  if (pushed.code !== 0) throw new Error(`push of ${user.login} refused: ${pushed.stderr}`);
}

/** A fork is another repository: its pushes are in no activity log of ours, only its pull requests see them. */
async function pushToFork(world: World, user: User, work: Work): Promise<string> {
  const ref = headRef({ ref: work.branch, fork: user });
  const before = await world.git.resolve(ref);
  const base = work.options.base ?? before ?? world.repository.defaultBranch;
  const sha = await makeCommit(world, user, { ...work, options: { ...work.options, base } }, world.git);
  await world.git.updateRef(ref, sha);
  const forced = before !== undefined && !(await world.git.isAncestor(before, sha));
  for (const issue of pullRequests(world)) {
    const { head } = issue.pull;
    if (issue.state !== 'open' || head.fork !== user || head.ref !== work.branch) continue;
    await moveHead(world, issue, { before: before ?? zeroSha, after: sha, actor: user, forced });
  }
  return sha;
}
