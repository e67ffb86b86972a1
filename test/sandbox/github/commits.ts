// The routes of commits and comparisons.
import { commitView, fileView, fullCommitView } from './commit-view.ts';
import { patchedFiles } from './diff.ts';
import type { Commit } from './git.ts';
import { param } from './input.ts';
import { paged } from './page.ts';
import { notFound, ok, type Reply, refusal } from './reply.ts';
import { repositoryPage, repositoryUrl } from './repository-view.ts';
import { type Call, type Route, reads, repo, route } from './router.ts';

export const commitRoutes: readonly Route[] = [
  route('GET', repo('/commits'), reads('contents'), listCommits),
  route('GET', repo('/commits/{ref}'), reads('contents'), async (call) =>
    ok(await fullCommitView(call.world, await commitAt(call, param(call, 'ref')))),
  ),
  route('GET', repo('/compare/{basehead}'), reads('contents'), compare),
];

async function commitAt(call: Call, revision: string): Promise<Commit> {
  const { git } = call.world;
  const sha = (await git.branch(revision)) ?? (await git.resolve(revision.replace(/^(heads|tags)\//, 'refs/$1/')));
  const commit = sha && (await git.commit(sha));
  if (!commit) throw refusal(422, `No commit found for SHA: ${revision}`);
  return commit;
}

async function listCommits(call: Call): Promise<Reply> {
  const { world, query } = call;
  const tip = await commitAt(call, query.get('sha') ?? world.repository.defaultBranch);
  const path = query.get('path');
  const since = query.get('since');
  const until = query.get('until');
  const range = [tip.sha, ...(since ? [`--since=${since}`] : []), ...(until ? [`--until=${until}`] : [])];
  const shas = await world.git.revisions([...range, ...(path ? ['--', path] : [])]);
  const commits = await world.git.commits(shas);
  return paged(call, commits, (page) => page.map((commit) => commitView(world, commit)));
}

async function compare(call: Call): Promise<Reply> {
  const { world } = call;
  const [left, right] = param(call, 'basehead')
    .split('...')
    .map((side) => side.replace(/^[^/:]+:/, ''));
  if (!left || !right) throw notFound();
  const [base, head] = await Promise.all([commitAt(call, left), commitAt(call, right)]).catch(() => {
    throw notFound();
  });
  const common = await world.git.mergeBase(base.sha, head.sha);
  const mergeBase = common && (await world.git.commit(common));
  if (!mergeBase) throw refusal(404, `No common ancestor between ${left} and ${right}.`);
  const ahead = await world.git.revisions(['--reverse', `${mergeBase.sha}..${head.sha}`]);
  const behind = await world.git.revisions([`${mergeBase.sha}..${base.sha}`]);
  const files = await patchedFiles(world.git, mergeBase.sha, head.sha);
  const url = `${repositoryUrl(world)}/compare/${base.sha}...${head.sha}`;
  const page = `${repositoryPage(world)}/compare/${base.sha}...${head.sha}`;
  return ok({
    url,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: commitView(world, base),
    merge_base_commit: commitView(world, mergeBase),
    status: relation(ahead.length, behind.length),
    ahead_by: ahead.length,
    behind_by: behind.length,
    total_commits: ahead.length,
    commits: (await world.git.commits(ahead.slice(0, 250))).map((commit) => commitView(world, commit)),
    files: files.slice(0, 300).map((file) => fileView(world, file, head.sha)),
  });
}

function relation(ahead: number, behind: number): 'ahead' | 'behind' | 'diverged' | 'identical' {
  if (ahead === 0) return behind === 0 ? 'identical' : 'behind';
  return behind === 0 ? 'ahead' : 'diverged';
}
