// What the webhook port refuses, on a real socket with the real Probot server: the code, and one short line of log.

import { createHmac, generateKeyPairSync } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../../app/watching.ts';
import { type Health, startWeb, type Web } from '../../app/web.ts';
import type { WebhookLimits } from '../../app/webhook-gate.ts';
import { freePort } from '../sandbox/app.ts';

const SECRET = 'the-secret-of-the-webhooks';
const MARK = 'stranger-text-that-must-not-be-logged';
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const LIMITS = { bodyBytes: 2_000, allBytes: 3_000, bodyMs: 150, connections: 4 };

let web: Web;
let ready: () => Health;
const metrics = (given: string | undefined): Page =>
  given === 'Bearer right'
    ? { status: 200, type: 'text/plain; version=0.0.4', body: 'breakglass_grants_live 1\n' }
    : { status: 401, type: 'text/plain', body: 'no\n' };
let keys: string[];
let lines: string[];

const start = async (limits: Partial<WebhookLimits & { readonly connections: number }> = {}, everyMs = 60_000) => {
  keys = [];
  lines = [];
  ready = () => ({ ok: false, body: { problems: ['starting'] } });
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  web = await startWeb(
    {
      github: { url: 'http://127.0.0.1:9', appId: 1, privateKey, webhookSecret: SECRET },
      repository: { owner: 'acme', name: 'access', id: 7, branch: 'main' },
      listen: { host: '127.0.0.1', port: await freePort() },
    },
    {
      log,
      pages: {
        enqueue: (key) => void keys.push(key),
        healthz: () => ({ ok: true, body: { fine: true } }),
        readyz: () => ready(),
        metrics: (given) => Promise.resolve(metrics(given)),
        home: () => Promise.resolve('<h1>home</h1>'),
      },
      limits: { ...LIMITS, ...limits },
      pace: { lines: 10, everyMs },
    },
  );
};

beforeEach(() => start());
afterEach(() => web.close());

const PUSH = JSON.stringify({ ref: 'refs/heads/main', repository: { id: 7 }, note: MARK });

function headers(body: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': MARK,
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    connection: 'close',
    ...more,
  };
}

const url = (path = '/api/github/webhooks') => `http://127.0.0.1:${web.port}${path}`;
const post = async (body: string, more: Readonly<Record<string, string>> = {}) =>
  (await fetch(url(), { method: 'POST', body, headers: headers(body, more) })).status;

