// How every request to GitHub is sent: with a time limit, repeated only where repeating is harmless, read for the time.
import type { Octokit } from '@octokit/rest';

/** Probot's installation Octokit, or any that has the same plugins. */
export type Client = Pick<Octokit, 'auth' | 'graphql' | 'hook' | 'request' | 'rest'>;

export type Clock = {
  readonly now: () => Date;
  /** Takes the time from the `Date` header of an answer. */
  readonly read: (header: string | null) => void;
};

/** GitHub's clock as far as its answers tell; this machine's until the first one. */
export const createClock = (): Clock => {
  let aheadMs = 0;
  return {
    now: () => new Date(Date.now() + aheadMs),
    read: (header) => {
      const at = Date.parse(header ?? '');
      if (!Number.isNaN(at)) aheadMs = at - Date.now();
    },
  };
};

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `client`'s requests, outermost, so that the retry plugin sees the number of retries set here. The limit is in
 * `fetch`, so it covers one attempt and not the time that throttling makes a request wait.
 */
export const guardRequests = (client: Pick<Client, 'hook'>, clock: Clock, timeoutMs: number): void => {
  client.hook.wrap('request', (request, options) => {
    const given: { fetch?: Fetch } = options.request ?? {};
    const fetch = timedFetch(given.fetch ?? globalThis.fetch, clock, timeoutMs);
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
  (fetch: Fetch, clock: Clock, timeoutMs: number): Fetch =>
  async (input, init) => {
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const answer = await fetch(input, { ...init, signal });
    clock.read(answer.headers.get('date'));
    const { status, statusText, headers } = answer;
    const body = hasBody(status) ? await answer.arrayBuffer() : null;
    const whole = new Response(body, { status, statusText, headers });
    Object.defineProperty(whole, 'url', { value: answer.url });
    return whole;
  };

/** `new Response` refuses a body with these. */
const hasBody = (status: number): boolean => ![204, 205, 304].includes(status);
