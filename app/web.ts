// The port: webhooks through the gate to Probot, the home page, health; everything else is refused, shortly.
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Logger, pino } from 'pino';
import { Probot, Server } from 'probot';
import type { Config } from './config.ts';
import { breakglass } from './index.ts';
import { createRefusedRequests, type RefusalCode, type RefusalPace, type RefusedRequests } from './refused-requests.ts';
import type { Page } from './watching.ts';
import { createWebhookGate, type WebhookGate, type WebhookLimits } from './webhook-gate.ts';

export type Health = { readonly ok: boolean; readonly body: unknown };

export type Pages = {
  readonly enqueue: (key: string) => void;
  readonly healthz: () => Health;
  readonly readyz: () => Health;
  /** Told what the request says of its right to read them. */
  readonly metrics: (authorization: string | undefined) => Promise<Page>;
  readonly home: () => Promise<string>;
};

export type WebOptions = {
  readonly pages: Pages;
  readonly log: Logger;
  /** Of tests. */
  readonly limits?: WebhookLimits & { readonly connections: number };
  readonly pace?: RefusalPace;
};

export type Web = { readonly port: number; readonly close: () => Promise<void> };

const WEBHOOKS = '/api/github/webhooks';
/** More than GitHub and a proxy ever open; each costs a socket and its buffers. */
const CONNECTIONS = 512;

export async function startWeb(config: Pick<Config, 'github' | 'repository' | 'listen'>, options: WebOptions) {
  const { log, pages, limits, pace } = options;
  // Probot logs a bad signature in sixty lines with the raw payload; it gets a silent logger and one line here instead.
  const silent = pino({ level: 'silent' });
  const { appId, privateKey, webhookSecret, url } = config.github;
  const server = new Server({
    port: config.listen.port,
    host: config.listen.host,
    log: silent,
    webhookPath: WEBHOOKS,
    enableStaticFiles: false,
    enablePing: false,
    Probot: Probot.defaults({ appId, privateKey, secret: webhookSecret, baseUrl: url, log: silent }),
  });
  await server.load((app) => {
    breakglass(app, { repositoryId: config.repository.id, branch: config.repository.branch, enqueue: pages.enqueue });
    // What is thrown here is ours; of what was sent, only the name of an event that is known gets as far.
    app.webhooks.onError((error) =>
      log.warn({ event: error.event?.name, error: error.message.slice(0, 200) }, 'webhook not handled'),
    );
  });
  const http = await server.start();
  const refusals = createRefusedRequests(log, pace);
  http.maxConnections = limits?.connections ?? CONNECTIONS;
  http.headersTimeout = 10_000;
  http.requestTimeout = 30_000;
  route(http, { log, pages, refusals, gate: createWebhookGate(webhookSecret, limits) });
  refuseConnections(http, refusals);
  log.info({ port: server.port }, 'listening');
  const close = async (): Promise<void> => {
    http.closeIdleConnections();
    await server.stop();
    refusals.close();
  };
  const web: Web = { port: server.port, close };
  return web;
}

type Doors = {
  readonly log: Logger;
  readonly pages: Pages;
  readonly refusals: RefusedRequests;
  readonly gate: WebhookGate;
};
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Probot's own handler comes behind the gate: by itself it reads bodies of any size for as long as they take. */
function route(http: HttpServer, { log, pages, refusals, gate }: Doors): void {
  const probot = http.listeners('request') as Listener[];
  http.removeAllListeners('request');
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, code: RefusalCode): void => {
      refusals.note(code);
      // Closed, since the rest of a body may still be on its way.
      if (!response.headersSent) response.writeHead(status, { connection: 'close' }).end();
    };
    const path = request.url?.split('?')[0];
    if (request.method === 'GET' && path === '/metrics') {
      const status = await answerMetrics(request, response, pages);
      if (status === 401) refusals.note('bad-token');
      return;
    }
    if (request.method === 'GET' && (await answer(path, response, pages))) return;
    if (request.method !== 'POST' || path !== WEBHOOKS) return refuse(404, 'unknown-path');
    const read = await gate(request);
    if (read.kind === 'refused') return refuse(read.status, read.code);
    // Octokit takes a body that was read before it, and verifies the signature once more.
    Object.assign(request, { body: {}, rawBody: read.body });
    response.once('finish', () => {
      if (response.statusCode >= 400) refusals.note('bad-webhook');
    });
    for (const listener of probot) listener(request, response);
  };
  http.on('request', (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.message.slice(0, 200) : 'unknown' }, 'request not answered');
      if (!response.headersSent) response.writeHead(500, { connection: 'close' });
      response.end();
    });
  });
}

/** What never becomes a request. */
function refuseConnections(http: HttpServer, refusals: RefusedRequests): void {
  http.on('drop', () => refusals.note('too-many'));
  http.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A client that went away is nobody's refusal; where it was half-way through a body, the gate has said so.
    if (error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE' || !socket.writable)
      return void socket.destroy();
    const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
    refusals.note(slow ? 'too-slow' : 'malformed');
    socket.end(`HTTP/1.1 ${slow ? '408 Request Timeout' : '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
  });
}

async function answerMetrics(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<number> {
  const { status, type, body } = await pages.metrics(request.headers.authorization);
  const ask = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  response.writeHead(status, { 'content-type': type, ...ask }).end(body);
  return status;
}

async function answer(path: string | undefined, response: ServerResponse, pages: Pages): Promise<boolean> {
  if (path === '/healthz' || path === '/readyz') {
    const { ok, body } = path === '/healthz' ? pages.healthz() : pages.readyz();
    response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    return true;
  }
  if (path !== '/') return false;
  const page = await pages.home().catch(() => null);
  response.writeHead(page === null ? 503 : 200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(page ?? 'breakglass cannot reach GitHub now.\n');
  return true;
}
