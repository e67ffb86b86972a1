// Probot's Octokit, paced for an emergency: its defaults spread the writes of one approval over 4 to 20 seconds.
import Bottleneck from 'bottleneck';
import type { Logger } from 'pino';
import { ProbotOctokit } from 'probot';

export type Pace = {
  /** Between two writes: GitHub asks for at most 80 a minute over time, and bursts of a few are fine. */
  readonly writeMs: number;
  /** Between two writes that notify people. */
  readonly notifyMs: number;
  /** The first pause before a read is repeated after a 5xx. */
  readonly retryMs: number;
};

export const PACE: Pace = { writeMs: 100, notifyMs: 250, retryMs: 250 };

/** Beyond this a caller does better to fail and be queued again than to hold a worker. */
const LONGEST_WAIT_SECONDS = 90;
const LIMIT_RETRIES = 2;

type Given = {
  readonly throttle?: { readonly enabled?: boolean };
  readonly retry?: object;
};

type LimitedRequest = { readonly method: string; readonly url: string };

/**
 * The class to hand to Probot and to `connectGitHub`. Only the function form of `defaults` reaches the plugins:
 * Probot merges its own options over those of the object form.
 */
export const pacedOctokit = (log: Pick<Logger, 'warn'>, pace: Pace = PACE): typeof ProbotOctokit => {
  const throttle = throttleOptions(log, pace);
  return ProbotOctokit.defaults((given: Given) => ({
    ...given,
    throttle: { ...given.throttle, ...throttle, enabled: given.throttle?.enabled ?? true },
    retry: {
      ...given.retry,
      retries: 2,
      retryAfterBaseValue: pace.retryMs,
      // A 4xx is an answer; 403 and 429 by rate limit are the throttle's to repeat.
      doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451],
    },
  }));
};

const throttleOptions = (log: Pick<Logger, 'warn'>, pace: Pace): object => {
  const limited = (kind: string) => (seconds: number, request: LimitedRequest, _octokit: unknown, retries: number) => {
    const again = seconds <= LONGEST_WAIT_SECONDS && retries < LIMIT_RETRIES && !isMerge(request);
    log.warn({ method: request.method, url: request.url, seconds, again }, `GitHub's ${kind} rate limit was reached`);
    return again;
  };
  return {
    write: new Bottleneck.Group({ id: 'breakglass-write', maxConcurrent: 1, minTime: pace.writeMs, timeout: 120_000 }),
    notifications: new Bottleneck.Group({
      id: 'breakglass-notify',
      maxConcurrent: 1,
      minTime: pace.notifyMs,
      timeout: 120_000,
    }),
    onRateLimit: limited('hourly'),
    onSecondaryRateLimit: limited('secondary'),
  };
};

/** A merge is judged again before it is sent again: what was true before the wait may not be true after it. */
const isMerge = (request: LimitedRequest): boolean => request.method === 'PUT' && request.url.endsWith('/merge');
