// Child teams as on github.com: REST counts their members as members of the parent, GraphQL tells them apart.
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectGitHub } from '../../../app/github/octokit.ts';
import type { GitHub } from '../../../app/github/port.ts';
import { acme } from './acme.ts';
import type { GitHubDouble } from './index.ts';

let double: GitHubDouble;
let github: GitHub;

beforeEach(async () => {
  double = await acme();
  double.teams.create('night-watch', 78, ['mona'], 77);
  double.teams.create('sleepers', 79, ['reader'], 78);
  github = await connectGitHub({
    appId: double.app.id,
    privateKey: double.app.privateKey,
    baseUrl: double.url,
    owner: 'acme',
    name: 'access',
    repositoryId: double.repository.id,
    log: pino({ level: 'silent' }),
    pace: { writeMs: 0, notifyMs: 0, retryMs: 1 },
  });
});
afterEach(() => double.close());

it('REST answers of members of child teams, and of theirs, that they are members', async () => {
  for (const login of ['boss', 'mona', 'reader']) expect(await github.membership('commanders', login)).toBe('member');
  expect(await github.membership('night-watch', 'boss')).toBe('not-member');
});

it('GraphQL gives those of the team itself, or all', async () => {
  expect(await github.teamMembers('commanders', 'direct')).toEqual({
    id: 77,
    members: new Set([1_234_567]),
    hasChildTeams: true,
  });
  expect(await github.teamMembers('commanders', 'with-child-teams')).toMatchObject({
    members: new Set([583_231, 1_234_567, 7]),
  });
  expect(await github.teamMembers('sleepers', 'direct')).toMatchObject({ hasChildTeams: false });
  expect(await github.teamMembers('nobody', 'direct')).toBeNull();
});

it('a team of more than a page is read whole', async () => {
  const logins = Array.from({ length: 101 }, (_, i) => `user-${i}`);
  for (const [i, login] of logins.entries()) double.people.add({ login, id: 10_000 + i });
  double.teams.create('crowd', 80, logins);
  expect((await github.teamMembers('crowd', 'direct'))?.members.size).toBe(101);
});
