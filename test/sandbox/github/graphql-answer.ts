// What a GraphQL query answers: data, and beside it what is wrong, both under the status 200.
import type { Call } from './router.ts';

export type GraphqlError = { readonly type: string; readonly path: readonly string[]; readonly message: string };
export type Answered = { readonly data: unknown; readonly errors?: readonly GraphqlError[] };
export type Query = (call: Call, variables: Readonly<Record<string, unknown>>) => Answered | Promise<Answered>;

/** Whether the caller holds a permission; people may ask for whatever they may see. */
export const holds = ({ principal }: Call, name: string): boolean =>
  principal.kind === 'user' || (principal.kind === 'installation' && principal.permissions[name] !== undefined);

export const forbiddenAt = (...path: readonly string[]): GraphqlError => ({
  type: 'FORBIDDEN',
  path,
  message: 'Resource not accessible by integration',
});
