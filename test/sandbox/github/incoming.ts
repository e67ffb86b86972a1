// A request as it came in: its bytes, its JSON, and what the log and the faults are told of it.
import type { IncomingMessage } from 'node:http';
import type { Principal } from './auth.ts';
import type { RequestFacts } from './faults.ts';
import { type Reply, refusal } from './reply.ts';

export type Incoming = {
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
};

export type Who = { readonly principal: Principal } | { readonly refused: Reply };

export async function readRequest(request: IncomingMessage, origin: string): Promise<Incoming> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', origin);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  // Octokit in its GitHub Enterprise form puts this before every path.
  const path = url.pathname.replace(/^\/api(?:\/v3)?(?=\/)/, '').replace(/(?<=.)\/$/, '');
  return { method: request.method ?? 'GET', url, path, headers, bytes: Buffer.concat(chunks) };
}

export function readJson(bytes: Buffer): Record<string, unknown> {
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

export function factsOf(incoming: Incoming, operation: string | null, who: Who): RequestFacts {
  const { method, path, url, bytes } = incoming;
  const shared = {
    method,
    path,
    query: url.search,
    operation,
    body: operation === 'git' ? gitQuestion(bytes) : parsed(bytes),
  };
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

/** What Git's own protocol asks, the fetch's own question for refs apart, which wants to know more of them. */
function gitQuestion(bytes: Buffer): 'where' | null {
  const text = bytes.toString('latin1', 0, 4096);
  return text.includes('command=ls-refs') && !text.includes('peel') ? 'where' : null;
}

function parsed(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? null : JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}
