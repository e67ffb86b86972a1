// Requests that the port refuses, in the log: a short line each while they are few, one line a minute for a flood.
import type { Logger } from 'pino';

export type RefusalCode =
  | 'bad-content-type'
  | 'bad-signature'
  | 'bad-token'
  | 'bad-webhook'
  | 'malformed'
  | 'missing-header'
  | 'too-large'
  | 'too-many'
  | 'too-slow'
  | 'unfinished'
  | 'unknown-path';

export type RefusedRequests = {
  /** Only codes of the closed list above: what a stranger sent is never part of a line. */
  readonly note: (code: RefusalCode) => void;
  /** Says what is not said yet. */
  readonly close: () => void;
};

export type RefusalPace = { readonly lines: number; readonly everyMs: number };

const PACE: RefusalPace = { lines: 10, everyMs: 60_000 };

export function createRefusedRequests(log: Logger, pace: RefusalPace = PACE): RefusedRequests {
  let said = 0;
  let unsaid = new Map<RefusalCode, number>();
  let timer: NodeJS.Timeout | null = null;
  const turn = (): void => {
    timer = null;
    said = 0;
    if (unsaid.size === 0) return;
    log.warn({ refused: Object.fromEntries(unsaid) }, 'more requests refused');
    unsaid = new Map();
  };
  return {
    note: (code) => {
      timer ??= setTimeout(turn, pace.everyMs).unref();
      if (said < pace.lines) log.warn({ refused: code }, 'request refused');
      else unsaid.set(code, (unsaid.get(code) ?? 0) + 1);
      said += 1;
    },
    close: () => {
      if (timer !== null) clearTimeout(timer);
      turn();
    },
  };
}
