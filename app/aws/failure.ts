// Turns what the SDK throws into one sentence that names the thing and the next step.
import { ResourceNotFoundException } from '@aws-sdk/client-sso-admin';
import { operationOf } from './answer.ts';

export type Place = { readonly region: string; readonly instanceArn: string };

/**
 * AWS says that the thing is not there. With a `Reason` the exception is about the KMS key that encrypts the instance
 * (KMS_NotFoundException in the service model): it then says nothing about the thing, and must never prove an absence.
 */
export const isNotFound = (error: unknown): error is ResourceNotFoundException =>
  error instanceof ResourceNotFoundException && error.Reason === undefined;

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

export const explain = (error: unknown, place: Place): string => {
  if (!(error instanceof Error)) return `AWS call failed: ${String(error)}.`;
  const operation = operationOf(error);
  if (error.name === 'AbortError') return 'Stopped before AWS had answered everything.';
  // Only what AWS's side threw is translated; our own sentences pass as they are.
  if (operation === null && !isCredentialsProblem(error) && networkCode(error) === null) return error.message;
  return sentence(error, operation ?? 'the first call', place);
};

/** Runs a task and rethrows what it throws as one sentence, the original as its cause. */
export const explained = async <T>(place: Place, task: () => Promise<T>): Promise<T> => {
  try {
    return await task();
  } catch (error) {
    throw new Error(explain(error, place), { cause: error });
  }
};

const sentence = (error: Error, operation: string, { region, instanceArn }: Place): string => {
  const said = oneLine(error.message);
  const settings = `instance ${instanceArn} and region ${region} in policies/settings.yaml`;
  const code = networkCode(error);
  if (code !== null)
    return `AWS in ${region} cannot be reached (${operation}: ${code}): check network, proxy and region; it is tried again.`;
  switch (error.name) {
    case 'TimeoutError':
      return `AWS in ${region} did not answer in time (${operation}): check network and proxy; it is tried again.`;
    case 'CredentialsProviderError':
      return `The process has no AWS credentials (${said}): give it a role, or set the AWS_* variables of one.`;
    case 'ExpiredTokenException':
    case 'ExpiredToken':
      return `AWS says that the app's credentials have expired (${operation}): renew them, or run the app with a role that renews itself.`;
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'MissingAuthenticationTokenException':
      return `AWS does not accept the app's credentials (${operation}: ${said}): check the role and this machine's clock.`;
    case 'AccessDeniedException':
      return `AWS denies ${permissionOf(operation)} to the app: allow it in the app's IAM policy (AWS says: ${said}).`;
    case 'ResourceNotFoundException':
      return `AWS does not find what ${operation} names (${said}): check ${settings}.`;
    case 'ThrottlingException':
      return `AWS throttles ${operation}: too many calls to Identity Center in this organisation; it is tried again.`;
    case 'ConflictException':
      return `AWS is still busy with another change (${operation}: ${said}); it is tried again.`;
    case 'ServiceQuotaExceededException':
      return `A quota of Identity Center is reached (${operation}: ${said}): raise it, or end grants that are no longer needed.`;
    case 'ValidationException':
      return `AWS refuses ${operation} as invalid (${said}): check ${settings}.`;
    default:
      return `AWS failed at ${operation} (${error.name}: ${said}); it is tried again.`;
  }
};

const permissionOf = (operation: string): string =>
  `${operation === 'DescribeUser' ? 'identitystore' : 'sso'}:${operation}`;

const isCredentialsProblem = (error: Error): boolean => error.name === 'CredentialsProviderError';

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
]);

const networkCode = (error: Error): string | null => {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && networkCodes.has(code) ? code : null;
};

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().replace(/[.:]$/, '').slice(0, 300);
