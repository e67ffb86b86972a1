// What else happens in a repository and its organization, as the contract plays it, and what GitHub refuses.
import { expect } from 'vitest';
import { TEAM_MEMBERS_QUERY } from '../../app/github/octokit-teams.ts';
import { clientWith, read as field } from '../sandbox/github/client.ts';
import { all, type Body, headOf, ok, type Stage } from './life-stage.ts';

export async function plainGitData(stage: Stage): Promise<void> {
  const git = '/repos/acme/access/git';
  const blob = field(await ok(stage.app('POST', `${git}/blobs`, { content: 'aGVsbG8=', encoding: 'base64' })), 'sha');
  const main = (await ok(stage.app('GET', `${git}/ref/heads/main`))) as { object: { sha: string } };
  await ok(stage.app('POST', `${git}/refs`, { ref: 'refs/heads/moved', sha: main.object.sha }));
  const commit = await stage.github.as('mona').push('ahead', { 'ahead.txt': 'ahead\n' });
  await ok(stage.app('PATCH', `${git}/refs/heads/moved`, { sha: commit, force: true }));
  await all(stage.app, [
    `${git}/blobs/${blob}`,
    `${git}/trees/${commit}?recursive=1`,
    `${git}/commits/${commit}`,
    `${git}/matching-refs/heads/mo`,
  ]);
}

export async function contents(stage: Stage): Promise<void> {
  const file = '/repos/acme/access/contents/notes/today.md';
  const first = await ok(stage.app('PUT', file, { message: 'Write', content: 'aGk=', branch: 'moved' }));
  const sha = field((first as { content: Body }).content, 'sha');
  await ok(stage.app('PUT', file, { message: 'Write again', content: 'aG8=', branch: 'moved', sha }));
  expect((await stage.app('PUT', file, { message: 'Late', content: 'aGk=', branch: 'moved', sha })).status).toBe(409);
  const now = field(await ok(stage.app('GET', `${file}?ref=moved`)), 'sha');
  await ok(stage.app('GET', '/repos/acme/access/contents/notes?ref=moved'));
  await ok(stage.app('DELETE', file, { message: 'Delete', sha: now, branch: 'moved' }));
}

export async function issuesAndLabels(stage: Stage): Promise<void> {
  const issues = '/repos/acme/access/issues';
  const number = field(
    await ok(stage.app('POST', issues, { title: 'Alarm', body: 'Look', labels: ['alarm'] })),
    'number',
  );
  await ok(stage.app('PATCH', `${issues}/${number}`, { body: 'Look again' }));
  await ok(stage.app('POST', `${issues}/${number}/labels`, { labels: ['urgent'] }));
  await all(stage.app, [
    `${issues}/${number}`,
    `${issues}/${number}/labels`,
    `${issues}?labels=alarm&state=all&creator=x`,
  ]);
  await ok(stage.app('DELETE', `${issues}/${number}/labels/urgent`));
  await ok(stage.app('PATCH', `${issues}/${number}`, { state: 'closed', state_reason: 'completed' }));
  await ok(stage.app('PATCH', `${issues}/${number}`, { state: 'open' }));
  await all(stage.app, [`${issues}/${number}/events`, `${issues}/${number}/timeline`, issues]);
  await ok(stage.app('POST', '/repos/acme/access/labels', { name: 'access', color: 'ff0000' }));
  await all(stage.app, ['/repos/acme/access/labels', '/repos/acme/access/labels/access']);
}

export async function organization(stage: Stage): Promise<void> {
  const team = '/orgs/acme/teams/incident-commanders';
  stage.github.teams.add('incident-commanders', 'mona');
  await all(stage.app, [
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
  stage.github.teams.create('night-watch', 79, ['mona'], 77);
  await all(stage.app, ['/orgs/acme/teams/night-watch', `${team}/memberships/mona`, `${team}/members`]);
  for (const membership of ['ALL', 'IMMEDIATE', 'CHILD_TEAM']) {
    const variables = { org: 'acme', team: 'incident-commanders', membership, after: null };
    await ok(stage.app('POST', '/graphql', { query: TEAM_MEMBERS_QUERY, variables }));
  }
  stage.github.teams.delete('night-watch');
  await ok(clientWith(stage.github, stage.github.as('mona').token)('GET', '/user'));
  stage.github.teams.remove('incident-commanders', 'mona');
  stage.github.teams.recreate('incident-commanders', 78, ['hubot-boss']);
  stage.github.people.add({ login: 'newcomer', id: 4711 });
  stage.github.people.remove('newcomer');
}

export async function administration(stage: Stage): Promise<void> {
  const rulesets = '/repos/acme/access/rulesets';
  await all(stage.app, [
    '/repos/acme/access/rules/branches/main',
    rulesets,
    `${rulesets}/${stage.github.rulesets.list()[0]?.id}`,
  ]);
  const root = clientWith(stage.github, stage.github.as('root').token);
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

export async function refusals(stage: Stage, pull: number): Promise<void> {
  const pulls = '/repos/acme/access/pulls';
  const mona = clientWith(stage.github, stage.github.as('mona').token);
  const nobody = clientWith(stage.github, 'ghs_wrong');
  const statuses = [
    await nobody('GET', pulls),
    await mona('POST', '/repos/acme/access/check-runs', { name: 'breakglass', head_sha: await headOf(stage, pull) }),
    await stage.app('GET', `${pulls}/999`),
    await stage.app('POST', pulls, { title: 'x', head: 'nothing', base: 'main' }),
    await stage.app('GET', '/repos/acme/access/contents/nothing'),
    await stage.app('GET', '/repos/acme/access/commits/nothing'),
    await stage.app('GET', '/orgs/acme/teams/nothing'),
    await stage.app('POST', `/repos/acme/access/issues/${pull}/comments`, { body: 'x'.repeat(65_537) }),
  ].map((answer) => answer.status);
  expect(statuses).toEqual([401, 403, 404, 422, 404, 422, 404, 422]);
}
