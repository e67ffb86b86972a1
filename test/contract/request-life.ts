// The life of a request, of the removal after it, and of other pull requests, as the contract plays them.
import { expect } from 'vitest';
import { EDITS_QUERY } from '../../app/github/octokit-edits.ts';
import { appJwt, clientWith, read as field, installationToken } from '../sandbox/github/client.ts';
import { all, type Body, headOf, ok, type Stage } from './life-stage.ts';

export async function appLife(stage: Stage): Promise<void> {
  const jwt = clientWith(stage.github, appJwt(stage.github));
  await all(jwt, ['/app', '/app/installations', '/app/installations/5151', '/orgs/acme/installation']);
  await ok(jwt('GET', '/repos/acme/access/installation'));
  const reader = clientWith(stage.github, await installationToken(stage.github, { contents: 'read' }));
  await all(reader, ['/rate_limit', '/installation/repositories']);
  expect((await reader('POST', '/repos/acme/access/git/blobs', { content: 'x' })).status).toBe(403);
  await ok(reader('DELETE', '/installation/token'));
  expect((await reader('GET', '/rate_limit')).status).toBe(401);
  stage.github.webhooks.ping();
  stage.github.webhooks.announceInstallation();
}

export async function openRequest(stage: Stage): Promise<number> {
  const mona = stage.github.as('mona');
  await mona.push('request', { 'grants/db-down.yaml': 'role: admin\n' }, { message: 'Ask for access' });
  const number = await mona.openPull({ head: 'request', title: 'Access, please', body: 'The database is down' });
  await mona.push('request', { 'grants/db-down.yaml': 'role: admin\nreason: down\n' });
  await mona.push('request', { 'grants/db-down.yaml': 'role: read\n' }, { base: 'main', force: true });
  const one = `/repos/acme/access/pulls/${number}`;
  await all(stage.app, [one, one, `${one}/commits`, `${one}/files?per_page=100`]);
  await all(stage.app, [
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

export async function conversation(stage: Stage, pull: number): Promise<void> {
  const comments = `/repos/acme/access/issues/${pull}/comments`;
  const sticky = field(await ok(stage.app('POST', comments, { body: 'Waiting for approval' })), 'id');
  await ok(stage.app('PATCH', `/repos/acme/access/issues/comments/${sticky}`, { body: 'Still waiting' }));
  const boss = stage.github.as('hubot-boss');
  const command = await boss.comment(pull, '/approve-emergency');
  await stage.github.as('mona').editComment(command, '/approve-emergency please');
  const reactions = `/repos/acme/access/issues/comments/${command}/reactions`;
  const reaction = field(await ok(stage.app('POST', reactions, { content: 'eyes' })), 'id');
  await ok(stage.app('POST', reactions, { content: 'eyes' }));
  await all(stage.app, [`${reactions}?content=eyes`, `${comments}?since=2020-01-01T00:00:00Z`]);
  await ok(stage.app('DELETE', `${reactions}/${reaction}`));
  await all(stage.app, [
    '/repos/acme/access/issues/comments?sort=updated&direction=desc&since=2020-01-01T00:00:00Z',
    `/repos/acme/access/issues/comments/${command}`,
  ]);
  await editsOf(stage, comments);
  const own = `/repos/acme/access/issues/${pull}/reactions`;
  const heart = field(await ok(stage.app('POST', own, { content: 'heart' })), 'id');
  await ok(stage.app('GET', own));
  await ok(stage.app('DELETE', `${own}/${heart}`));
  await boss.deleteComment(command);
}

/** As the app asks it: of every node in the list, edited by people, by an app or by nobody, and of one that is none. */
async function editsOf(stage: Stage, list: string): Promise<void> {
  const nodes = (await ok(stage.app('GET', list))) as readonly Body[];
  const ids = nodes.map((one) => field(one, 'node_id'));
  await ok(stage.app('POST', '/graphql', { query: EDITS_QUERY, variables: { ids } }));
  await ok(stage.app('POST', '/graphql', { query: EDITS_QUERY, variables: { ids: [...ids, 'IC_none'] } }));
}

export async function judging(stage: Stage, pull: number): Promise<void> {
  const sha = await headOf(stage, pull);
  const runs = '/repos/acme/access/check-runs';
  const annotation = {
    path: 'grants/db-down.yaml',
    start_line: 1,
    end_line: 1,
    annotation_level: 'failure',
    message: 'No',
  };
  const output = { title: 'Denied', summary: 'No reason given', annotations: [annotation] };
  const run = field(
    await ok(stage.app('POST', runs, { name: 'breakglass', head_sha: sha, status: 'in_progress' })),
    'id',
  );
  await ok(stage.app('PATCH', `${runs}/${run}`, { status: 'completed', conclusion: 'action_required', output }));
  await stage.github.as('mona').rerequestCheck(run);
  await all(stage.app, [
    `${runs}/${run}`,
    `${runs}/${run}/annotations`,
    `/repos/acme/access/commits/${sha}/check-runs?check_name=breakglass&app_id=4242&filter=all`,
    `/repos/acme/access/commits/${sha}/check-suites?app_id=4242`,
  ]);
  const suites = (await ok(stage.app('GET', `/repos/acme/access/commits/${sha}/check-suites`))) as {
    check_suites: { id: number }[];
  };
  await ok(stage.app('GET', `/repos/acme/access/check-suites/${suites.check_suites[0]?.id}`));
  const mona = clientWith(stage.github, stage.github.as('mona').token);
  await ok(mona('POST', `/repos/acme/access/statuses/${sha}`, { state: 'success', context: 'breakglass' }));
  await all(mona, [`/repos/acme/access/commits/${sha}/status`, `/repos/acme/access/commits/${sha}/statuses`]);
  await ok(
    stage.app('POST', runs, {
      name: 'breakglass',
      head_sha: sha,
      conclusion: 'success',
      output: { title: 'Go', summary: 'Go' },
    }),
  );
}

export async function reviewing(stage: Stage, pull: number): Promise<void> {
  const boss = stage.github.as('hubot-boss');
  await boss.review(pull, { event: 'COMMENT', body: 'Looking' });
  const id = await boss.review(pull, { event: 'APPROVE' });
  const reviews = `/repos/acme/access/pulls/${pull}/reviews`;
  await all(stage.app, [reviews, `${reviews}/${id}`]);
  await stage.github.as('mona').editReview(id, 'Not for a person of that name');
  await editsOf(stage, reviews);
  await boss.dismissReview(pull, id);
}

export async function merging(stage: Stage, pull: number): Promise<void> {
  const one = `/repos/acme/access/pulls/${pull}`;
  const sha = await headOf(stage, pull);
  expect((await stage.app('GET', `${one}/merge`)).status).toBe(404);
  const wrong = { sha: '0'.repeat(40), merge_method: 'squash' };
  expect((await stage.app('PUT', `${one}/merge`, wrong)).status).toBe(409);
  const words = { commit_title: `Grant (#${pull})`, commit_message: 'Format: 1\nKind: grant' };
  const merged = await ok(stage.app('PUT', `${one}/merge`, { sha, merge_method: 'squash', ...words }));
  expect((await stage.app('PUT', `${one}/merge`, { sha, merge_method: 'squash' })).status).toBe(405);
  await all(stage.app, [
    one,
    `${one}/merge`,
    `/repos/acme/access/commits/${field(merged, 'sha')}/pulls`,
    `/repos/acme/access/issues/${pull}/events`,
    `/repos/acme/access/issues/${pull}/timeline?per_page=100`,
    '/repos/acme/access/activity?activity_type=pr_merge',
  ]);
}

export async function removalByTheApp(stage: Stage): Promise<void> {
  const git = '/repos/acme/access/git';
  const tip = field(((await ok(stage.app('GET', `${git}/ref/heads/main`))) as { object: Body }).object, 'sha');
  const entry = { path: 'grants/db-down.yaml', mode: '100644', type: 'blob', sha: null };
  const tree = field(await ok(stage.app('POST', `${git}/trees`, { base_tree: tip, tree: [entry] })), 'sha');
  const commit = field(
    await ok(stage.app('POST', `${git}/commits`, { message: 'Remove', tree, parents: [tip] })),
    'sha',
  );
  await ok(stage.app('POST', `${git}/refs`, { ref: 'refs/heads/breakglass/remove', sha: commit }));
  const request = { title: 'Remove', head: 'breakglass/remove', base: 'main', body: 'Over' };
  const number = field(await ok(stage.app('POST', '/repos/acme/access/pulls', request)), 'number');
  await ok(stage.app('PATCH', `/repos/acme/access/pulls/${number}`, { title: 'Remove db-down' }));
  await ok(
    stage.app('POST', '/repos/acme/access/check-runs', { name: 'breakglass', head_sha: commit, conclusion: 'success' }),
  );
  await ok(stage.app('PUT', `/repos/acme/access/pulls/${number}/merge`, { sha: commit, merge_method: 'squash' }));
  await ok(stage.app('DELETE', `${git}/refs/heads/breakglass/remove`));
}

export async function otherPulls(stage: Stage): Promise<void> {
  const mona = stage.github.as('mona');
  await mona.push('side', { 'side.txt': 'side\n' });
  await mona.push('second', { 'second.txt': 'second\n' });
  const number = await mona.openPull({ head: 'second', draft: true });
  await mona.retarget(number, 'side');
  await mona.rename(number, 'Another');
  await mona.closePull(number);
  await mona.reopenPull(number);
  await mona.deleteBranch('second');
  await stage.github.as('stranger').pushToFork('theirs', { 'grants/evil.yaml': 'x\n' });
  stage.github.people.setRole('stranger', 'read');
  const foreign = await stage.github.as('stranger').openPull({ head: 'stranger:theirs' });
  await stage.github.as('stranger').pushToFork('theirs', { 'grants/evil.yaml': 'y\n' });
  await all(stage.app, [`/repos/acme/access/pulls/${foreign}`, `/repos/acme/access/issues/${number}/timeline`]);
}
