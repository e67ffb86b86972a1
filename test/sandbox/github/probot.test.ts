// The double as a real Probot app sees it: JWT, installation token, signature, pagination, retries by clock.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeMiddleware, Probot } from 'probot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme } from './acme.ts';
import type { GitHubDouble } from './index.ts';

let github: GitHubDouble;
let server: Server;
let heard: string[];

beforeEach(async () => {
  heard = [];
  // A server whose clock is an hour ahead: Octokit must find its way by the Date header.
  github = await acme({ now: () => new Date(Date.now() + 3_600_000) });
  const { id, privateKey, webhookSecret } = github.app;
  const options = { appId: id, privateKey, secret: webhookSecret, baseUrl: github.url, logLevel: 'fatal' as const };
  const middleware = await createNodeMiddleware(
    (app: Probot) => {
      app.on('issue_comment.created', async (context) => {
        if (context.isBot) return;
        heard.push(context.payload.comment.body);
        await context.octokit.rest.reactions.createForIssueComment(
          context.repo({ comment_id: context.payload.comment.id, content: 'eyes' }),
        );
      });
    },
    { probot: new Probot(options) },
  );
  server = createServer((request, response) => void middleware(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  github.webhooks.targets.add(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/github/webhooks`);
});
afterEach(async () => {
  await github.close();
  server.closeAllConnections();
  server.close();
});

test('a comment reaches the app, and its reaction reaches the comment', async () => {
  const number = await github.as('mona').openIssue('Alarm');
  const id = await github.as('mona').comment(number, 'hello');
  await github.idle();

  expect(heard).toEqual(['hello']);
  const { body } = await github.as('mona').request('GET', `/repos/acme/access/issues/comments/${id}/reactions`);
  expect(body).toMatchObject([
    { content: 'eyes', user: { login: 'breakglass[bot]', type: 'Bot', id: github.app.userId } },
  ]);
  expect(github.webhooks.deliveries.flatMap(({ attempts }) => attempts.map(({ status }) => status))).toEqual([
    200, 200,
  ]);
});
