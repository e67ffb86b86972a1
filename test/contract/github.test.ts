// The GitHub double against GitHub's own description: every endpoint and every event of one representative life.
import { createSign } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allRoutes, type GitHubDouble, startGitHub } from '../sandbox/github/index.ts';
import { checkTraffic, whyUnavailable } from './github-openapi.ts';

type Body = Readonly<Record<string, unknown>>;
type Ask = (method: string, path: string, body?: Body) => Promise<{ status: number; body: never }>;

const unavailable = await whyUnavailable();
if (unavailable) console.warn(`not run: ${unavailable}`);

let github: GitHubDouble;
let app: Ask;

beforeAll(async () => {
  github = await startGitHub({
    owner: 'acme',
    name: 'access',
    seed: { 'README.md': 'Access\n', 'grants/README.md': 'Grants\n' },
    people: [
      { login: 'root', id: 1, admin: true },
      { login: 'mona', id: 583231 },
      { login: 'hubot-boss', id: 1234567 },
      { login: 'stranger', id: 99, role: 'none', member: false },
    ],
    teams: [{ slug: 'incident-commanders', id: 77, members: ['hubot-boss'] }],
    app: { slug: 'breakglass', id: 4242, installationId: 5151, webhookSecret: 'secret' },
  });
  app = asker(github, `Bearer ${await installationToken(github)}`);
});
afterAll(() => github.close());

test.skipIf(unavailable !== null)(
  'nothing that the double says deviates from what GitHub says of itself',
  async () => {
    await appLife();
    const pull = await openRequest();
    await conversation(pull);
    await judging(pull);
    await reviewing(pull);
    await merging(pull);
    await removalByTheApp();
    await otherPulls();
    await plainGitData();
    await contents();
    await issuesAndLabels();
    await organization();
    await administration();
    await refusals(pull);
    await github.idle();

    expect(await checkTraffic(github.requests, github.webhooks.deliveries)).toEqual([]);
    expect(unanswered()).toEqual([]);
    expect(eventsSent()).toEqual(expected);
  },
  60_000,
);

const expected = [
  'check_run.completed',
  'check_run.created',
  'check_run.rerequested',
  'check_suite.requested',
  'installation.created',
  'issue_comment.created',
  'issue_comment.deleted',
  'issue_comment.edited',
  'issues.closed',
  'issues.edited',
  'issues.opened',
  'issues.reopened',
  'membership.added',
  'membership.removed',
  'organization.member_added',
  'organization.member_removed',
  'ping',
  'pull_request.closed',
  'pull_request.edited',
  'pull_request.opened',
  'pull_request.reopened',
  'pull_request.synchronize',
  'pull_request_review.dismissed',
  'pull_request_review.submitted',
  'push',
  'team.created',
  'team.deleted',
];

const eventsSent = () =>
  [...new Set(github.webhooks.deliveries.map(({ event, action }) => (action ? `${event}.${action}` : event)))].sort();

/** The routes that this life never got a good answer from. */
function unanswered(): string[] {
  const done = new Set(github.requests.filter((it) => it.status < 300).map((it) => `${it.method} ${it.operation}`));
  return allRoutes()
    .map((route) => `${route.method} ${route.path}`)
    .filter((name) => !done.has(name));
}

async function appLife(): Promise<void> {
  const jwt = asker(github, `Bearer ${appJwt(github)}`);
  await all(jwt, ['/app', '/app/installations', '/app/installations/5151', '/orgs/acme/installation']);
  await ok(jwt('GET', '/repos/acme/access/installation'));
  const narrow = await jwt('POST', '/app/installations/5151/access_tokens', { permissions: { contents: 'read' } });
  const reader = asker(github, `Bearer ${field(narrow.body, 'token')}`);
  await all(reader, ['/rate_limit', '/installation/repositories']);
  expect((await reader('POST', '/repos/acme/access/git/blobs', { content: 'x' })).status).toBe(403);
  await ok(reader('DELETE', '/installation/token'));
  expect((await reader('GET', '/rate_limit')).status).toBe(401);
  github.webhooks.ping();
  github.webhooks.announceInstallation();
}

