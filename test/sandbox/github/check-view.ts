// How check runs and check suites look in GitHub's answers.
import { appView } from './account-view.ts';
import { repositoryPage, repositoryUrl, repositoryView } from './repository-view.ts';
import { type CheckRun, type CheckSuite, nodeId, pullRequests, type Schema, type World } from './world.ts';

export function checkRunView(world: World, run: CheckRun): Schema<'check-run'> {
  const url = `${repositoryUrl(world)}/check-runs/${run.id}`;
  const page = `${repositoryPage(world)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CR', run.id),
    head_sha: run.suite.headSha,
    external_id: run.externalId ?? '',
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: { ...run.output, annotations_count: run.annotations.length, annotations_url: `${url}/annotations` },
    check_suite: { id: run.suite.id },
    app: appView(world, run.suite.app),
    pull_requests: pullsAt(world, run.suite.headSha),
  };
}

export function suiteView(world: World, suite: CheckSuite) {
  const runs = [...world.checks.values()].filter((run) => run.suite === suite);
  const pending = runs.find((run) => run.status !== 'completed');
  return {
    id: suite.id,
    node_id: nodeId('CS', suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: pending ? ('in_progress' as const) : runs.length > 0 ? ('completed' as const) : ('queued' as const),
    conclusion: pending ? null : suiteConclusion(runs),
    url: `${repositoryUrl(world)}/check-suites/${suite.id}`,
    before: null,
    after: suite.headSha,
    pull_requests: pullsAt(world, suite.headSha),
    app: appView(world, suite.app),
    created_at: suite.createdAt,
    updated_at: suite.createdAt,
  };
}

export const fullSuiteView = (
  world: World,
  suite: CheckSuite,
  headCommit: Schema<'simple-commit'>,
): Schema<'check-suite'> => ({
  ...suiteView(world, suite),
  head_commit: headCommit,
  repository: repositoryView(world),
  latest_check_runs_count: [...world.checks.values()].filter((run) => run.suite === suite).length,
  check_runs_url: `${repositoryUrl(world)}/check-suites/${suite.id}/check-runs`,
});

function suiteConclusion(runs: readonly CheckRun[]): 'success' | 'failure' | null {
  if (runs.length === 0) return null;
  return runs.every((run) => run.conclusion === 'success') ? 'success' : 'failure';
}

// GitHub leaves the pull requests of forks out of this list, which is why nobody may rely on it.
function pullsAt(world: World, sha: string): Schema<'pull-request-minimal'>[] {
  const repository = { id: world.repository.id, url: repositoryUrl(world), name: world.repository.name };
  return pullRequests(world)
    .filter((issue) => issue.state === 'open' && issue.pull.head.sha === sha && issue.pull.head.fork === null)
    .map((issue) => ({
      id: issue.pull.id,
      number: issue.number,
      url: `${repositoryUrl(world)}/pulls/${issue.number}`,
      head: { ref: issue.pull.head.ref, sha, repo: repository },
      base: { ref: issue.pull.base.ref, sha: issue.pull.base.sha, repo: repository },
    }));
}
