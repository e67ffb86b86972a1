// Another app of the organization, with the rights that apps often have: a workflow, a bot, somebody's token.
import type { GitHubDouble } from '../sandbox/github/index.ts';

export async function asOtherApp(github: GitHubDouble, method: string, path: string, body: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${github.otherApp.token}`, accept: 'application/vnd.github+json' };
  const answer = await fetch(`${github.url}/repos/acme/access${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the other app: ${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