async function openRequest(): Promise<number> {
  const mona = github.as('mona');
  await mona.push('request', { 'grants/db-down.yaml': 'role: admin\n' }, { message: 'Ask for access' });
  const number = await mona.openPull({ head: 'request', title: 'Access, please', body: 'The database is down' });
  await mona.push('request', { 'grants/db-down.yaml': 'role: admin\nreason: down\n' });
  await mona.push('request', { 'grants/db-down.yaml': 'role: read\n' }, { base: 'main', force: true });
  const one = `/repos/acme/access/pulls/${number}`;
  await all(app, [one, one, `${one}/commits`, `${one}/files?per_page=100`]);
  await all(app, [
    '/repos/acme/access/pulls?state=open&base=main&head=acme:request&sort=updated&direction=asc&per_page=1&page=1',
    '/repos/acme/access/activity?ref=refs/heads/request&per_page=1',
    '/repos/acme/access/activity?actor=mona&activity_type=force_push&time_period=day&direction=asc',
    '/repos/acme/access/branches?per_page=100',
    '/repos/acme/access/branches/main',
    '/repos/acme/access/compare/main...request',
    '/repos/acme/access/commits?sha=request&path=grants&per_page=5',
    '/repos/acme/access/commits/request',
    '/repos/acme/access/collaborators/mona/permission',
    '/repos/acme/access',
    '/repositories/1296269',
  ]);
  return number;
}

async function conversation(pull: number): Promise<void> {
  const comments = `/repos/acme/access/issues/${pull}/comments`;
  const sticky = field(await ok(app('POST', comments, { body: 'Waiting for approval' })), 'id');
  await ok(app('PATCH', `/repos/acme/access/issues/comments/${sticky}`, { body: 'Still waiting' }));
  const boss = github.as('hubot-boss');
  const command = await boss.comment(pull, '/approve-emergency');
  await github.as('mona').editComment(command, '/approve-emergency please');
  const reactions = `/repos/acme/access/issues/comments/${command}/reactions`;
  const reaction = field(await ok(app('POST', reactions, { content: 'eyes' })), 'id');
  await ok(app('POST', reactions, { content: 'eyes' }));
  await all(app, [`${reactions}?content=eyes`, `${comments}?since=2020-01-01T00:00:00Z`]);
  await ok(app('DELETE', `${reactions}/${reaction}`));
  await all(app, [
    '/repos/acme/access/issues/comments?sort=updated&direction=desc&since=2020-01-01T00:00:00Z',
    `/repos/acme/access/issues/comments/${command}`,
  ]);
  const own = `/repos/acme/access/issues/${pull}/reactions`;
  const heart = field(await ok(app('POST', own, { content: 'heart' })), 'id');
  await ok(app('GET', own));
  await ok(app('DELETE', `${own}/${heart}`));
  await boss.deleteComment(command);
}

async function judging(pull: number): Promise<void> {
  const sha = await headOf(pull);
  const runs = '/repos/acme/access/check-runs';
  const annotation = {
    path: 'grants/db-down.yaml',
    start_line: 1,
    end_line: 1,
    annotation_level: 'failure',
    message: 'No',
  };
  const output = { title: 'Denied', summary: 'No reason given', annotations: [annotation] };
  const run = field(await ok(app('POST', runs, { name: 'breakglass', head_sha: sha, status: 'in_progress' })), 'id');
  await ok(app('PATCH', `${runs}/${run}`, { status: 'completed', conclusion: 'action_required', output }));
  await github.as('mona').rerequestCheck(run);
  await all(app, [
    `${runs}/${run}`,
    `${runs}/${run}/annotations`,
    `/repos/acme/access/commits/${sha}/check-runs?check_name=breakglass&app_id=4242&filter=all`,
    `/repos/acme/access/commits/${sha}/check-suites?app_id=4242`,
  ]);
  const suites = (await ok(app('GET', `/repos/acme/access/commits/${sha}/check-suites`))) as {
    check_suites: { id: number }[];
  };
  await ok(app('GET', `/repos/acme/access/check-suites/${suites.check_suites[0]?.id}`));
  const mona = asker(github, `Bearer ${github.as('mona').token}`);
  await ok(mona('POST', `/repos/acme/access/statuses/${sha}`, { state: 'success', context: 'breakglass' }));
  await all(mona, [`/repos/acme/access/commits/${sha}/status`, `/repos/acme/access/commits/${sha}/statuses`]);
  await ok(
    app('POST', runs, {
      name: 'breakglass',
      head_sha: sha,
      conclusion: 'success',
      output: { title: 'Go', summary: 'Go' },
    }),
  );
}

async function reviewing(pull: number): Promise<void> {
  const boss = github.as('hubot-boss');
  await boss.review(pull, { event: 'COMMENT', body: 'Looking' });
  const id = await boss.review(pull, { event: 'APPROVE' });
  const reviews = `/repos/acme/access/pulls/${pull}/reviews`;
  await all(app, [reviews, `${reviews}/${id}`]);
  await boss.dismissReview(pull, id);
}

