// The routes of issues, labels, and what happened to an issue or pull request over time.
import { actor, refuseStrangers, viaApp } from './auth.ts';
import { issueEvent } from './events.ts';
import { boundedBody, issueOf, list, param, record, requiredText, strings, text } from './input.ts';
import { issueView, labelView } from './issue-view.ts';
import { pagedList } from './page.ts';
import { sorted } from './pulls.ts';
import { closePull } from './refs.ts';
import { created, invalid, notFound, ok, type Reply } from './reply.ts';
import { type Access, type Call, type Route, repo, route } from './router.ts';
import { eventsOf, timelineOf } from './timeline.ts';
import { type Account, type Issue, isPull, recordEvent, stamp } from './world.ts';

const read: Access = {
  app: ['issues:read', 'issues:write', 'pull_requests:read', 'pull_requests:write'],
  user: 'read',
};
const write: Access = { app: ['issues:write', 'pull_requests:write'], user: 'write' };
const one = '/issues/{issue_number}';

export const issueRoutes: readonly Route[] = [
  route('GET', repo('/issues'), read, listIssues),
  route('POST', repo('/issues'), { app: ['issues:write'], user: 'read' }, openIssue),
  route('GET', repo(one), read, (call) => ok(issueView(call.world, issueOf(call)))),
  route('PATCH', repo(one), { ...write, user: 'read' }, changeIssue),
  route('GET', repo(`${one}/events`), read, (call) =>
    pagedList(call, eventsOf(call.world, issueOf(call)), (view) => view),
  ),
  route('GET', repo(`${one}/timeline`), read, async (call) =>
    pagedList(call, await timelineOf(call.world, issueOf(call)), (view) => view),
  ),
  route('GET', repo(`${one}/labels`), read, (call) =>
    pagedList(call, issueOf(call).labels, (name) => labelView(call.world, name)),
  ),
  route('POST', repo(`${one}/labels`), write, (call) => {
    const issue = issueOf(call);
    const names = list(call.body.labels).map((item) => (typeof item === 'string' ? item : String(record(item).name)));
    label(call, issue, names);
    return ok(issue.labels.map((name) => labelView(call.world, name)));
  }),
  route('DELETE', repo(`${one}/labels/{name}`), write, unlabel),
  route('GET', repo('/labels'), read, (call) =>
    pagedList(call, [...call.world.labels.keys()], (name) => labelView(call.world, name)),
  ),
  route('POST', repo('/labels'), write, createLabel),
  route('GET', repo('/labels/{name}'), read, (call) => {
    if (!call.world.labels.has(param(call, 'name'))) throw notFound();
    return ok(labelView(call.world, param(call, 'name')));
  }),
];

function listIssues(call: Call): Reply {
  const { world, query } = call;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const creator = query.get('creator');
  const since = query.get('since');
  const found = [...world.issues.values()].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((name) => issue.labels.includes(name)) &&
      (creator === null || issue.author.login === creator) &&
      (since === null || Date.parse(issue.updatedAt) >= Date.parse(since)),
  );
  return pagedList(call, sorted(call, found), (issue) => issueView(world, issue));
}

function openIssue(call: Call): Reply {
  const { world } = call;
  const at = stamp(world);
  const issue: Issue = {
    id: world.nextId(),
    number: world.nextNumber(),
    author: actor(call.principal),
    viaApp: viaApp(call.principal),
    title: requiredText(call, 'Issue', 'title'),
    body: text(call, 'body') === undefined ? null : boundedBody('Issue', text(call, 'body') ?? ''),
    state: 'open',
    stateReason: null,
    labels: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    closedBy: null,
    pull: null,
  };
  world.issues.set(issue.number, issue);
  ensureLabels(call, strings(call.body.labels));
  issue.labels.push(...strings(call.body.labels));
  issueEvent(world, issue.author, 'opened', issue);
  return created(issueView(world, issue));
}

async function changeIssue(call: Call): Promise<Reply> {
  const { world } = call;
  const issue = issueOf(call);
  const by = actor(call.principal);
  refuseStrangers(call.principal, issue.author, 'Must have admin rights to Repository.');
  const title = text(call, 'title');
  const body = text(call, 'body');
  const changes: Record<string, unknown> = {};
  if (title !== undefined && title !== issue.title) changes.title = { from: issue.title };
  if (body !== undefined && body !== issue.body) changes.body = { from: issue.body ?? '' };
  issue.title = title ?? issue.title;
  issue.body = body === undefined ? issue.body : boundedBody('Issue', body);
  issue.updatedAt = stamp(world);
  if (Object.keys(changes).length > 0 && !issue.pull) issueEvent(world, by, 'edited', issue, { changes });
  if (Array.isArray(call.body.labels)) {
    ensureLabels(call, strings(call.body.labels));
    issue.labels = strings(call.body.labels);
  }
  await changeState(call, issue, by);
  return ok(issueView(world, issue));
}

async function changeState(call: Call, issue: Issue, by: Account): Promise<void> {
  const { world } = call;
  const state = text(call, 'state');
  if (state === undefined || state === issue.state) return;
  if (isPull(issue) && state === 'closed') return closePull(world, issue, by);
  if (isPull(issue) || (state !== 'open' && state !== 'closed')) {
    throw invalid({ resource: 'Issue', field: 'state', code: 'invalid' });
  }
  const closed = state === 'closed';
  const reason = text(call, 'state_reason') === 'not_planned' ? 'not_planned' : 'completed';
  Object.assign(issue, { state, stateReason: closed ? reason : 'reopened' });
  issue.closedAt = closed ? stamp(world) : null;
  issue.closedBy = closed ? by : null;
  recordEvent(world, issue, closed ? 'closed' : 'reopened', { actor: by });
  issueEvent(world, by, closed ? 'closed' : 'reopened', issue);
}

function label(call: Call, issue: Issue, names: readonly string[]): void {
  ensureLabels(call, names);
  for (const name of names.filter((candidate) => !issue.labels.includes(candidate))) {
    issue.labels.push(name);
    const { color } = labelView(call.world, name);
    recordEvent(call.world, issue, 'labeled', { actor: actor(call.principal), details: { label: { name, color } } });
  }
}

function unlabel(call: Call): Reply {
  const issue = issueOf(call);
  const name = param(call, 'name');
  if (!issue.labels.includes(name)) throw notFound();
  issue.labels = issue.labels.filter((candidate) => candidate !== name);
  const { color } = labelView(call.world, name);
  recordEvent(call.world, issue, 'unlabeled', { actor: actor(call.principal), details: { label: { name, color } } });
  return ok(issue.labels.map((left) => labelView(call.world, left)));
}

/** A label that is used before it was made is made. */
function ensureLabels(call: Call, names: readonly string[]): void {
  for (const name of names) {
    if (call.world.labels.has(name)) continue;
    call.world.labels.set(name, { id: call.world.nextId(), color: 'ededed', description: null });
  }
}

function createLabel(call: Call): Reply {
  const name = requiredText(call, 'Label', 'name');
  if (call.world.labels.has(name)) throw invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
  const color = text(call, 'color') ?? 'ededed';
  call.world.labels.set(name, { id: call.world.nextId(), color, description: text(call, 'description') ?? null });
  return created(labelView(call.world, name));
}
