// What the API answers with, and the refusals in GitHub's words and shapes.

export type Reply = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Thrown by a handler to answer with an error; carries the whole reply. */
export type Refusal = Error & { readonly reply: Reply };

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204 };

const documentation = 'https://docs.github.com/rest';

export function refusal(status: number, message: string, more: Record<string, unknown> = {}): Refusal {
  const body = { message, ...more, documentation_url: documentation, status: String(status) };
  return Object.assign(new Error(message), { reply: { status, body } });
}

export const isRefusal = (error: unknown): error is Refusal => error instanceof Error && 'reply' in error;

export const notFound = (): Refusal => refusal(404, 'Not Found');

export const forbidden = (message = 'Resource not accessible by integration'): Refusal => refusal(403, message);

export type FieldError = {
  readonly resource: string;
  readonly field: string;
  readonly code: string;
  readonly message?: string;
};

export const invalid = (...errors: readonly FieldError[]): Refusal => refusal(422, 'Validation Failed', { errors });

/** The 422 whose `errors` are bare sentences, as reviews and merges have it. */
export const unprocessable = (sentence: string): Refusal =>
  refusal(422, 'Unprocessable Entity', { errors: [sentence] });
