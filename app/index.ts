// The Probot app: the one file that names webhook events. A payload says only which key to look at, never what is true.
import type { Probot } from 'probot';

export type Target = {
  readonly repositoryId: number;
  readonly branch: string;
  readonly enqueue: (key: string) => void;
};

type Payload = { readonly repository?: { readonly id: number } | undefined };

export function breakglass(app: Probot, { repositoryId, branch, enqueue }: Target): void {
  /** Events of any other repository are dropped before anything in them is read. */
  const ours = (payload: Payload) => payload.repository?.id === repositoryId;

  app.on(['pull_request', 'pull_request_review'], ({ payload }) => {
    if (ours(payload)) enqueue(`pull:${payload.pull_request.number}`);
  });
  app.on('issue_comment', ({ payload }) => {
    if (ours(payload) && payload.issue.pull_request !== undefined) enqueue(`pull:${payload.issue.number}`);
  });
  app.on(['check_run.rerequested', 'check_suite.rerequested'], ({ payload }) => {
    // `pull_requests` is empty for some heads, so all are judged again.
    if (ours(payload)) enqueue('pulls');
  });
  app.on('push', ({ payload }) => {
    if (!ours(payload)) return;
    if (payload.ref === `refs/heads/${branch}`) enqueue('pass');
  });
  app.on(['membership', 'team', 'organization', 'member'], () => enqueue('pulls'));
}
