// What went wrong with a request to GitHub, read off the error that Octokit throws.

export type Failure = {
  /** Null when GitHub did not answer: time-out, broken connection, no such host. */
  readonly status: number | null;
  /** GitHub's words, or the network's. */
  readonly message: string;
  /** Nothing is wrong with the request; there were too many. */
  readonly rateLimited: boolean;
};

type Answer = { readonly data?: unknown; readonly headers?: Readonly<Record<string, unknown>> };

/** Undefined for an error that is not a request's: a bug, or a key that cannot be read. */
export const failureOf = (error: unknown): Failure | undefined => {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const answer: Answer | undefined = 'response' in error ? (error.response as Answer | undefined) : undefined;
  if (answer === undefined) return { status: null, message: networkWords(error), rateLimited: false };
  const message = gitHubWords(answer.data) ?? error.message;
  const exhausted = answer.headers?.['x-ratelimit-remaining'] === '0';
  const limited = (error.status === 403 && (exhausted || /secondary rate/i.test(message))) || error.status === 429;
  return { status: error.status, message, rateLimited: limited };
};

export const hasStatus = (error: unknown, ...statuses: readonly number[]): boolean => {
  const status = failureOf(error)?.status;
  return typeof status === 'number' && statuses.includes(status);
};

/** The request may have been carried out although no proper answer came. */
export const isUncertain = (failure: Failure): boolean =>
  failure.status === null || failure.status >= 500 || failure.status === 408;

const networkWords = (error: Error): string =>
  error.message === '' ? 'the connection failed' : error.message.replace(/^fetch failed$/, 'the connection failed');

type ErrorBody = { readonly message?: unknown; readonly errors?: unknown };

/** `message` alone often says only "Validation Failed"; `errors` says of what. */
const gitHubWords = (data: unknown): string | undefined => {
  if (typeof data !== 'object' || data === null) return undefined;
  const { message, errors }: ErrorBody = data;
  if (typeof message !== 'string') return undefined;
  const details = Array.isArray(errors) ? errors.map(detail).filter((text) => text !== '' && text !== message) : [];
  return details.length === 0 ? message : `${message}: ${details.join('; ')}`;
};

const detail = (error: unknown): string => {
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return '';
  const { message, field, code }: { message?: unknown; field?: unknown; code?: unknown } = error;
  if (typeof message === 'string') return message;
  return [field, code].filter((part) => typeof part === 'string').join(' ');
};
