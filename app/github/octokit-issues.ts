// The one issue that the app keeps: found by who opened it, opened, changed and closed.
import type { Connection } from './octokit-connection.ts';
import { hasStatus } from './octokit-failure.ts';
import { asList, everyPage } from './octokit-pages.ts';
import type { GitHub, Issue } from './port.ts';

type Verbs = Pick<GitHub, 'openIssues' | 'issue' | 'createIssue' | 'updateIssue'>;

export const issueVerbs = ({ client, at, per_page }: Connection): Verbs => ({
  openIssues: async () => {
    const first = client.rest.issues.listForRepo({ ...at, state: 'open', per_page });
    // To GitHub a pull request is an issue as well.
    return (await everyPage(client, first, asList)).filter((one) => one.pull_request === undefined).map(toIssue);
  },
  issue: async (number) => {
    try {
      return toIssue((await client.rest.issues.get({ ...at, issue_number: number })).data);
    } catch (error) {
      // 410: somebody deleted it.
      if (hasStatus(error, 404) || hasStatus(error, 410)) return null;
      throw error;
    }
  },
  createIssue: async (content) => (await client.rest.issues.create({ ...at, ...content })).data.number,
  updateIssue: async (number, change) => {
    await client.rest.issues.update({ ...at, issue_number: number, ...change });
  },
});

type ApiIssue = {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly performed_via_github_app?: { readonly id?: number | undefined } | null | undefined;
};

const toIssue = (issue: ApiIssue): Issue => ({
  number: issue.number,
  open: issue.state === 'open',
  title: issue.title,
  body: issue.body ?? '',
  appId: issue.performed_via_github_app?.id ?? null,
});