async function merging(pull: number): Promise<void> {
  const one = `/repos/acme/access/pulls/${pull}`;
  const sha = await headOf(pull);
  expect((await app('GET', `${one}/merge`)).status).toBe(404);
  const wrong = { sha: '0'.repeat(40), merge_method: 'squash' };
  expect((await app('PUT', `${one}/merge`, wrong)).status).toBe(409);
  const words = { commit_title: `Grant (#${pull})`, commit_message: 'Format: 1\nKind: grant' };
  const merged = await ok(app('PUT', `${one}/merge`, { sha, merge_method: 'squash', ...words }));
  expect((await app('PUT', `${one}/merge`, { sha, merge_method: 'squash' })).status).toBe(405);
  await all(app, [
    one,
    `${one}/merge`,
    `/repos/acme/access/commits/${field(merged, 'sha')}/pulls`,
    `/repos/acme/access/issues/${pull}/events`,
    `/repos/acme/access/issues/${pull}/timeline?per_page=100`,
    '/repos/acme/access/activity?activity_type=pr_merge',
  ]);
}

async function removalByTheApp(): Promise<void> {
  const git = '/repos/acme/access/git';
  const tip = field(((await ok(app('GET', `${git}/ref/heads/main`))) as { object: Body }).object, 'sha');
  const entry = { path: 'grants/db-down.yaml', mode: '100644', type: 'blob', sha: null };
  const tree = field(await ok(app('POST', `${git}/trees`, { base_tree: tip, tree: [entry] })), 'sha');
  const commit = field(await ok(app('POST', `${git}/commits`, { message: 'Remove', tree, parents: [tip] })), 'sha');
  await ok(app('POST', `${git}/refs`, { ref: 'refs/heads/breakglass/remove', sha: commit }));
  const request = { title: 'Remove', head: 'breakglass/remove', base: 'main', body: 'Over' };
  const number = field(await ok(app('POST', '/repos/acme/access/pulls', request)), 'number');
  await ok(app('PATCH', `/repos/acme/access/pulls/${number}`, { title: 'Remove db-down' }));
  await ok(
    app('POST', '/repos/acme/access/check-runs', { name: 'breakglass', head_sha: commit, conclusion: 'success' }),
  );
  await ok(app('PUT', `/repos/acme/access/pulls/${number}/merge`, { sha: commit, merge_method: 'squash' }));
  await ok(app('DELETE', `${git}/refs/heads/breakglass/remove`));
}

async function otherPulls(): Promise<void> {
  const mona = github.as('mona');
  await mona.push('side', { 'side.txt': 'side\n' });
  await mona.push('second', { 'second.txt': 'second\n' });
  const number = await mona.openPull({ head: 'second', draft: true });
  await mona.retarget(number, 'side');
  await mona.rename(number, 'Another');
  await mona.closePull(number);
  await mona.reopenPull(number);
  await mona.deleteBranch('second');
  await github.as('stranger').pushToFork('theirs', { 'grants/evil.yaml': 'x\n' });
  github.people.setRole('stranger', 'read');
  const foreign = await github.as('stranger').openPull({ head: 'stranger:theirs' });
  await github.as('stranger').pushToFork('theirs', { 'grants/evil.yaml': 'y\n' });
  await all(app, [`/repos/acme/access/pulls/${foreign}`, `/repos/acme/access/issues/${number}/timeline`]);
}

async function plainGitData(): Promise<void> {
  const git = '/repos/acme/access/git';
  const blob = field(await ok(app('POST', `${git}/blobs`, { content: 'aGVsbG8=', encoding: 'base64' })), 'sha');
  const main = (await ok(app('GET', `${git}/ref/heads/main`))) as { object: { sha: string } };
  await ok(app('POST', `${git}/refs`, { ref: 'refs/heads/moved', sha: main.object.sha }));
  const commit = await github.as('mona').push('ahead', { 'ahead.txt': 'ahead\n' });
  await ok(app('PATCH', `${git}/refs/heads/moved`, { sha: commit, force: true }));
  await all(app, [
    `${git}/blobs/${blob}`,
    `${git}/trees/${commit}?recursive=1`,
    `${git}/commits/${commit}`,
    `${git}/matching-refs/heads/mo`,
  ]);
}

async function contents(): Promise<void> {
  const file = '/repos/acme/access/contents/notes/today.md';
  const first = await ok(app('PUT', file, { message: 'Write', content: 'aGk=', branch: 'moved' }));
  const sha = field((first as { content: Body }).content, 'sha');
  await ok(app('PUT', file, { message: 'Write again', content: 'aG8=', branch: 'moved', sha }));
  expect((await app('PUT', file, { message: 'Late', content: 'aGk=', branch: 'moved', sha })).status).toBe(409);
  const now = field(await ok(app('GET', `${file}?ref=moved`)), 'sha');
  await ok(app('GET', '/repos/acme/access/contents/notes?ref=moved'));
  await ok(app('DELETE', file, { message: 'Delete', sha: now, branch: 'moved' }));
}

