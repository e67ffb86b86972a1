// How commits, trees and changed files look in GitHub's answers.
import { ownerOfEmail, userView } from './account-view.ts';
import { type PatchedFile, patchedFiles } from './diff.ts';
import type { Commit } from './git.ts';
import { repositoryPage, repositoryUrl } from './repository-view.ts';
import { accounts, nodeId, type Schema, type World } from './world.ts';

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

// The real GitHub signs what it commits itself; the double has no key of GitHub's and says so.
const unsigned = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

export function commitView(world: World, commit: Commit): Schema<'commit'> {
  const url = `${repositoryUrl(world)}/commits/${commit.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId('C', Number.parseInt(commit.sha.slice(0, 8), 16)),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: shown(commit.message),
      tree: { sha: commit.tree, url: `${repositoryUrl(world)}/git/trees/${commit.tree}` },
      url: `${repositoryUrl(world)}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url,
    html_url: `${repositoryPage(world)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    author: person(world, commit.author.email),
    committer: person(world, commit.committer.email),
    parents: commit.parents.map((sha) => parentView(world, sha, 'commits')),
  };
}

export async function fullCommitView(world: World, commit: Commit): Promise<Schema<'commit'>> {
  const files = await patchedFiles(world.git, commit.parents[0] ?? emptyTree, commit.sha);
  const additions = files.reduce((total, file) => total + file.additions, 0);
  const deletions = files.reduce((total, file) => total + file.deletions, 0);
  const stats = { additions, deletions, total: additions + deletions };
  return { ...commitView(world, commit), stats, files: files.map((file) => fileView(world, file, commit.sha)) };
}

export const gitCommitView = (world: World, commit: Commit): Schema<'git-commit'> => ({
  sha: commit.sha,
  node_id: nodeId('C', Number.parseInt(commit.sha.slice(0, 8), 16)),
  url: `${repositoryUrl(world)}/git/commits/${commit.sha}`,
  html_url: `${repositoryPage(world)}/commit/${commit.sha}`,
  author: commit.author,
  committer: commit.committer,
  message: shown(commit.message),
  tree: { sha: commit.tree, url: `${repositoryUrl(world)}/git/trees/${commit.tree}` },
  parents: commit.parents.map((sha) => parentView(world, sha, 'git/commits')),
  verification: unsigned,
});

export function fileView(world: World, file: PatchedFile, at: string): Schema<'diff-entry'> {
  const path = encodeURI(file.path);
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${repositoryPage(world)}/blob/${at}/${path}`,
    raw_url: `${repositoryPage(world)}/raw/${at}/${path}`,
    contents_url: `${repositoryUrl(world)}/contents/${path}?ref=${at}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

// The API shows a message without the line end that git commands add.
const shown = (message: string): string => message.replace(/\n+$/, '');

function person(world: World, email: string): Schema<'simple-user'> | null {
  const account = ownerOfEmail(accounts(world), email);
  if (account) return userView(world, account);
  return email === 'noreply@github.com' ? webFlow(world) : null;
}

/** The account that GitHub shows as committer of what was made on its site. */
const webFlow = (world: World) => userView(world, { id: 19_864_447, login: 'web-flow', type: 'User' });

const parentView = (world: World, sha: string, kind: 'commits' | 'git/commits') => ({
  sha,
  url: `${repositoryUrl(world)}/${kind}/${sha}`,
  html_url: `${repositoryPage(world)}/commit/${sha}`,
});
