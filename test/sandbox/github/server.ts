// The HTTP side: one port for the API and for Git, a log of everything, and the faults in between.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { authenticate, authorize, type Principal, type Tokens } from './auth.ts';
import type { Effect, Faults, RequestFacts } from './faults.ts';
import { gitPath, serveGit } from './git-http.ts';
import { factsOf, type Incoming, readJson, readRequest, type Who } from './incoming.ts';
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
  // A server that closes what is idle after five seconds may do so in the moment in which a client asks again.
  const server = createServer({ keepAliveTimeout: 600_000 });
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
  const { world, faults } = serving;
  const rest = gitPath(world, incoming.path);
  const who = identify(serving, incoming);
  const found = rest ? undefined : serving.router(incoming.method, byName(world, incoming.path));
  const facts = factsOf(incoming, rest ? 'git' : (found?.route.path ?? null), who);
  const outage = faults.outage();
  if (outage !== 'none') {
    record(serving, facts, { status: 503 }, 'down');
    return outage === 'unreachable' ? cut(response) : send(serving, incoming, response, unavailable(503));
  }
  await faults.notify({ phase: 'before', request: facts });
  const effects = faults.effectsFor(facts);
  for (const effect of effects) if (effect.kind === 'delay') await wait(effect.milliseconds);
  const effect = effects.find((candidate) => candidate.kind !== 'delay');
  const key = `${incoming.method} ${incoming.url.href} ${isGraphql(found) ? incoming.bytes : ''}`;
  const early = effect && withoutDoing(world, effect, remembered.get(key));
  if (early) {
    record(serving, facts, early, effect.kind);
    return effect.kind === 'reset' ? cut(response) : send(serving, incoming, response, early);
  }
  if (rest) return answerGit(serving, { incoming, rest, who, facts, effect }, response);
  const reply = await perform(serving, incoming, found, who);
  if (reply.status === 200 && isRead(incoming, found)) remembered.set(key, reply);
  await answer(serving, { incoming, facts, effect, reply }, response);
}

const isGraphql = (found: Found | undefined): boolean => found?.route.path === '/graphql';
/** The double's GraphQL has no mutations. */
const isRead = ({ method }: Incoming, found: Found | undefined): boolean => method === 'GET' || isGraphql(found);

type Answering = {
  readonly incoming: Incoming;
  readonly facts: RequestFacts;
  readonly effect: Effect | undefined;
  readonly reply: Reply;
};

async function answer(serving: Serving, answering: Answering, response: ServerResponse): Promise<void> {
  const { incoming, facts, effect, reply } = answering;
  record(serving, facts, reply, effect?.kind ?? null);
  await serving.faults.notify({ phase: 'after', request: facts, reply });
  if (effect?.kind === 'done-then-reset') return cut(response);
  if (effect?.kind === 'done-then-hang') return;
  send(serving, incoming, response, effect?.kind === 'done-then-refuse' ? unavailable(effect.status) : reply);
}

function record(serving: Serving, facts: RequestFacts, reply: Reply, fault: Exchange['fault']): void {
  const response = structuredClone(reply.body ?? null);
  serving.requests.push({ ...facts, at: serving.world.now(), status: reply.status, response, fault });
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
    case 'done-then-hang':
      return undefined;
  }
}

const unavailable = (status: number): Reply => ({ status, body: { message: 'Server Error' } });

// A connection that ends in the middle: the caller cannot know whether anything was done.
const cut = (response: ServerResponse): void => void response.socket?.destroy();

// A repository keeps its id when it is renamed, so GitHub serves it under that as well.
const byName = (world: World, path: string): string =>
  path.replace(new RegExp(`^/repositories/${world.repository.id}(?=/|$)`), `/repos/${fullName(world)}`);

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
    return isRead(incoming, found) ? await work() : await lock(work);
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
  readonly effect: Effect | undefined;
};

async function answerGit(serving: Serving, exchange: GitExchange, response: ServerResponse): Promise<void> {
  const { world, lock } = serving;
  const { incoming, rest, who, facts } = exchange;
  const principal: Principal = 'principal' in who ? who.principal : { kind: 'anonymous' };
  const { method, headers, bytes: body } = incoming;
  const work = () => serveGit(world, principal, { method, rest, query: incoming.url.search.slice(1), headers, body });
  const reply = rest === 'git-receive-pack' ? await lock(work) : await work();
  const { effect } = exchange;
  record(serving, facts, { status: reply.status }, effect?.kind ?? null);
  await serving.faults.notify({ phase: 'after', request: facts, reply: { status: reply.status } });
  if (effect?.kind === 'done-then-reset') return cut(response);
  if (effect?.kind === 'done-then-hang') return;
  if (effect?.kind === 'done-then-refuse') return send(serving, incoming, response, unavailable(effect.status));
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
