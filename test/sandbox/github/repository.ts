// The routes of the repository itself: facts, branches, collaborators, and the log of every push to it.
import { userView } from './account-view.ts';
import { commitView } from './commit-view.ts';
import { param } from './input.ts';
import { cursorLinks, pagedAsync, perPage } from './page.ts';
import { invalid, notFound, ok, type Reply } from './reply.ts';
import { fullRepositoryView, repositoryPage, repositoryUrl, repositoryView } from './repository-view.ts';
import { type Call, type Route, reads, repo, route } from './router.ts';
import { applyingRulesets } from './rules.ts';
import { type Activity, nodeId, type Schema, sameText, type World } from './world.ts';

export const repositoryRoutes: readonly Route[] = [
  route('GET', repo(), reads('metadata'), (call) => ok(fullRepositoryView(call.world, call.principal))),
  route('GET', repo('/branches'), reads('contents'), listBranches),
  route('GET', repo('/branches/{branch}'), reads('contents'), readBranch),
  route('GET', repo('/collaborators/{username}/permission'), reads('metadata'), permission),
  route('GET', repo('/activity'), reads('contents'), listActivity),
  route('GET', '/installation/repositories', { app: 'any', user: 'none' }, (call) =>
    ok({ total_count: 1, repository_selection: 'selected', repositories: [repositoryView(call.world)] }),
  ),
];

async function listBranches(call: Call): Promise<Reply> {
  const names = (await call.world.git.run(['for-each-ref', '--format=%(refname:short)', 'refs/heads'])).split('\n');
  return pagedAsync(call, names.filter(Boolean), async (name) => {
    const sha = (await call.world.git.branch(name)) ?? '';
    return {
      name,
      commit: { sha, url: `${repositoryUrl(call.world)}/commits/${sha}` },
      protected: isProtected(call, name),
    };
  });
}

const isProtected = (call: Call, name: string): boolean =>
  applyingRulesets(call.world, `refs/heads/${name}`).length > 0;

async function readBranch(call: Call): Promise<Reply> {
  const { world } = call;
  const name = param(call, 'branch');
  const sha = await world.git.branch(name);
  const commit = sha && (await world.git.commit(sha));
  if (!commit) throw notFound();
  const url = `${repositoryUrl(world)}/branches/${name}`;
  const view: Schema<'branch-with-protection'> = {
    name,
    commit: commitView(world, commit),
    _links: { self: url, html: `${repositoryPage(world)}/tree/${name}` },
    protected: isProtected(call, name),
    protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
    protection_url: `${url}/protection`,
  };
  return ok(view);
}

function permission(call: Call): Reply {
  const { world } = call;
  const user = world.users.find((candidate) => sameText(candidate.login, param(call, 'username')));
  if (!user) throw notFound();
  const { role } = user;
  const permissions = {
    pull: role !== 'none',
    triage: role === 'write' || role === 'admin',
    push: role === 'write' || role === 'admin',
  };
  const admin = role === 'admin';
  const view = { ...userView(world, user), permissions: { ...permissions, maintain: admin, admin }, role_name: role };
  return ok({ permission: role, role_name: role, user: view });
}

function listActivity(call: Call): Reply {
  const { world, query } = call;
  const entries = world.activity.filter((entry) => matches(call, entry));
  const ordered = query.get('direction') === 'asc' ? entries : [...entries].reverse();
  const start = startOf(call, ordered);
  const page = ordered.slice(start, start + perPage(call));
  const more = start + page.length < ordered.length;
  const cursors = {
    ...(more ? { after: cursor(page.at(-1)) } : {}),
    ...(start > 0 ? { before: cursor(page[0]) } : {}),
  };
  return { ...ok(page.map((entry) => activityView(world, entry))), headers: cursorLinks(call, cursors) };
}

const cursor = (entry: Activity | undefined): string => Buffer.from(`activity:${entry?.id}`).toString('base64url');

function startOf(call: Call, ordered: readonly Activity[]): number {
  const at = (name: string) => ordered.findIndex((entry) => cursor(entry) === call.query.get(name));
  if (call.query.has('after')) return at('after') + 1;
  return call.query.has('before') ? Math.max(0, at('before') - perPage(call)) : 0;
}

const periods: Readonly<Record<string, number>> = { day: 1, week: 7, month: 31, quarter: 92, year: 366 };

function matches(call: Call, entry: Activity): boolean {
  const { query, world } = call;
  const ref = query.get('ref');
  const login = query.get('actor');
  const type = query.get('activity_type');
  const period = query.get('time_period');
  const days = period === null ? Number.POSITIVE_INFINITY : periods[period];
  if (days === undefined) throw invalid({ resource: 'Activity', field: 'time_period', code: 'invalid' });
  const age = world.now().getTime() - Date.parse(entry.timestamp);
  return (
    (ref === null || entry.ref === ref || entry.ref === `refs/heads/${ref}`) &&
    (login === null || sameText(entry.actor.login, login)) &&
    (type === null || entry.type === type) &&
    age <= days * 86_400_000
  );
}

const activityView = (world: World, entry: Activity): Schema<'activity'> => ({
  id: entry.id,
  node_id: nodeId('PSH', entry.id),
  before: entry.before,
  after: entry.after,
  ref: entry.ref,
  timestamp: entry.timestamp,
  activity_type: entry.type,
  actor: userView(world, entry.actor),
});
