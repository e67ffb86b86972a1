// The HTTP side: one port for the API and for Git, a log of everything, and the faults in between.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { authenticate, authorize, type Principal, type Tokens } from './auth.ts';
import type { Effect, Faults, RequestFacts } from './faults.ts';
import { gitPath, serveGit } from './git-http.ts';
import { isRefusal, notFound, type Reply, refusal } from './reply.ts';
import type { Call, Found, Router } from './router.ts';
import { fullName, sameText, type World } from './world.ts';

/** One request with what was really done; `fault` says that the caller was told something else. */
export type Exchange = RequestFacts & {
  readonly at: Date;
  readonly status: number;
  readonly response: unknown;
  readonly fault: Effect['kind'] | 'down' | null;
};

export type Serving = {
  readonly world: World;
  readonly tokens: Tokens;
  readonly router: Router;
  readonly faults: Faults;
  readonly requests: Exchange[];
  readonly lock: Lock;
};
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

type Incoming = {
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
};

/** Writes follow one another, as they do within one repository; reads never wait. */
export function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Listens first, as the world must know its own address before anything can be asked of it. */
export async function listen(): Promise<{ server: Server; origin: string; serve: (serving: Serving) => void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const serve = (serving: Serving) => {
    const remembered = new Map<string, Reply>();
    server.on('request', (request, response) => {
      handle(serving, remembered, origin, request, response).catch((error: unknown) => {
        console.error('the GitHub double failed', error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(JSON.stringify({ message: String(error) }));
      });
    });
  };
  return { server, origin, serve };
}

async function handle(
  serving: Serving,
  remembered: Map<string, Reply>,
  origin: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const incoming = await readRequest(request, origin);
  const { world, faults, requests } = serving;
  const rest = gitPath(world, incoming.path);
  const who = identify(serving, incoming);
  const found = rest ? undefined : serving.router(incoming.method, byName(world, incoming.path));
  const facts = factsOf(incoming, rest ? 'git' : (found?.route.path ?? null), who);
  const log = (reply: Reply, fault: Exchange['fault']) =>
    requests.push({
      ...facts,
      at: world.now(),
      status: reply.status,
      response: structuredClone(reply.body ?? null),
      fault,
    });
  const outage = faults.outage();
  if (outage !== 'none') {
    log({ status: 503 }, 'down');
    return outage === 'unreachable' ? cut(response) : send(serving, incoming, response, unavailable(503));
  }
  await faults.notify({ phase: 'before', request: facts });
  const effects = faults.effectsFor(facts);
  for (const effect of effects) if (effect.kind === 'delay') await wait(effect.milliseconds);
  const effect = effects.find((candidate) => candidate.kind !== 'delay');
  const key = `${incoming.method} ${incoming.url.href}`;
  const early = effect && withoutDoing(world, effect, remembered.get(key));
  if (early) {
    log(early, effect.kind);
    return effect.kind === 'reset' ? cut(response) : send(serving, incoming, response, early);
  }
  if (rest)
    return answerGit(serving, { incoming, rest, who, facts, cutAfter: effect?.kind === 'done-then-reset' }, response);
  const reply = await perform(serving, incoming, found, who);
  if (reply.status === 200 && incoming.method === 'GET') remembered.set(key, reply);
  log(reply, effect?.kind ?? null);
  await faults.notify({ phase: 'after', request: facts, reply });
  if (effect?.kind === 'done-then-reset') return cut(response);
  send(serving, incoming, response, effect?.kind === 'done-then-refuse' ? unavailable(effect.status) : reply);
}

/** What the caller gets where nothing is done for it. */
function withoutDoing(world: World, effect: Effect, before: Reply | undefined): Reply | undefined {
  switch (effect.kind) {
    case 'refuse':
      return unavailable(effect.status);
    case 'reset':
      return { status: 0 };
    case 'secondary-limit': {
      const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
      const { reply } = refusal(403, message);
      const reset = Math.ceil(world.now().getTime() / 1000) + effect.retryAfterSeconds;
      return {
        ...reply,
        headers: { 'retry-after': String(effect.retryAfterSeconds), 'x-ratelimit-reset': String(reset) },
      };
    }
    case 'stale':
      return before;
    case 'delay':
    case 'done-then-refuse':
    case 'done-then-reset':
      return undefined;
  }
}

const unavailable = (status: number): Reply => ({ status, body: { message: 'Server Error' } });

// A connection that ends in the middle: the caller cannot know whether anything was done.
const cut = (response: ServerResponse): void => void response.socket?.destroy();

// A repository keeps its id when it is renamed, so GitHub serves it under that as well.
const byName = (world: World, path: string): string =>
  path.replace(new RegExp(`^/repositories/${world.repository.id}(?=/|$)`), `/repos/${fullName(world)}`);

type Who = { readonly principal: Principal } | { readonly refused: Reply };

function identify(serving: Serving, incoming: Incoming): Who {
  try {
    return { principal: authenticate(serving.world, serving.tokens, incoming.headers.authorization) };
  } catch (error) {
    if (isRefusal(error)) return { refused: error.reply };
    throw error;
  }
}

async function perform(serving: Serving, incoming: Incoming, found: Found | undefined, who: Who): Promise<Reply> {
  const { world, lock } = serving;
  try {
    if ('refused' in who) return who.refused;
    if (!found) throw notFound();
    const { owner, repo } = found.params;
    if (owner !== undefined && !sameText(`${owner}/${repo}`, fullName(world))) throw notFound();
    authorize(who.principal, found.route.access);
    const body = readJson(incoming.bytes);
    const call: Call = {
      world,
      principal: who.principal,
      params: found.params,
      query: incoming.url.searchParams,
      body,
      url: incoming.url,
    };
    const work = async () => found.route.handle(call);
    return incoming.method === 'GET' ? await work() : await lock(work);
  } catch (error) {
    if (isRefusal(error)) return error.reply;
    throw error;
  }
}

type GitExchange = {
  readonly incoming: Incoming;
  readonly rest: string;
  readonly who: Who;
  readonly facts: RequestFacts;
  readonly cutAfter: boolean;
};

async function answerGit(serving: Serving, exchange: GitExchange, response: ServerResponse): Promise<void> {
  const { world, lock } = serving;
  const { incoming, rest, who, facts } = exchange;
  const principal: Principal = 'principal' in who ? who.principal : { kind: 'anonymous' };
  const { method, headers, bytes: body } = incoming;
  const work = () => serveGit(world, principal, { method, rest, query: incoming.url.search.slice(1), headers, body });
  const reply = rest === 'git-receive-pack' ? await lock(work) : await work();
  serving.requests.push({ ...facts, at: world.now(), status: reply.status, response: null, fault: null });
  await serving.faults.notify({ phase: 'after', request: facts, reply: { status: reply.status } });
  if (exchange.cutAfter) return cut(response);
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

function send(serving: Serving, incoming: Incoming, response: ServerResponse, reply: Reply): void {
  const body = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const etag = `W/"${createHash('sha256').update(body).digest('hex')}"`;
  const cached = incoming.method === 'GET' && reply.status === 200 && incoming.headers['if-none-match'] === etag;
  response.sendDate = false;
  response.writeHead(cached ? 304 : reply.status, {
    date: serving.world.now().toUTCString(),
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-api-version-selected': '2022-11-28',
    'x-github-request-id': randomBytes(12).toString('hex').toUpperCase(),
    'x-ratelimit-limit': '15000',
    'x-ratelimit-remaining': String(Math.max(0, 15_000 - serving.requests.length)),
    'x-ratelimit-used': String(serving.requests.length),
    'x-ratelimit-reset': String(Math.floor(serving.world.now().getTime() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    ...(incoming.method === 'GET' ? { etag } : {}),
    ...reply.headers,
  });
  response.end(cached || reply.status === 204 ? undefined : body);
}

async function readRequest(request: IncomingMessage, origin: string): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', origin);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  // Octokit in its GitHub Enterprise form puts this before every path.
  const path = url.pathname.replace(/^\/api\/v3(?=\/)/, '').replace(/(?<=.)\/$/, '');
  return { method: request.method ?? 'GET', url, path, headers, bytes: Buffer.concat(chunks) };
}

function readJson(bytes: Buffer): Record<string, unknown> {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString());
    // Octokit sends a request without parameters as an empty string.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    throw refusal(400, 'Problems parsing JSON');
  }
}

function factsOf(incoming: Incoming, operation: string | null, who: Who): RequestFacts {
  const { method, path, url, bytes } = incoming;
  const shared = { method, path, query: url.search, operation, body: operation === 'git' ? null : parsed(bytes) };
  const principal: Principal = 'principal' in who ? who.principal : { kind: 'anonymous' };
  switch (principal.kind) {
    case 'user':
      return { ...shared, caller: 'person', login: principal.user.login };
    case 'app':
    case 'installation':
      return { ...shared, caller: 'app', login: principal.registration.bot.login };
    case 'anonymous':
      return { ...shared, caller: 'nobody', login: null };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? null : JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}
