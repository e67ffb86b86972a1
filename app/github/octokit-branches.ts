// The repository and the branches that the app makes for removals, through the git data API.
import type { Connection } from './octokit-connection.ts';
import { failureOf, hasStatus, isUncertain } from './octokit-failure.ts';
import type { GitHub } from './port.ts';

type Verbs = Pick<GitHub, 'repository' | 'token' | 'createRemovalBranch' | 'deleteBranch'>;

export const branchVerbs = (connection: Connection): Verbs => ({
  repository: forAMinute(() => readRepository(connection)),
  token: () => readToken(connection),
  createRemovalBranch: (request) => createRemovalBranch(connection, request),
  deleteBranch: (branch) => deleteBranch(connection, branch),
});

/** It is asked for with every judgement, and hardly ever changes: each pull request that is read says its id anyway. */
const FRESH_MS = 60_000;

/** A failure is not kept. */
const forAMinute = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let kept: { readonly atMs: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (kept !== null && performance.now() - kept.atMs < FRESH_MS) return kept.answer;
    const answer = read();
    const made = { atMs: performance.now(), answer };
    kept = made;
    answer.catch(() => {
      if (kept === made) kept = null;
    });
    return answer;
  };
};

const readRepository = async ({ client, at, repositoryId }: Connection): ReturnType<GitHub['repository']> => {
  const { data } = await client.rest.repos.get(at);
  if (data.id !== repositoryId) throw new Error(anotherRepository(at, data.id, repositoryId));
  return {
    id: data.id,
    owner: data.owner.login,
    name: data.name,
    url: data.html_url,
    cloneUrl: data.clone_url,
    defaultBranch: data.default_branch,
  };
};

const anotherRepository = (at: Connection['at'], found: number, configured: number): string =>
  `${at.owner}/${at.repo} has the id ${found}, but this process serves the repository ${configured}. ` +
  `If it was renamed, set BREAKGLASS_REPOSITORY to its new name; if you mean the new one, set BREAKGLASS_REPOSITORY_ID=${found}.`;

/** Kept by the library for most of its hour. */
const readToken = async ({ client }: Connection): Promise<string> => {
  const answer: unknown = await client.auth({ type: 'installation' });
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string') {
    return answer.token;
  }
  throw new Error('GitHub gave no installation token');
};

type Removal = Parameters<GitHub['createRemovalBranch']>[0];

const createRemovalBranch = async (connection: Connection, removal: Removal): Promise<boolean> => {
  const { client, at } = connection;
  const sha = await commitRemoval(connection, removal);
  try {
    await client.rest.git.createRef({ ...at, ref: `refs/heads/${removal.branch}`, sha });
    return true;
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.status === 422 && /already exists/i.test(failure.message)) return false;
    // The answer was lost: the branch may be there, and then it is ours by its commit.
    if (failure !== undefined && isUncertain(failure)) return pointsTo(connection, removal.branch, sha, error);
    throw error;
  }
};

/** Without author and committer GitHub signs the commit as the App's. */
const commitRemoval = async ({ client, at }: Connection, { base, paths, message }: Removal): Promise<string> => {
  const parent = (await client.rest.git.getCommit({ ...at, commit_sha: base })).data;
  // A null sha takes the file out.
  const entries = paths.map((path) => ({ path, mode: '100644' as const, type: 'blob' as const, sha: null }));
  const tree = (await client.rest.git.createTree({ ...at, base_tree: parent.tree.sha, tree: entries })).data;
  const commit = await client.rest.git.createCommit({ ...at, message, tree: tree.sha, parents: [base] });
  return commit.data.sha;
};

const pointsTo = async ({ client, at }: Connection, branch: string, sha: string, lost: unknown): Promise<boolean> => {
  try {
    return (await client.rest.git.getRef({ ...at, ref: `heads/${branch}` })).data.object.sha === sha;
  } catch (error) {
    throw hasStatus(error, 404) ? lost : error;
  }
};

const deleteBranch = async ({ client, at }: Connection, branch: string): Promise<void> => {
  try {
    await client.rest.git.deleteRef({ ...at, ref: `heads/${branch}` });
  } catch (error) {
    const failure = failureOf(error);
    const gone = failure?.status === 404 || (failure?.status === 422 && /does not exist/i.test(failure.message));
    if (!gone) throw error;
  }
};
