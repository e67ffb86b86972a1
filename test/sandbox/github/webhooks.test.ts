// Webhooks of the double: signed as GitHub signs them, sent once, and lost, doubled, delayed or overtaken on demand.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme } from './acme.ts';
import type { GitHubDouble } from './index.ts';

let github: GitHubDouble;
let receiver: Server;
let received: { headers: IncomingHttpHeaders; body: string }[];
let answer: number;

beforeEach(async () => {
  received = [];
  answer = 200;
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    response.writeHead(answer).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  github = await acme();
  github.webhooks.targets.add(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  await github.as('mona').openIssue('Alarm');
  await github.idle();
  received = [];
});
afterEach(async () => {
  await github.close();
  receiver.closeAllConnections();
  receiver.close();
});

const bodies = () => received.map(({ body }) => JSON.parse(body).comment?.body);
const say = async (...words: string[]) => {
  for (const word of words) await github.as('mona').comment(1, word);
  await github.idle();
};

test('a webhook is signed over its exact bytes and says what it is', async () => {
  await say('hello');
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  const signature = createHmac('sha256', 'secret').update(body).digest('hex');
  expect(headers).toMatchObject({
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-event': 'issue_comment',
    'x-github-hook-id': '4242',
    'user-agent': expect.stringMatching(/^GitHub-Hookshot\//),
    'x-github-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(JSON.parse(body)).toMatchObject({
    action: 'created',
    repository: { id: 1_296_269, full_name: 'acme/access' },
    installation: { id: 5151 },
    sender: { login: 'mona' },
  });
});

test('what fails is not sent again, except by hand under the same id', async () => {
  answer = 500;
  await say('hello');
  expect(received).toHaveLength(1);
  const delivery = github.webhooks.deliveries.at(-1);
  expect(delivery?.attempts).toMatchObject([{ status: 500 }]);
  github.webhooks.redeliver(delivery?.guid ?? '');
  await github.idle();
  expect(received.map(({ headers }) => headers['x-github-delivery'])).toEqual([delivery?.guid, delivery?.guid]);
});

test('a payload says what was, not what has become of it', async () => {
  github.faults.onWebhook({ event: 'issue_comment' }, { kind: 'delay', milliseconds: 1_500 });
  const id = await github.as('mona').comment(1, 'first');
  await github.as('mona').editComment(id, 'second');
  await github.idle();
  expect(bodies()).toEqual(['second', 'first']);
});

test.each([
  ['lose', { kind: 'lose' }, ['two']],
  ['double', { kind: 'double' }, ['one', 'one', 'two']],
  ['reorder', { kind: 'reorder' }, ['two', 'one']],
] as const)('%s', async (_name, effect, arrived) => {
  github.faults.onWebhook({ event: 'issue_comment', action: 'created' }, effect);
  await github.as('mona').comment(1, 'one');
  if (effect.kind !== 'reorder') await github.idle();
  await say('two');
  expect(bodies()).toEqual(arrived);
});

test('a target that was removed hears nothing', async () => {
  for (const target of github.webhooks.targets.list()) github.webhooks.targets.remove(target);
  await say('hello');
  expect(received).toEqual([]);
  expect(github.webhooks.deliveries.at(-1)).toMatchObject({ event: 'issue_comment', attempts: [] });
});
