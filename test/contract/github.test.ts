// The GitHub double against GitHub's own description: every endpoint and every event of one representative life.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appClient } from '../sandbox/github/client.ts';
import { allRoutes, type GitHubDouble, startGitHub } from '../sandbox/github/index.ts';
import { checkTraffic, whyUnavailable } from './github-openapi.ts';
import { administration, contents, issuesAndLabels, organization, plainGitData, refusals } from './repository-life.ts';
import {
  appLife,
  conversation,
  judging,
  merging,
  openRequest,
  otherPulls,
  removalByTheApp,
  reviewing,
} from './request-life.ts';

const unavailable = await whyUnavailable();
if (unavailable) console.warn(`not run: ${unavailable}`);

let github: GitHubDouble;

beforeAll(async () => {
  github = await startGitHub({
    owner: 'acme',
    name: 'access',
    seed: { 'README.md': 'Access\n', 'grants/README.md': 'Grants\n' },
    people: [
      { login: 'root', id: 1, admin: true },
      { login: 'mona', id: 583231 },
      { login: 'hubot-boss', id: 1234567 },
      { login: 'stranger', id: 99, role: 'none', member: false },
    ],
    teams: [{ slug: 'incident-commanders', id: 77, members: ['hubot-boss'] }],
    app: { slug: 'breakglass', id: 4242, installationId: 5151, webhookSecret: 'secret' },
  });
});
afterAll(() => github.close());

test.skipIf(unavailable !== null)(
  'nothing that the double says deviates from what GitHub says of itself',
  async () => {
    const stage = { github, app: await appClient(github) };
    await appLife(stage);
    const pull = await openRequest(stage);
    await conversation(stage, pull);
    await judging(stage, pull);
    await reviewing(stage, pull);
    await merging(stage, pull);
    await removalByTheApp(stage);
    await otherPulls(stage);
    await plainGitData(stage);
    await contents(stage);
    await issuesAndLabels(stage);
    await organization(stage);
    await administration(stage);
    await refusals(stage, pull);
    await github.idle();

    expect(await checkTraffic(github.requests, github.webhooks.deliveries)).toEqual([]);
    expect(unanswered()).toEqual([]);
    expect(eventsSent()).toEqual(expected);
  },
  60_000,
);

const expected = [
  'check_run.completed',
  'check_run.created',
  'check_run.rerequested',
  'check_suite.requested',
  'installation.created',
  'issue_comment.created',
  'issue_comment.deleted',
  'issue_comment.edited',
  'issues.closed',
  'issues.edited',
  'issues.opened',
  'issues.reopened',
  'membership.added',
  'membership.removed',
  'organization.member_added',
  'organization.member_removed',
  'ping',
  'pull_request.closed',
  'pull_request.edited',
  'pull_request.opened',
  'pull_request.reopened',
  'pull_request.synchronize',
  'pull_request_review.dismissed',
  'pull_request_review.edited',
  'pull_request_review.submitted',
  'push',
  'team.created',
  'team.deleted',
];

const eventsSent = () =>
  [...new Set(github.webhooks.deliveries.map(({ event, action }) => (action ? `${event}.${action}` : event)))].sort();

/** The routes that this life never got a good answer from. */
function unanswered(): string[] {
  const done = new Set(github.requests.filter((it) => it.status < 300).map((it) => `${it.method} ${it.operation}`));
  return allRoutes()
    .map((route) => `${route.method} ${route.path}`)
    .filter((name) => !done.has(name));
}
