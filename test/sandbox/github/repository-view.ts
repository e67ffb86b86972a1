// How the repository looks in GitHub's answers, and the pages its parts have on the web.
import { organizationView, userView } from './account-view.ts';
import { atLeast, type Principal } from './auth.ts';
import { type Account, fullName, nodeId, type Schema, stamp, type World } from './world.ts';

export const repositoryUrl = (world: World): string => `${world.api}/repos/${fullName(world)}`;
export const repositoryPage = (world: World): string => `${world.web}/${fullName(world)}`;

/** With a fork's owner, the same repository as that person's fork of it. */
export function repositoryView(world: World, fork: Account | null = null) {
  const owner = fork ?? world.organization;
  const name = `${owner.login}/${world.repository.name}`;
  const id = fork ? world.repository.id + fork.id : world.repository.id;
  const openIssues = [...world.issues.values()].filter((issue) => issue.state === 'open').length;
  return {
    id,
    node_id: nodeId('R', id),
    name: world.repository.name,
    full_name: name,
    private: true,
    owner: userView(world, owner),
    description: null,
    fork: fork !== null,
    ...repositoryUrls(`${world.api}/repos/${name}`),
    ...webAddresses(world, name),
    created_at: world.repository.createdAt,
    updated_at: world.repository.createdAt,
    pushed_at: stamp(world),
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: openIssues,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: 'private',
    forks: 0,
    open_issues: openIssues,
    watchers: 0,
    default_branch: world.repository.defaultBranch,
  } satisfies Schema<'repository'>;
}

export function fullRepositoryView(world: World, principal: Principal): Schema<'full-repository'> {
  const role = principal.kind === 'user' ? principal.user.role : 'read';
  return {
    ...repositoryView(world),
    license: null,
    permissions: {
      admin: role === 'admin',
      maintain: role === 'admin',
      push: atLeast(role, 'write'),
      triage: atLeast(role, 'write'),
      pull: true,
    },
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
    allow_update_branch: false,
    use_squash_pr_title_as_default: false,
    squash_merge_commit_message: 'COMMIT_MESSAGES',
    squash_merge_commit_title: 'COMMIT_OR_PR_TITLE',
    merge_commit_message: 'PR_TITLE',
    merge_commit_title: 'MERGE_MESSAGE',
    custom_properties: {},
    organization: userView(world, world.organization),
    network_count: 0,
    subscribers_count: 0,
  };
}

/** What every webhook of the repository carries. */
export const webhookFrame = (world: World, sender: Account) => ({
  repository: repositoryView(world),
  organization: organizationView(world),
  sender: userView(world, sender),
  installation: { id: world.app.installationId, node_id: nodeId('MDIzOk', world.app.installationId) },
});

function webAddresses(world: World, name: string) {
  const page = `${world.web}/${name}`;
  return {
    html_url: page,
    clone_url: `${page}.git`,
    git_url: `git://${new URL(world.web).host}/${name}.git`,
    ssh_url: `git@${new URL(world.web).hostname}:${name}.git`,
    svn_url: page,
  };
}

const repositoryUrls = (url: string) => ({
  url,
  archive_url: `${url}/{archive_format}{/ref}`,
  assignees_url: `${url}/assignees{/user}`,
  blobs_url: `${url}/git/blobs{/sha}`,
  branches_url: `${url}/branches{/branch}`,
  collaborators_url: `${url}/collaborators{/collaborator}`,
  comments_url: `${url}/comments{/number}`,
  commits_url: `${url}/commits{/sha}`,
  compare_url: `${url}/compare/{base}...{head}`,
  contents_url: `${url}/contents/{+path}`,
  contributors_url: `${url}/contributors`,
  deployments_url: `${url}/deployments`,
  downloads_url: `${url}/downloads`,
  events_url: `${url}/events`,
  forks_url: `${url}/forks`,
  git_commits_url: `${url}/git/commits{/sha}`,
  git_refs_url: `${url}/git/refs{/sha}`,
  git_tags_url: `${url}/git/tags{/sha}`,
  hooks_url: `${url}/hooks`,
  issue_comment_url: `${url}/issues/comments{/number}`,
  issue_events_url: `${url}/issues/events{/number}`,
  issues_url: `${url}/issues{/number}`,
  keys_url: `${url}/keys{/key_id}`,
  labels_url: `${url}/labels{/name}`,
  languages_url: `${url}/languages`,
  merges_url: `${url}/merges`,
  milestones_url: `${url}/milestones{/number}`,
  notifications_url: `${url}/notifications{?since,all,participating}`,
  pulls_url: `${url}/pulls{/number}`,
  releases_url: `${url}/releases{/id}`,
  stargazers_url: `${url}/stargazers`,
  statuses_url: `${url}/statuses/{sha}`,
  subscribers_url: `${url}/subscribers`,
  subscription_url: `${url}/subscription`,
  tags_url: `${url}/tags`,
  teams_url: `${url}/teams`,
  trees_url: `${url}/git/trees{/sha}`,
});
