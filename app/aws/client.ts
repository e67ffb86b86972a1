// The two SDK clients, each call held to its lane, and its answer's request id and `Date` noted.
import { Identitystore } from '@aws-sdk/client-identitystore';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import type { MetadataBearer, Pluggable } from '@smithy/types';
import { type Clock, noteAnswer } from './answer.ts';
import type { Lane } from './limiter.ts';

/** One Identity Center instance as seen through one lane, and how long to wait for its asynchronous work. */
export type Instance = {
  readonly sso: SSOAdmin;
  readonly instanceArn: string;
  /** Between two looks at an asynchronous request. */
  readonly pollMs: number;
  /** After this long a request that is not finished, or an account that stays busy, is an error. */
  readonly patienceMs: number;
};

type Watch = {
  readonly region: string;
  readonly clock: Clock;
  /** How long AWS may take to answer one request; asked again after it. */
  readonly answerMs: number;
};

export const createSsoAdmin = (lane: Lane, watch: Watch): SSOAdmin => {
  const client = new SSOAdmin(settings(watch));
  client.middlewareStack.use(watched(lane, watch.clock));
  return client;
};

export const createIdentityStore = (lane: Lane, watch: Watch): Identitystore => {
  const client = new Identitystore(settings(watch));
  client.middlewareStack.use(watched(lane, watch.clock));
  return client;
};

// Endpoint and credentials are the standard ones (AWS_ENDPOINT_URL, the ambient role). Standard mode retries throttling,
// 5xx, timeouts and broken connections; every call that we make may safely be made twice.
const settings = ({ region, answerMs }: Watch) => ({
  region,
  retryMode: 'standard',
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: answerMs, throwOnRequestTimeout: true },
});

// At the `deserialize` step the middleware sits inside the retry loop: retries too wait for the lane.
const watched = <I extends object, O extends MetadataBearer>(lane: Lane, clock: Clock): Pluggable<I, O> => ({
  applyToStack: (stack) =>
    stack.add(
      (next, context) => async (call) => {
        await lane();
        const operation = String(context.commandName ?? 'unknown').replace(/Command$/, '');
        const sentAt = Date.now();
        const note = (answer: object, response: unknown): void => {
          const date = dateOf(response);
          if (date !== undefined) clock.note(date, sentAt, Date.now());
          noteAnswer(answer, operation, date);
        };
        try {
          const result = await next(call);
          if (result.output !== undefined) note(result.output, result.response);
          return result;
        } catch (error) {
          if (error instanceof Error) note(error, (error as { readonly $response?: unknown }).$response);
          throw error;
        }
      },
      { step: 'deserialize', priority: 'high', name: 'breakglassWatched' },
    ),
});

const dateOf = (response: unknown): string | undefined => {
  const headers = (response as { readonly headers?: Readonly<Record<string, string>> } | undefined)?.headers;
  return headers?.date;
};
