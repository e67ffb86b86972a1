// GitHub, connected when first needed and again until it works: access must end with GitHub out of reach from the start.
import type { GitHub } from './port.ts';

export type LazyGitHub = { readonly github: GitHub; readonly connected: () => boolean };

/** Every verb waits for the connection; `now` falls back to this machine's clock, `budget` to not known. A failed connection is tried anew. */
export function lazyGitHub(connect: () => Promise<GitHub>): LazyGitHub {
  let current: GitHub | null = null;
  let connecting: Promise<GitHub> | null = null;
  const connection = (): Promise<GitHub> => {
    connecting ??= connect().then(
      (github) => {
        current = github;
        return github;
      },
      (error: unknown) => {
        connecting = null;
        throw error;
      },
    );
    return connecting;
  };
  const verb = (_: object, name: string | symbol): unknown => {
    // Awaiting the port itself must not look like a promise.
    if (typeof name === 'symbol' || name === 'then') return undefined;
    if (name === 'now') return () => current?.now() ?? new Date();
    if (name === 'budget') return () => current?.budget() ?? null;
    return async (...args: unknown[]) => {
      const github = await connection();
      return Reflect.apply(Reflect.get(github, name), github, args);
    };
  };
  return { github: new Proxy({}, { get: verb }) as GitHub, connected: () => current !== null };
}
