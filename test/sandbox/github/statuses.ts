// The routes of commit statuses, the older kind of check that every writer may set under any name.
import { userView } from './account-view.ts';
import { actor } from './auth.ts';
import { commitOf } from './checks.ts';
import { param, text } from './input.ts';
import { pagedList } from './page.ts';
import { created, invalid, ok, type Reply, refusal } from './reply.ts';
import { repositoryUrl, repositoryView } from './repository-view.ts';
import { type Call, type Route, reads, repo, route, writes } from './router.ts';
import { type CommitStatus, nodeId, type Schema, stamp, type World } from './world.ts';

export const statusRoutes: readonly Route[] = [
  route('POST', repo('/statuses/{sha}'), writes('statuses'), createStatus),
  route('GET', repo('/commits/{ref}/statuses'), reads('statuses'), async (call) => {
    const sha = await commitOf(call);
    const found = call.world.statuses.filter((status) => status.sha === sha).reverse();
    return pagedList(call, found, (status) => statusView(call.world, status));
  }),
  route('GET', repo('/commits/{ref}/status'), reads('statuses'), combinedStatus),
];

async function createStatus(call: Call): Promise<Reply> {
  const { world } = call;
  const sha = param(call, 'sha');
  const states = ['error', 'failure', 'pending', 'success'] as const;
  const state = states.find((known) => known === text(call, 'state'));
  if (!state) throw invalid({ resource: 'Status', field: 'state', code: 'invalid' });
  if (!(await world.git.commit(sha))) throw refusal(422, `No commit found for SHA: ${sha}`);
  const status: CommitStatus = {
    id: world.nextId(),
    sha,
    state,
    context: text(call, 'context') ?? 'default',
    description: text(call, 'description') ?? null,
    targetUrl: text(call, 'target_url') ?? null,
    creator: actor(call.principal),
    createdAt: stamp(world),
  };
  world.statuses.push(status);
  return created(statusView(world, status));
}

async function combinedStatus(call: Call): Promise<Reply> {
  const { world } = call;
  const sha = await commitOf(call);
  const all = world.statuses.filter((status) => status.sha === sha);
  const statuses = [...new Map(all.map((status) => [status.context, status])).values()];
  const bad = statuses.some((status) => status.state === 'failure' || status.state === 'error');
  const good = statuses.length > 0 && statuses.every((status) => status.state === 'success');
  return ok({
    state: bad ? 'failure' : good ? 'success' : 'pending',
    statuses: statuses.map(({ ...status }) => {
      const { creator: _creator, ...view } = statusView(world, status);
      return view;
    }),
    sha,
    total_count: statuses.length,
    repository: repositoryView(world),
    commit_url: `${repositoryUrl(world)}/commits/${sha}`,
    url: `${repositoryUrl(world)}/commits/${sha}/status`,
  });
}

const statusView = (world: World, status: CommitStatus): Schema<'status'> => ({
  url: `${repositoryUrl(world)}/statuses/${status.sha}`,
  avatar_url: userView(world, status.creator).avatar_url,
  id: status.id,
  node_id: nodeId('SC', status.id),
  state: status.state,
  description: status.description,
  target_url: status.targetUrl,
  context: status.context,
  created_at: status.createdAt,
  updated_at: status.createdAt,
  creator: userView(world, status.creator),
});
