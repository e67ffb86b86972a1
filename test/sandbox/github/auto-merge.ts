// Auto-merge: what somebody asked for in advance is done in their name as soon as the required checks are green.
import { mergePull } from './merge.ts';
import { isRefusal } from './reply.ts';
import type { Call } from './router.ts';
import { isPull, type PullRequest, pullRequests, recordEvent, type User, type World } from './world.ts';

export type Words = { readonly title?: string; readonly message?: string };

/**
 * Whoever may write may ask for it where the repository allows it, with words of their own (docs.github.com,
 * "Automatically merging a pull request"); on GitHub by GraphQL and the page, never by REST.
 */
export function enableAutoMerge(world: World, by: User, number: number, { title = '', message = '' }: Words): void {
  const issue = world.issues.get(number);
  if (!isPull(issue)) throw new Error(`there is no pull request ${number}`);
  if (by.role !== 'write' && by.role !== 'admin') throw new Error(`${by.login} may not write`);
  issue.pull.autoMerge = { by, title, message };
  recordEvent(world, issue, 'auto_merge_enabled', { actor: by });
}

/** GitHub takes a moment for it; for whoever races with it, at once is the hardest. */
export async function autoMerge(call: Call, head: string): Promise<void> {
  for (const issue of pullRequests(call.world)) if (issue.pull.head.sha === head) await mergeFor(call, issue);
}

async function mergeFor(call: Call, issue: PullRequest): Promise<void> {
  const { autoMerge: wanted } = issue.pull;
  if (wanted === null || issue.state !== 'open') return;
  const body = { merge_method: 'squash', commit_title: wanted.title, commit_message: wanted.message };
  try {
    await mergePull({ ...call, principal: { kind: 'user', user: wanted.by }, body }, issue);
  } catch (error) {
    // Something is missing still: it stays asked for.
    if (!isRefusal(error)) throw error;
  }
}
