// The routes of pull requests: list, open, read, change, commits, files, merge.
import { actor, refuseStrangers, viaApp } from './auth.ts';
import { commitView, fileView } from './commit-view.ts';
import { patchedFiles } from './diff.ts';
import { pullEvent } from './events.ts';
import { boundedBody, param, pullOf, requiredText, text } from './input.ts';
import { mergeability, mergePull } from './merge.ts';
import { paged, pagedList } from './page.ts';
import { pullRange, pullView, simplePullView } from './pull-view.ts';
import { closePull } from './refs.ts';
import { created, invalid, noContent, notFound, ok, type Reply } from './reply.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import {
  type Account,
  type Issue,
  type Pull,
  type PullRequest,
  pullRequests,
  recordEvent,
  sameText,
  stamp,
  type World,
} from './world.ts';

/** GitHub lists no more files than this and does not say that there are others. */
const fileLimit = 3000;
const commitLimit = 250;

const openAccess = { app: ['pull_requests:write'], user: 'read' } as const;

export const pullRoutes: readonly Route[] = [
  route('GET', repo('/pulls'), reads('pull_requests'), listPulls),
  route('POST', repo('/pulls'), openAccess, openPull),
  route('GET', repo('/pulls/{pull_number}'), reads('pull_requests'), async (call) =>
    ok(await shown(call, pullOf(call))),
  ),
  route('PATCH', repo('/pulls/{pull_number}'), openAccess, changePull),
  route('GET', repo('/pulls/{pull_number}/commits'), reads('pull_requests'), listCommits),
  route('GET', repo('/pulls/{pull_number}/files'), reads('pull_requests'), listFiles),
  route('GET', repo('/pulls/{pull_number}/merge'), reads('pull_requests'), (call) => {
    if (pullOf(call).pull.mergedAt === null) throw notFound();
    return noContent;
  }),
  route('PUT', repo('/pulls/{pull_number}/merge'), writes('contents'), (call) => mergePull(call, pullOf(call))),
  route('GET', repo('/commits/{commit_sha}/pulls'), reads('pull_requests'), pullsOfCommit),
];

function listPulls(call: Call): Reply {
  const state = call.query.get('state') ?? 'open';
  const base = call.query.get('base');
  const head = call.query.get('head');
  const found = pullRequests(call.world).filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      (base === null || issue.pull.base.ref === base) &&
      (head === null || sameText(headLabel(call.world, issue), head)),
  );
  return pagedList(call, sorted(call, found), (issue) => simplePullView(call.world, issue));
}

const headLabel = (world: World, issue: PullRequest): string =>
  `${(issue.pull.head.fork ?? world.organization).login}:${issue.pull.head.ref}`;

