// Pull requests and what was said and pushed on them, read live and to the last page.
import type { Connection } from './octokit-connection.ts';
import { hasStatus } from './octokit-failure.ts';
import { asList, everyPage } from './octokit-pages.ts';
import { toComment, toDate, toPull, toPush, toReview } from './octokit-shapes.ts';
import type { GitHub, Pull } from './port.ts';

type Verbs = Pick<
  GitHub,
  | 'pull'
  | 'openPulls'
  | 'changedSince'
  | 'pullsOfCommit'
  | 'comments'
  | 'reviews'
  | 'reopenedAt'
  | 'pushes'
  | 'closePull'
  | 'openPull'
>;

export const pullVerbs = (connection: Connection): Verbs => ({
  pull: (number) => readPull(connection, number),
  openPulls: () => openPulls(connection),
  changedSince: (since) => changedSince(connection, since),
  pullsOfCommit: (sha) => pullsOfCommit(connection, sha),
  comments: async (number) => {
    const { client, at, per_page } = connection;
    const first = client.rest.issues.listComments({ ...at, issue_number: number, per_page });
    return (await everyPage(client, first, asList)).map(toComment);
  },
  reviews: async (number) => {
    const { client, at, per_page } = connection;
    const first = client.rest.pulls.listReviews({ ...at, pull_number: number, per_page });
    return (await everyPage(client, first, asList)).map(toReview);
  },
  reopenedAt: (number) => reopenedAt(connection, number),
  pushes: async (branch) => {
    const { client, at, per_page } = connection;
    const first = client.rest.repos.listActivities({ ...at, ref: `refs/heads/${branch}`, per_page });
    // GitHub's order is newest first, and times have whole seconds: the order itself is kept, not sorted anew.
    return (await everyPage(client, first, asList)).map(toPush).reverse();
  },
  closePull: async (number) => {
    await connection.client.rest.pulls.update({ ...connection.at, pull_number: number, state: 'closed' });
  },
  openPull: (request) => openPull(connection, request),
});

const readPull = async ({ client, at, repositoryId }: Connection, number: number): Promise<Pull | null> => {
  try {
    const pull = toPull((await client.rest.pulls.get({ ...at, pull_number: number })).data);
    // A repository can be renamed and another one take its name.
    if (pull.base.repositoryId === repositoryId) return pull;
    throw new Error(
      `${at.owner}/${at.repo} is now another repository (${pull.base.repositoryId}, not ${repositoryId})`,
    );
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
};

const openPulls = async ({ client, at, per_page }: Connection): Promise<readonly Pull[]> => {
  const first = client.rest.pulls.list({ ...at, state: 'open', sort: 'created', direction: 'asc', per_page });
  return (await everyPage(client, first, asList)).map(toPull);
};

/** GitHub takes whole seconds, and answers what changed in that very second as well. */
const changedSince = async ({ client, at, per_page }: Connection, since: Date): ReturnType<GitHub['changedSince']> => {
  const from = `${since.toISOString().slice(0, 19)}Z`;
  // Newest first: one that changes meanwhile pushes others onto the next page, where the other way round they would be
  // pulled off it unseen.
  const filter = { state: 'all', since: from, sort: 'updated', direction: 'desc' } as const;
  const first = client.rest.issues.listForRepo({ ...at, ...filter, per_page });
  return new Map((await everyPage(client, first, asList)).map((one) => [one.number, toDate(one.updated_at)]));
};

const pullsOfCommit = async ({ client, at, per_page }: Connection, sha: string): Promise<readonly Pull[]> => {
  try {
    const first = client.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: sha, per_page });
    return (await everyPage(client, first, asList)).map(toPull).toSorted((a, b) => b.number - a.number);
  } catch (error) {
    // 422 "No commit found for SHA".
    if (hasStatus(error, 404, 422)) return [];
    throw error;
  }
};

const reopenedAt = async ({ client, at, per_page }: Connection, number: number): Promise<Date | null> => {
  const first = client.rest.issues.listEvents({ ...at, issue_number: number, per_page });
  const times = (await everyPage(client, first, asList))
    .filter((event) => event.event === 'reopened' || event.event === 'base_ref_changed')
    .map((event) => toDate(event.created_at).getTime());
  return times.length === 0 ? null : new Date(Math.max(...times));
};

/** Answers the pull request that the branch has already, from an earlier call whose answer was lost. */
const openPull = async (connection: Connection, request: Parameters<GitHub['openPull']>[0]): Promise<number> => {
  const { client, at } = connection;
  const { branch, base, title, body } = request;
  try {
    return (await client.rest.pulls.create({ ...at, head: branch, base, title, body })).data.number;
  } catch (error) {
    const { data } = await client.rest.pulls.list({ ...at, state: 'open', head: `${at.owner}:${branch}`, base });
    const existing = data.find((pull) => pull.head.ref === branch && pull.head.repo?.id === connection.repositoryId);
    if (existing === undefined) throw error;
    return existing.number;
  }
};
