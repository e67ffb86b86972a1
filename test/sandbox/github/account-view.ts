// How people, bots, the organization, its teams and the apps look in GitHub's answers.
import {
  type Account,
  nodeId,
  type Registration,
  type Schema,
  type Team,
  type User,
  type World,
  withChildTeams,
} from './world.ts';

type SimpleUser = Schema<'simple-user'>;

export function userView(world: World, account: Account): SimpleUser {
  const url = `${world.api}/users/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type === 'Bot' ? 'BOT' : account.type === 'User' ? 'U' : 'O', account.id),
    avatar_url: `${world.web}/avatars/u/${account.id}?v=4`,
    gravatar_id: '',
    url,
    html_url: `${world.web}/${botPath(account)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  };
}

export const publicUserView = (world: World, account: Account): Schema<'public-user'> => ({
  ...userView(world, account),
  name: null,
  company: null,
  blog: '',
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: world.repository.createdAt,
  updated_at: world.repository.createdAt,
});

export function organizationView(world: World): Schema<'organization-simple'> {
  const { login, id } = world.organization;
  const url = `${world.api}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId('O', id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.web}/avatars/u/${id}?v=4`,
    description: '',
  };
}

export function teamView(world: World, team: Team) {
  const parent = world.teams.find(({ id }) => id === team.parent);
  return { ...simpleTeamView(world, team), parent: parent === undefined ? null : simpleTeamView(world, parent) };
}

function simpleTeamView(world: World, team: Team) {
  const url = `${world.api}/organizations/${world.organization.id}/team/${team.id}`;
  return {
    name: team.slug,
    id: team.id,
    node_id: nodeId('T', team.id),
    slug: team.slug,
    description: '',
    privacy: 'closed' as const,
    notification_setting: 'notifications_enabled' as const,
    url,
    html_url: `${world.web}/orgs/${world.organization.login}/teams/${team.slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization' as const,
    organization_id: world.organization.id,
    permission: 'pull',
  };
}

export const teamFullView = (world: World, team: Team): Schema<'team-full'> => ({
  ...teamView(world, team),
  created_at: team.createdAt,
  updated_at: team.createdAt,
  members_count: withChildTeams(world, team).size,
  repos_count: 0,
  organization: {
    ...organizationView(world),
    html_url: `${world.web}/${world.organization.login}`,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: world.repository.createdAt,
    updated_at: world.repository.createdAt,
    archived_at: null,
    type: 'Organization',
  },
});

/** The events an app of this kind subscribes to. */
const events = [
  'check_run',
  'issue_comment',
  'issues',
  'membership',
  'pull_request',
  'pull_request_review',
  'push',
  'team',
];

export const appView = (world: World, app: Registration): NonNullable<Schema<'integration'>> => ({
  id: app.id,
  client_id: clientId(app),
  slug: app.slug,
  node_id: nodeId('A', app.id),
  owner: userView(world, world.organization),
  name: app.slug,
  description: '',
  external_url: world.web,
  html_url: `${world.web}/apps/${app.slug}`,
  created_at: world.repository.createdAt,
  updated_at: world.repository.createdAt,
  permissions: { ...app.permissions },
  events,
});

export const installationView = (world: World, app: Registration): Schema<'installation'> => ({
  id: app.installationId,
  client_id: clientId(app),
  account: userView(world, world.organization),
  repository_selection: 'selected',
  access_tokens_url: `${world.api}/app/installations/${app.installationId}/access_tokens`,
  repositories_url: `${world.api}/installation/repositories`,
  html_url: `${world.web}/organizations/${world.organization.login}/settings/installations/${app.installationId}`,
  app_id: app.id,
  app_slug: app.slug,
  target_id: world.organization.id,
  target_type: 'Organization',
  permissions: { ...app.permissions },
  events,
  created_at: world.repository.createdAt,
  updated_at: world.repository.createdAt,
  single_file_name: null,
  has_multiple_single_files: false,
  single_file_paths: [],
  suspended_by: null,
  suspended_at: null,
});

/** How GitHub itself sees somebody's relation to the repository. */
export function association(world: World, account: Account): Schema<'author-association'> {
  const user = world.users.find((candidate) => candidate.id === account.id);
  if (!user) return 'NONE';
  return user.inOrganization ? 'MEMBER' : user.role === 'none' ? 'NONE' : 'COLLABORATOR';
}

/** The address that keeps a person's own private; GitHub writes it into commits made on the site. */
export const noReply = (account: Account): string => `${account.id}+${account.login}@users.noreply.github.com`;

/** Whom GitHub shows as author of a commit: the owner of its e-mail address, as far as it is one of its own. */
export const ownerOfEmail = (people: readonly Account[], email: string): Account | undefined =>
  people.find((account) => noReply(account).toLowerCase() === email.toLowerCase());

export const isMember = (user: User | undefined): boolean => user?.inOrganization === true;

const clientId = (app: Registration): string => `Iv1.${app.id.toString(16).padStart(16, '0')}`;

const botPath = (account: Account): string =>
  account.type === 'Bot' ? `apps/${account.login.replace(/\[bot\]$/, '')}` : account.login;