/** Everything that the port says to these bytes until it hangs up. */
async function raw(text: string): Promise<string> {
  const socket = await dial();
  socket.write(text);
  return await heard(socket);
}

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(web.port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

function heard(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

function request(body: string, more: Readonly<Record<string, string>>): string {
  const all = { host: 'x', ...headers(body), ...more };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /api/github/webhooks HTTP/1.1\r\n${head.join('')}\r\n`;
}

const refusals = (): unknown[] =>
  lines.map((line) => JSON.parse(line)).flatMap((line) => ('refused' in line ? [line.refused] : []));

/** Only whatever is refused is warned about, in little, and nothing that was sent is in it. */
function expectOneLine(code: string): void {
  expect(refusals()).toEqual([code]);
  const line = lines.find((one) => one.includes('refused')) ?? '';
  expect(line.length).toBeLessThan(200);
  expectNothingRaw();
}

function expectNothingRaw(): void {
  for (const line of lines) for (const word of [MARK, SECRET, 'sha256=', 'x-hub']) expect(line).not.toContain(word);
}

describe('taken', () => {
  test('a signed webhook reaches the app and costs no line', async () => {
    expect(await post(PUSH)).toBe(200);
    expect(keys).toEqual(['pass']);
    expect(refusals()).toEqual([]);
    expectNothingRaw();
  });

  test('one in many pieces, with letters of several bytes cut in two', async () => {
    const body = JSON.stringify({ ref: 'refs/heads/main', repository: { id: 7 }, note: 'Zürich 東京' });
    const socket = await dial();
    const answer = heard(socket);
    const bytes = Buffer.from(body);
    socket.write(request(body, { 'content-length': String(bytes.length) }));
    const cut = bytes.indexOf(0xc3) + 1;
    socket.write(bytes.subarray(0, cut));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(bytes.subarray(cut));
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
    expect(keys).toEqual(['pass']);
  });

  test('the pages', async () => {
    expect(await (await fetch(url('/healthz'))).json()).toEqual({ fine: true });
    expect((await fetch(url('/readyz'))).status).toBe(503);
    expect(await (await fetch(url('/?x=1'))).text()).toBe('<h1>home</h1>');
    expect(refusals()).toEqual([]);
  });
});

describe('/metrics', () => {
  test('answers whoever may read it, as Prometheus expects it', async () => {
    const answer = await fetch(url('/metrics'), { headers: { authorization: 'Bearer right' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4']);
    expect(await answer.text()).toBe('breakglass_grants_live 1\n');
    expect(refusals()).toEqual([]);
  });

  test('bad-token is 401, and what was sent is in no line', async () => {
    const answer = await fetch(url('/metrics'), { headers: { authorization: `Bearer ${MARK}` } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expectOneLine('bad-token');
  });

  test('is read and not written', async () => {
    expect((await fetch(url('/metrics'), { method: 'POST' })).status).toBe(404);
  });
});

test('a defect of ours answers 500, is said, and takes nothing else down', async () => {
  ready = () => {
    throw new Error('a defect');
  };
  expect((await fetch(url('/readyz'))).status).toBe(500);
  expect(lines.at(-1)).toContain('a defect');
  expect(await post(PUSH)).toBe(200);
});

describe('refused with one short line', () => {
  test.each<[code: string, status: number, more: Record<string, string>]>([
    ['bad-signature', 401, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
    ['bad-signature', 401, { 'x-hub-signature-256': MARK }],
    ['bad-content-type', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['bad-content-type', 415, { 'content-type': `text/${MARK}` }],
  ])('%s is %i (%j)', async (code, status, more) => {
    expect(await post(PUSH, more)).toBe(status);
    expectOneLine(code);
    expect(keys).toEqual([]);
  });

  test.each(['x-github-event', 'x-github-delivery', 'x-hub-signature-256'])(
    'missing-header is 400: %s',
    async (name) => {
      const { [name]: _, ...rest } = headers(PUSH);
      expect((await fetch(url(), { method: 'POST', body: PUSH, headers: rest })).status).toBe(400);
      expectOneLine('missing-header');
    },
  );

  test('a signed body that is no JSON is 400', async () => {
    expect(await post(`{"${MARK}`)).toBe(400);
    expectOneLine('bad-webhook');
  });

  test('too-large is 413: by its length before a byte of it is read', async () => {
    expect(await raw(request('', { 'content-length': '2001' }))).toMatch(/^HTTP\/1.1 413 /);
    expectOneLine('too-large');
  });

  test('too-large is 413: by what comes, where no length is told', async () => {
    const chunk = `${(2_001).toString(16)}\r\n${'x'.repeat(2_001)}`;
    expect(await raw(request('', { 'transfer-encoding': 'chunked' }) + chunk)).toMatch(/^HTTP\/1.1 413 /);
    expectOneLine('too-large');
  });

  test('too-slow is 408: a body that does not come to its end', async () => {
    expect(await raw(`${request('', { 'content-length': '100' })}{`)).toMatch(/^HTTP\/1.1 408 /);
    expectOneLine('too-slow');
  });

  test('too-many is 429: bodies that together are too large', async () => {
    const half = request('', { 'content-length': '1900' }) + 'x'.repeat(1_600);
    const answers = await Promise.all([raw(half), raw(half)]);
    expect(answers.map((text) => text.slice(9, 12)).toSorted()).toEqual(['408', '429']);
    expect(refusals().toSorted()).toEqual(['too-many', 'too-slow']);
    expect(await post(PUSH)).toBe(200);
  });

  test('unfinished: a client that goes away in the middle', async () => {
    const socket = await dial();
    socket.write(`${request('', { 'content-length': '100' })}{`);
    setTimeout(() => socket.destroy(), 30);
    await expect.poll(refusals).toEqual(['unfinished']);
  });

  test.each([
    ['GET', `/${MARK}`],
    ['GET', '/ping'],
    ['GET', '/probot/static/robot.svg'],
    ['GET', '/api/github/webhooks'],
    ['PUT', '/api/github/webhooks'],
    ['POST', `/api/github/webhooks/${MARK}`],
    ['POST', '/'],
  ])('unknown-path is 404: %s %s', async (method, path) => {
    expect((await fetch(url(path), { method })).status).toBe(404);
    expectOneLine('unknown-path');
  });

  test('malformed is 400: what is no HTTP', async () => {
    expect(await raw(`${MARK}\r\n\r\n`)).toMatch(/^HTTP\/1.1 400 /);
    expectOneLine('malformed');
  });

  test('too-many: connections above the limit are not answered', async () => {
    const idle = await Promise.all(Array.from({ length: LIMITS.connections }, dial));
    expect(await raw('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('');
    expectOneLine('too-many');
    for (const socket of idle) socket.destroy();
  });
});

describe('a flood', () => {
  test('costs ten lines, then one a minute that counts the rest', async () => {
    await web.close();
    await start({}, 400);
    for (let i = 0; i < 30; i += 1) await post(PUSH, { 'x-hub-signature-256': 'sha256=0' });
    for (let i = 0; i < 2; i += 1) await fetch(url('/nothing'));
    const before = refusals();
    await expect.poll(() => refusals().some((one) => typeof one === 'object')).toBe(true);
    const counted = refusals().filter((one) => typeof one === 'object');
    expect(before.filter((one) => one === 'bad-signature').length).toBeGreaterThanOrEqual(10);
    expect(refusals().length).toBeLessThan(32);
    expect(counted[0]).toHaveProperty('bad-signature');
    expectNothingRaw();
    expect(await post(PUSH)).toBe(200);
  });

  test('what was counted and not said is said at the end', async () => {
    for (let i = 0; i < 15; i += 1) await fetch(url('/nothing'));
    expect(refusals()).toEqual(Array.from({ length: 10 }, () => 'unknown-path'));
    await web.close();
    expect(refusals().at(-1)).toEqual({ 'unknown-path': 5 });
    await start();
  });
});
