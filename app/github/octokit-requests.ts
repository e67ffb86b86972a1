// How every request to GitHub is sent: with a time limit, repeated only where repeating is harmless, its headers heard.
import type { Octokit } from '@octokit/rest';
import type { Budget } from './port.ts';

/** Probot's installation Octokit, or any that has the same plugins. */
export type Client = Pick<Octokit, 'auth' | 'graphql' | 'hook' | 'request' | 'rest'>;

export type Clock = {
  readonly now: () => Date;
  /** Takes the time from the `Date` header of an answer. */
  readonly read: (header: string | null) => void;
};

/**
 * GitHub's clock as far as its answers tell; this machine's until the first one. A jump counts when two answers in a row
 * tell of it: a proxy's page of tomorrow must not end every grant.
 */
export const createClock = (): Clock => {
  let aheadMs = 0;
  let doubtedMs: number | null = null;
  return {
    now: () => new Date(Date.now() + aheadMs),
    read: (header) => {
      const at = Date.parse(header ?? '');
      if (Number.isNaN(at)) return;
      const saidMs = at - Date.now();
      const isJump = Math.abs(saidMs - aheadMs) > JUMP_MS;
      const isSaidTwice = doubtedMs !== null && Math.abs(saidMs - doubtedMs) <= JUMP_MS;
      doubtedMs = isJump && !isSaidTwice ? saidMs : null;
      if (doubtedMs === null) aheadMs = saidMs;
    },
  };
};

const JUMP_MS = 30_000;

/** What the hour has left, as the last answer said. GraphQL counts by itself, in points. */
export type Meter = { readonly read: (headers: Headers) => void; readonly budget: () => Budget | null };

export const createMeter = (): Meter => {
  let last: Budget | null = null;
  const number = (text: string | null) => (text === null ? Number.NaN : Number(text));
  return {
    read: (headers) => {
      if ((headers.get('x-ratelimit-resource') ?? 'core') !== 'core') return;
      const limit = number(headers.get('x-ratelimit-limit'));
      const remaining = number(headers.get('x-ratelimit-remaining'));
      if (Number.isFinite(limit) && Number.isFinite(remaining)) last = { limit, remaining };
    },
    budget: () => last,
  };
};

/** Told of the headers of every answer. */
export type Heard = (headers: Headers) => void;

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `client`'s requests, outermost, so that the retry plugin sees the number of retries set here. The limit is in
 * `fetch`, so it covers one attempt and not the time that throttling makes a request wait.
 */
export const guardRequests = (client: Pick<Client, 'hook'>, heard: Heard, timeoutMs: number): void => {
  client.hook.wrap('request', (request, options) => {
    const given: { fetch?: Fetch } = options.request ?? {};
    const fetch = timedFetch(given.fetch ?? globalThis.fetch, heard, timeoutMs);
    const once = isRepeatable(options.method, options.url) ? {} : { retries: 0 };
    // Only ever 0: the plugin repeats even a 404 for whoever names a number.
    // In place: before-after-hook hands every hook the same options, whatever the one around it passes on.
    Object.assign(options, { request: { ...once, ...options.request, fetch } });
    return request(options);
  });
};

/**
 * Posting twice makes two, but for reactions (GitHub answers 200 with the first) and tokens; getting, patching and
 * deleting twice does not, and by GraphQL the app only asks. Merging twice is the caller's decision.
 */
const isRepeatable = (method: string, url: string): boolean => {
  if (method === 'POST') return /\/(access_tokens|reactions|graphql)$/.test(url);
  return !(method === 'PUT' && url.endsWith('/merge'));
};

/**
 * Reads the body before it answers: Octokit takes a body that breaks off for an empty one, and a list of comments
 * that ends early would lose a `/reject`.
 */
const timedFetch =
  (fetch: Fetch, heard: Heard, timeoutMs: number): Fetch =>
  async (input, init) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const answer = await fetch(input, { ...init, signal });
    heard(answer.headers);
    const { status, statusText, headers } = answer;
    const body = hasBody(status) ? await answer.arrayBuffer() : null;
    const whole = new Response(body, { status, statusText, headers });
    Object.defineProperty(whole, 'url', { value: answer.url });
    return whole;
  };

/** `new Response` refuses a body with these. */
const hasBody = (status: number): boolean => ![204, 205, 304].includes(status);
