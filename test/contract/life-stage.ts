// Who is on stage while the contract is checked, and how they ask.
import { expect } from 'vitest';
import type { Client } from '../sandbox/github/client.ts';
import type { GitHubDouble } from '../sandbox/github/index.ts';

export type Stage = { readonly github: GitHubDouble; readonly app: Client };
export type Body = Readonly<Record<string, unknown>>;

export async function headOf(stage: Stage, pull: number): Promise<string> {
  const body = (await ok(stage.app('GET', `/repos/acme/access/pulls/${pull}`))) as { head: { sha: string } };
  return body.head.sha;
}

export async function ok(answering: ReturnType<Client>): Promise<unknown> {
  const { status, body } = await answering;
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

export const all = async (ask: Client, paths: readonly string[]): Promise<void> => {
  for (const path of paths) await ok(ask('GET', path));
};