async function issuesAndLabels(): Promise<void> {
  const issues = '/repos/acme/access/issues';
  const number = field(await ok(app('POST', issues, { title: 'Alarm', body: 'Look', labels: ['alarm'] })), 'number');
  await ok(app('PATCH', `${issues}/${number}`, { body: 'Look again' }));
  await ok(app('POST', `${issues}/${number}/labels`, { labels: ['urgent'] }));
  await all(app, [`${issues}/${number}`, `${issues}/${number}/labels`, `${issues}?labels=alarm&state=all&creator=x`]);
  await ok(app('DELETE', `${issues}/${number}/labels/urgent`));
  await ok(app('PATCH', `${issues}/${number}`, { state: 'closed', state_reason: 'completed' }));
  await ok(app('PATCH', `${issues}/${number}`, { state: 'open' }));
  await all(app, [`${issues}/${number}/events`, `${issues}/${number}/timeline`, issues]);
  await ok(app('POST', '/repos/acme/access/labels', { name: 'access', color: 'ff0000' }));
  await all(app, ['/repos/acme/access/labels', '/repos/acme/access/labels/access']);
}

async function organization(): Promise<void> {
  const team = '/orgs/acme/teams/incident-commanders';
  github.teams.add('incident-commanders', 'mona');
  await all(app, [
    '/orgs/acme',
    '/orgs/acme/members',
    '/orgs/acme/members/mona',
    '/orgs/acme/memberships/mona',
    '/orgs/acme/teams',
    team,
    `${team}/members`,
    `${team}/memberships/mona`,
    '/teams/77',
    '/teams/77/members',
    '/teams/77/memberships/mona',
    '/users/mona',
    '/user/583231',
  ]);
  await ok(asker(github, `Bearer ${github.as('mona').token}`)('GET', '/user'));
  github.teams.remove('incident-commanders', 'mona');
  github.teams.recreate('incident-commanders', 78, ['hubot-boss']);
  github.people.add({ login: 'newcomer', id: 4711 });
  github.people.remove('newcomer');
}

async function administration(): Promise<void> {
  const rulesets = '/repos/acme/access/rulesets';
  await all(app, ['/repos/acme/access/rules/branches/main', rulesets, `${rulesets}/${github.rulesets.list()[0]?.id}`]);
  const root = asker(github, `Bearer ${github.as('root').token}`);
  const body = {
    name: 'Linear',
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    bypass_actors: [{ actor_id: 4242, actor_type: 'Integration', bypass_mode: 'pull_request' }],
    rules: [{ type: 'update' }],
  };
  const id = field(await ok(root('POST', rulesets, body)), 'id');
  await ok(root('PUT', `${rulesets}/${id}`, { enforcement: 'disabled' }));
  await ok(root('GET', `${rulesets}/${id}`));
  await ok(root('DELETE', `${rulesets}/${id}`));
}

async function refusals(pull: number): Promise<void> {
  const pulls = '/repos/acme/access/pulls';
  const mona = asker(github, `Bearer ${github.as('mona').token}`);
  const nobody = asker(github, 'Bearer ghs_wrong');
  const statuses = [
    await nobody('GET', pulls),
    await mona('POST', '/repos/acme/access/check-runs', { name: 'breakglass', head_sha: await headOf(pull) }),
    await app('GET', `${pulls}/999`),
    await app('POST', pulls, { title: 'x', head: 'nothing', base: 'main' }),
    await app('GET', '/repos/acme/access/contents/nothing'),
    await app('GET', '/repos/acme/access/commits/nothing'),
    await app('GET', '/orgs/acme/teams/nothing'),
    await app('POST', `/repos/acme/access/issues/${pull}/comments`, { body: 'x'.repeat(65_537) }),
  ].map((answer) => answer.status);
  expect(statuses).toEqual([401, 403, 404, 422, 404, 422, 404, 422]);
}

const field = (body: unknown, name: string) => (body as Record<string, never>)[name] as never;

async function headOf(pull: number): Promise<string> {
  const body = (await ok(app('GET', `/repos/acme/access/pulls/${pull}`))) as { head: { sha: string } };
  return body.head.sha;
}

async function ok(answering: ReturnType<Ask>): Promise<unknown> {
  const { status, body } = await answering;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

const all = async (ask: Ask, paths: readonly string[]): Promise<void> => {
  for (const path of paths) await ok(ask('GET', path));
};

function asker(double: GitHubDouble, authorization: string): Ask {
  return async (method, path, body) => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${double.url}${path}`, { method, headers: { authorization }, ...content });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as never };
  };
}

function appJwt(double: GitHubDouble): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 30, exp: now + 500, iss: double.app.id })}`;
  return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(double.app.privateKey, 'base64url')}`;
}

async function installationToken(double: GitHubDouble): Promise<string> {
  const ask = asker(double, `Bearer ${appJwt(double)}`);
  return field((await ask('POST', `/app/installations/${double.app.installationId}/access_tokens`)).body, 'token');
}
