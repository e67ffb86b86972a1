// Speaks to the double by hand, as the app or as anybody: signs the app's JWT and keeps the token it gets for it.
import { createSign } from 'node:crypto';
import type { GitHubDouble } from './index.ts';

export type Answer = { readonly status: number; readonly body: never; readonly headers: Headers };
export type Client = (method: string, path: string, body?: Readonly<Record<string, unknown>>) => Promise<Answer>;

export function clientWith(github: Pick<GitHubDouble, 'url'>, token: string): Client {
  return async (method, path, body) => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${github.url}${path}`, { method, headers, ...content });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? null : JSON.parse(text)) as never,
      headers: response.headers,
    };
  };
}

/** The app with everything that its installation allows. */
export const appClient = async (github: GitHubDouble): Promise<Client> =>
  clientWith(github, await installationToken(github));

export async function installationToken(github: GitHubDouble, permissions?: Record<string, string>): Promise<string> {
  const asApp = clientWith(github, appJwt(github));
  const path = `/app/installations/${github.app.installationId}/access_tokens`;
  const { status, body } = await asApp('POST', path, permissions && { permissions });
  if (status !== 201) throw new Error(`no token: ${JSON.stringify(body)}`);
  return read(body, 'token');
}

export type Claims = { readonly iat?: number; readonly exp?: number; readonly iss?: number | string };

export function appJwt(github: Pick<GitHubDouble, 'app'>, claims: Claims = {}, key = github.app.privateKey): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const payload = { iat: now - 30, exp: now + 500, iss: github.app.id, ...claims };
  const unsigned = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(payload)}`;
  return `${unsigned}.${createSign('RSA-SHA256').update(unsigned).sign(key, 'base64url')}`;
}

/** A value deep in an answer, by its path; the schemas are the contract's business. */
export function read(body: unknown, path: string): never {
  const parts = path.split('.');
  return parts.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], body) as never;
}
