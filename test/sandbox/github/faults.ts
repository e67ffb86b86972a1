// Faults on demand: what the double does wrong, to whose requests, and how often.
import type { Reply } from './reply.ts';

export type RequestFacts = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The template of the route, `git` for Git's own protocol, or null where nothing answers. */
  readonly operation: string | null;
  readonly caller: 'app' | 'person' | 'nobody';
  readonly login: string | null;
  readonly body: unknown;
};

/** What people do by their own hands is spared unless asked for: the faults are for the app. */
export type Match = {
  readonly method?: string;
  readonly path?: RegExp;
  readonly times?: number;
  readonly by?: 'app' | 'person' | 'anyone';
  readonly when?: (request: RequestFacts) => boolean;
};

export type Effect =
  | { readonly kind: 'refuse'; readonly status: number }
  | { readonly kind: 'done-then-refuse'; readonly status: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'done-then-reset' }
  /** Done, and never answered: the caller has to give up by itself. */
  | { readonly kind: 'done-then-hang' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'secondary-limit'; readonly retryAfterSeconds: number }
  | { readonly kind: 'stale' };

export type WebhookMatch = { readonly event?: string; readonly action?: string; readonly times?: number };
export type WebhookEffect =
  | { readonly kind: 'lose' }
  | { readonly kind: 'double' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Held back until the next event has been sent. */
  | { readonly kind: 'reorder' };

export type Moment =
  | { readonly phase: 'before'; readonly request: RequestFacts }
  | { readonly phase: 'after'; readonly request: RequestFacts; readonly reply: Reply };
export type Listener = (moment: Moment) => void | Promise<void>;

/** A fault that was set: how often it struck, and the way to take it back. */
export type Fault = { readonly hits: () => number; readonly remove: () => void };

export type Faults = ReturnType<typeof createFaults>;

export function createFaults() {
  const requests = createRegister<Match, Effect>();
  const webhooks = createRegister<WebhookMatch, WebhookEffect>();
  const listeners = new Set<Listener>();
  let outage: 'none' | 'unavailable' | 'unreachable' = 'none';
  return {
    on: (match: Match, effect: Effect): Fault => requests.add(match, effect),
    onWebhook: (match: WebhookMatch, effect: WebhookEffect): Fault => webhooks.add(match, effect),
    /** Everything is refused, Git too, and no webhook is sent: with a 503, or without any answer. */
    down: (how: 'unavailable' | 'unreachable' = 'unavailable') => {
      outage = how;
    },
    up: () => {
      outage = 'none';
    },
    outage: () => outage,
    onRequest: (listener: Listener): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear: () => {
      requests.clear();
      webhooks.clear();
      outage = 'none';
    },
    effectsFor: (request: RequestFacts): Effect[] => requests.strike((match) => strikes(match, request)),
    webhookEffect: (event: string, action: string | null): WebhookEffect | undefined =>
      webhooks.strike((match) => (match.event ?? event) === event && (match.action ?? action) === action)[0],
    notify: async (moment: Moment): Promise<void> => {
      for (const listener of listeners) await listener(moment);
    },
  };
}

function strikes(match: Match, request: RequestFacts): boolean {
  const by = match.by ?? 'app';
  return (
    (by === 'anyone' || by === request.caller) &&
    (match.method === undefined || match.method === request.method) &&
    (match.path === undefined || match.path.test(request.path)) &&
    (match.when === undefined || match.when(request))
  );
}

type Entry<M, E> = { readonly match: M; readonly effect: E; left: number; hits: number };

/** One list of faults, each with the number of times that it still strikes. */
function createRegister<M extends { readonly times?: number }, E>() {
  const entries = new Set<Entry<M, E>>();
  return {
    add: (match: M, effect: E): Fault => {
      const entry = { match, effect, left: match.times ?? 1, hits: 0 };
      entries.add(entry);
      return { hits: () => entry.hits, remove: () => entries.delete(entry) };
    },
    strike: (applies: (match: M) => boolean): E[] => {
      const struck = [...entries].filter((entry) => entry.left > 0 && applies(entry.match));
      for (const entry of struck) {
        entry.left -= 1;
        entry.hits += 1;
      }
      return struck.map((entry) => entry.effect);
    },
    clear: () => entries.clear(),
  };
}
