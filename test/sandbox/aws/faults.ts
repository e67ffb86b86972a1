// What a test makes go wrong: one matcher, one mishap, as many times as it says.
import type { Fate } from './operations.ts';
import type { RefusalCode } from './refusal.ts';

export type Mishap =
  /** Refused before it takes effect. */
  | { readonly kind: 'error'; readonly code: RefusalCode; readonly message?: string }
  /** Takes effect, and the answer is an error all the same. */
  | { readonly kind: 'error-after'; readonly code?: RefusalCode }
  | { readonly kind: 'throttle' }
  | { readonly kind: 'expired-credentials' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answered with this, whatever is so: an empty or half answer of a replica that lags behind. */
  | { readonly kind: 'answer'; readonly body: Readonly<Record<string, unknown>> }
  /** Never answered; with `after`, once it has taken effect. */
  | { readonly kind: 'hang'; readonly after?: boolean }
  | { readonly kind: 'reset'; readonly after?: boolean }
  /** The asynchronous operation that the call begins ends FAILED, never ends, or takes its time. */
  | { readonly kind: 'operation-fails'; readonly reason: string }
  | { readonly kind: 'operation-stalls' }
  | { readonly kind: 'operation-slow'; readonly ms: number };

export type Fault = {
  /** The operation's name, a pattern of names, or a question about the call and the key that signed it. `*`: every call. */
  readonly on: string | RegExp | ((operation: string, input: Call['input'], actor: string) => boolean);
  readonly mishap: Mishap;
  /** How often it strikes. Default: once. */
  readonly times?: number;
  /** How many matching calls it lets pass first. */
  readonly skip?: number;
};

type Call = {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly actor: string;
};

export type Planted = { readonly hits: () => number; readonly remove: () => void };

type Armed = { readonly fault: Fault; skipped: number; hits: number };

export type Faults = {
  readonly plant: (fault: Fault) => Planted;
  readonly strike: (call: Call) => Mishap | undefined;
  readonly clear: () => void;
};

export function createFaults(): Faults {
  const armed = new Set<Armed>();
  return {
    plant: (fault) => {
      const one: Armed = { fault, skipped: 0, hits: 0 };
      armed.add(one);
      return { hits: () => one.hits, remove: () => armed.delete(one) };
    },
    strike: (call) => {
      for (const one of armed) {
        if (!matches(one.fault, call) || one.hits >= (one.fault.times ?? 1)) continue;
        if (one.skipped < (one.fault.skip ?? 0)) {
          one.skipped += 1;
          continue;
        }
        one.hits += 1;
        return one.fault.mishap;
      }
      return undefined;
    },
    clear: () => armed.clear(),
  };
}

export function fateUnder(mishap: Mishap | undefined): Fate {
  switch (mishap?.kind) {
    case 'operation-fails':
      return { kind: 'fail', reason: mishap.reason };
    case 'operation-stalls':
      return { kind: 'stall' };
    case 'operation-slow':
      return { kind: 'slow', ms: mishap.ms };
    default:
      return { kind: 'as-usual' };
  }
}

function matches({ on }: Fault, { operation, input, actor }: Call): boolean {
  if (typeof on === 'function') return on(operation, input, actor);
  return typeof on === 'string' ? on === '*' || on === operation : on.test(operation);
}
