// The routes of people and teams: who belongs to what, right now.
import { organizationView, publicUserView, teamFullView, userView } from './account-view.ts';
import { actor } from './auth.ts';
import { numberParam, param } from './input.ts';
import { pagedList } from './page.ts';
import { noContent, notFound, ok, type Reply } from './reply.ts';
import { type Access, type Call, type Route, route } from './router.ts';
import { accounts, sameText, type Team, type User, type World, withChildTeams } from './world.ts';

const members: Access = { app: ['members:read', 'members:write'], user: 'none' };
const anybody: Access = { app: 'any', user: 'none' };

export const organizationRoutes: readonly Route[] = [
  route('GET', '/orgs/{org}', anybody, (call) => {
    inOrganization(call);
    return ok(organizationFull(call.world));
  }),
  route('GET', '/orgs/{org}/members', members, (call) =>
    pagedList(call, memberList(inOrganization(call)), (user) => userView(call.world, user)),
  ),
  route('GET', '/orgs/{org}/members/{username}', members, (call) => {
    const found = memberList(inOrganization(call)).some((user) => sameText(user.login, param(call, 'username')));
    if (!found) throw notFound();
    return noContent;
  }),
  route('GET', '/orgs/{org}/memberships/{username}', members, orgMembership),
  route('GET', '/orgs/{org}/teams', members, (call) =>
    pagedList(call, inOrganization(call).teams, (team) => simpleTeam(call, team)),
  ),
  route('GET', '/orgs/{org}/teams/{team_slug}', members, (call) => ok(teamFullView(call.world, bySlug(call)))),
  route('GET', '/orgs/{org}/teams/{team_slug}/members', members, (call) => teamMembers(call, bySlug(call))),
  route('GET', '/orgs/{org}/teams/{team_slug}/memberships/{username}', members, (call) =>
    membership(call, bySlug(call)),
  ),
  route('GET', '/teams/{team_id}', members, (call) => ok(teamFullView(call.world, byId(call)))),
  route('GET', '/teams/{team_id}/members', members, (call) => teamMembers(call, byId(call))),
  route('GET', '/teams/{team_id}/memberships/{username}', members, (call) => membership(call, byId(call))),
  route('GET', '/users/{username}', anybody, (call) => user(call, (it) => sameText(it.login, param(call, 'username')))),
  route('GET', '/user/{account_id}', anybody, (call) => user(call, (it) => it.id === numberParam(call, 'account_id'))),
  route('GET', '/user', { app: 'never', user: 'none' }, (call) =>
    ok(publicUserView(call.world, actor(call.principal))),
  ),
];

function inOrganization(call: Call): World {
  if (!sameText(param(call, 'org'), call.world.organization.login)) throw notFound();
  return call.world;
}

const memberList = (world: World): User[] => world.users.filter((candidate) => candidate.inOrganization);

function bySlug(call: Call): Team {
  const team = inOrganization(call).teams.find((candidate) => candidate.slug === param(call, 'team_slug'));
  if (!team) throw notFound();
  return team;
}

function byId(call: Call): Team {
  const team = call.world.teams.find((candidate) => candidate.id === numberParam(call, 'team_id'));
  if (!team) throw notFound();
  return team;
}

function simpleTeam(call: Call, team: Team) {
  const { created_at, updated_at, members_count, repos_count, organization, ...view } = teamFullView(call.world, team);
  return view;
}

function teamMembers(call: Call, team: Team): Reply {
  const role = call.query.get('role') ?? 'all';
  const all = withChildTeams(call.world, team);
  const found = call.world.users.filter((candidate) => {
    const held = all.get(candidate.id);
    return held !== undefined && (role === 'all' || held === role);
  });
  return pagedList(call, found, (member) => userView(call.world, member));
}

function membership(call: Call, team: Team): Reply {
  const found = call.world.users.find((candidate) => sameText(candidate.login, param(call, 'username')));
  const role = found && withChildTeams(call.world, team).get(found.id);
  if (!found || !role) throw notFound();
  const base = `${call.world.api}/organizations/${call.world.organization.id}/team/${team.id}`;
  return ok({ state: 'active', role, url: `${base}/memberships/${found.login}` });
}

function orgMembership(call: Call): Reply {
  const world = inOrganization(call);
  const found = memberList(world).find((candidate) => sameText(candidate.login, param(call, 'username')));
  if (!found) throw notFound();
  const organization_url = `${world.api}/orgs/${world.organization.login}`;
  const url = `${organization_url}/memberships/${found.login}`;
  const role = found.role === 'admin' ? 'admin' : 'member';
  const organization = organizationView(world);
  return ok({ url, state: 'active', role, organization_url, user: userView(world, found), organization });
}

function user(call: Call, wanted: (account: { login: string; id: number }) => boolean): Reply {
  const found = accounts(call.world).find(wanted);
  if (!found) throw notFound();
  return ok(publicUserView(call.world, found));
}

const organizationFull = (world: World) => ({
  ...organizationView(world),
  html_url: `${world.web}/${world.organization.login}`,
  has_organization_projects: true,
  has_repository_projects: true,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  type: 'Organization',
  created_at: world.repository.createdAt,
  updated_at: world.repository.createdAt,
  archived_at: null,
});
