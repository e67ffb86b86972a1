// Finds the route of a request and reads its parameters; a template is exactly the path in GitHub's description.
import type { Principal } from './auth.ts';
import type { Reply } from './reply.ts';
import type { Role, World } from './world.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a caller needs: an app one of the permissions (or its JWT), a person the role in the repository. */
export type Access = { readonly app: readonly string[] | 'jwt' | 'any' | 'never'; readonly user: Role };

export type Call = {
  readonly world: World;
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** The whole address of the request, for links to other pages. */
  readonly url: URL;
};
export type Handler = (call: Call) => Reply | Promise<Reply>;
export type Route = {
  readonly method: Method;
  readonly path: string;
  readonly access: Access;
  readonly handle: Handler;
};

export const route = (method: Method, path: string, access: Access, handle: Handler): Route => ({
  method,
  path,
  access,
  handle,
});

export const repo = (rest = ''): string => `/repos/{owner}/{repo}${rest}`;

export const reads = (permission: string): Access => ({
  app: [`${permission}:read`, `${permission}:write`],
  user: 'read',
});
export const writes = (...permissions: readonly string[]): Access => ({
  app: permissions.map((permission) => `${permission}:write`),
  user: 'write',
});

export type Found = { readonly route: Route; readonly params: Readonly<Record<string, string>> };
export type Router = (method: string, path: string) => Found | undefined;

export function createRouter(routes: readonly Route[]): Router {
  const entries = routes.map((entry) => ({ entry, ...compile(entry.path) })).sort((a, b) => b.literals - a.literals);
  return (method, path) => {
    for (const { entry, pattern, names } of entries) {
      if (entry.method !== method) continue;
      const match = pattern.exec(path);
      if (match) return { route: entry, params: readParams(names, match) };
    }
    return undefined;
  };
}

// A ref, a branch, a path and a comparison may hold slashes, raw or percent-encoded.
const spanning = new Set(['path', 'ref', 'basehead', 'branch']);

function compile(path: string): { pattern: RegExp; names: string[]; literals: number } {
  const names: string[] = [];
  const source = path.replace(/[.+]/g, '\\$&').replace(/\{([^}]+)\}/g, (_all, name: string) => {
    names.push(name);
    return spanning.has(name) ? '(.+)' : '([^/]+)';
  });
  return {
    pattern: new RegExp(`^${source}$`),
    names,
    literals: path.split('/').filter((part) => !part.includes('{')).length,
  };
}

function readParams(names: readonly string[], match: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]));
}
