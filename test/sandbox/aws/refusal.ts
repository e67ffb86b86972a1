// The errors that the double answers with, named and shaped as the service models name them.

export type RefusalCode =
  | 'AccessDeniedException'
  | 'ConflictException'
  | 'ExpiredTokenException'
  | 'InternalServerException'
  | 'MissingAuthenticationTokenException'
  | 'ResourceNotFoundException'
  | 'ServiceQuotaExceededException'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'ValidationException';

export type Refusal = Error & { readonly code: RefusalCode; readonly status: number };

export function refusal(code: RefusalCode, message: string): Refusal {
  return Object.assign(new Error(message), { name: code, code, status: statusOf(code) });
}

/** Ends the call: nothing after it takes effect. */
export function refuse(code: RefusalCode, message: string): never {
  throw refusal(code, message);
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && 'status' in error;
}

function statusOf(code: RefusalCode): number {
  switch (code) {
    case 'InternalServerException':
      return 500;
    case 'MissingAuthenticationTokenException':
      return 403;
    default:
      return 400;
  }
}