export function sorted<T extends Issue>(call: Call, issues: readonly T[]): T[] {
  const sort = call.query.get('sort') ?? 'created';
  const direction = call.query.get('direction') ?? 'desc';
  const key = (issue: T) => (sort === 'updated' ? issue.updatedAt : issue.createdAt);
  const ascending = [...issues].sort((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  return direction === 'asc' ? ascending : ascending.reverse();
}

async function shown(call: Call, issue: PullRequest) {
  return pullView(call.world, issue, await mergeability(call.world, issue));
}

async function openPull(call: Call): Promise<Reply> {
  const { world, principal } = call;
  const sides = await sidesOf(call);
  const number = world.nextNumber();
  const at = stamp(world);
  const pull: Pull = {
    id: world.nextId(),
    draft: call.body.draft === true,
    ...sides,
    mergedAt: null,
    mergedBy: null,
    mergeCommit: null,
    mergeability: null,
    autoMerge: null,
  };
  const issue = {
    id: world.nextId(),
    number,
    author: actor(principal),
    viaApp: viaApp(principal),
    title: requiredText(call, 'PullRequest', 'title'),
    body: text(call, 'body') === undefined ? null : boundedBody('PullRequest', text(call, 'body') ?? ''),
    state: 'open' as const,
    stateReason: null,
    labels: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    closedBy: null,
    pull,
  };
  world.issues.set(number, issue);
  await world.git.updateRef(`refs/pull/${number}/head`, pull.head.sha);
  await pullEvent(world, issue.author, 'opened', issue);
  return created(await pullView(world, issue, { mergeable: null, state: pull.draft ? 'draft' : 'unknown' }));
}

async function sidesOf(call: Call): Promise<Pick<Pull, 'head' | 'base'>> {
  const { world } = call;
  const label = requiredText(call, 'PullRequest', 'head');
  const base = requiredText(call, 'PullRequest', 'base');
  const { ref, fork } = readHead(world, label);
  const baseSha = await world.git.branch(base);
  if (!baseSha) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  const headSha = await world.git.resolve(headRef({ ref, fork }));
  if (!headSha) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  const custom = { resource: 'PullRequest', field: 'head', code: 'custom' };
  if (await world.git.isAncestor(headSha, baseSha)) {
    throw invalid({ ...custom, message: `No commits between ${base} and ${label}` });
  }
  // GitHub's words for branches that share no commit (mislav/hub#2322); a push may still bring such a head later.
  if ((await world.git.mergeBase(baseSha, headSha)) === undefined)
    throw invalid({ ...custom, message: `The ${ref} branch has no history in common with ${base}` });
  const twin = pullRequests(world).some(
    (issue) =>
      issue.state === 'open' &&
      issue.pull.base.ref === base &&
      issue.pull.head.ref === ref &&
      issue.pull.head.fork === fork,
  );
  const owner = (fork ?? world.organization).login;
  if (twin) throw invalid({ ...custom, message: `A pull request already exists for ${owner}:${ref}.` });
  return { head: { ref, sha: headSha, fork }, base: { ref: base, sha: baseSha } };
}

/** Where the double keeps the branch; those of forks stand aside, as they are other repositories. */
export const headRef = (head: { ref: string; fork: Account | null }): string =>
  head.fork ? `refs/forks/${head.fork.id}/heads/${head.ref}` : `refs/heads/${head.ref}`;

function readHead(world: World, label: string): { ref: string; fork: Account | null } {
  const [owner = '', ref] = label.split(':', 2);
  if (ref === undefined) return { ref: label, fork: null };
  if (sameText(owner, world.organization.login)) return { ref, fork: null };
  const fork = world.users.find((user) => sameText(user.login, owner));
  if (!fork) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  return { ref, fork };
}

async function changePull(call: Call): Promise<Reply> {
  const { world } = call;
  const issue = pullOf(call);
  const by = actor(call.principal);
  refuseStrangers(call.principal, issue.author, `${by.login} does not have the correct permissions to execute this`);
  await changeText(call, issue, by);
  const base = text(call, 'base');
  if (base !== undefined && base !== issue.pull.base.ref) await retarget(world, issue, base, by);
  const state = text(call, 'state');
  if (state === 'closed' && issue.state === 'open') await closePull(world, issue, by);
  if (state === 'open' && issue.state === 'closed') await reopen(world, issue, by);
  return ok(await shown(call, issue));
}

async function changeText(call: Call, issue: PullRequest, by: Account): Promise<void> {
  const title = text(call, 'title');
  const body = text(call, 'body');
  const changes: Record<string, unknown> = {};
  if (title !== undefined && title !== issue.title) {
    changes.title = { from: issue.title };
    recordEvent(call.world, issue, 'renamed', { actor: by, details: { rename: { from: issue.title, to: title } } });
    issue.title = title;
  }
  if (body !== undefined && body !== issue.body) {
    changes.body = { from: issue.body ?? '' };
    issue.body = boundedBody('PullRequest', body);
  }
  if (Object.keys(changes).length === 0) return;
  issue.updatedAt = stamp(call.world);
  await pullEvent(call.world, by, 'edited', issue, { changes });
}

async function retarget(world: World, issue: PullRequest, ref: string, by: Account): Promise<void> {
  const sha = await world.git.branch(ref);
  if (!sha) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  const before = { ...issue.pull.base };
  Object.assign(issue.pull.base, { ref, sha });
  issue.updatedAt = stamp(world);
  recordEvent(world, issue, 'base_ref_changed', { actor: by });
  await pullEvent(world, by, 'edited', issue, {
    changes: { base: { ref: { from: before.ref }, sha: { from: before.sha } } },
  });
}

async function reopen(world: World, issue: PullRequest, by: Account): Promise<void> {
  const refused = (message: string) => invalid({ resource: 'PullRequest', field: 'state', code: 'custom', message });
  if (issue.pull.mergedAt !== null) throw refused('state cannot be changed. The pull request cannot be reopened.');
  const head = await world.git.resolve(headRef(issue.pull.head));
  if (!head) throw refused(`state cannot be changed. The ${issue.pull.head.ref} branch has been deleted.`);
  if (head !== issue.pull.head.sha && !(await world.git.isAncestor(issue.pull.head.sha, head))) {
    throw refused(`state cannot be changed. The ${issue.pull.head.ref} branch was force-pushed or recreated.`);
  }
  Object.assign(issue, { state: 'open', closedAt: null, closedBy: null, updatedAt: stamp(world) });
  issue.pull.head.sha = head;
  await world.git.updateRef(`refs/pull/${issue.number}/head`, head);
  recordEvent(world, issue, 'reopened', { actor: by });
  await pullEvent(world, by, 'reopened', issue);
}

async function listCommits(call: Call): Promise<Reply> {
  const { commits } = await pullRange(call.world, pullOf(call));
  const views = (await call.world.git.commits(commits.slice(0, commitLimit))).map((commit) =>
    commitView(call.world, commit),
  );
  return paged(call, views, (page) => page);
}

async function listFiles(call: Call): Promise<Reply> {
  const issue = pullOf(call);
  const { from } = await pullRange(call.world, issue);
  const files = await patchedFiles(call.world.git, from, issue.pull.head.sha);
  return pagedList(call, files.slice(0, fileLimit), (file) => fileView(call.world, file, issue.pull.head.sha));
}

async function pullsOfCommit(call: Call): Promise<Reply> {
  const { world } = call;
  const sha = await world.git.resolve(param(call, 'commit_sha'));
  if (!sha) throw invalid({ resource: 'Commit', field: 'sha', code: 'invalid' });
  const found: PullRequest[] = [];
  for (const issue of pullRequests(world)) {
    const { commits } = await pullRange(world, issue);
    if (issue.pull.mergeCommit === sha || commits.includes(sha)) found.push(issue);
  }
  return pagedList(call, found, (issue) => simplePullView(world, issue));
}
