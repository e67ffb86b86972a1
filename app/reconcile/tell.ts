// Writes where a grant stands into its requests' comments. Access never waits for it: GitHub may be down.
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { type GrantState, grantComment, standing } from '../github/grant-report.ts';
import type { Context } from './context.ts';
import { perform, stickyComments } from './perform.ts';

export async function tell(context: Context, entry: GrantEntry, state: GrantState): Promise<void> {
  const { body } = grantComment(entry, state);
  const marks = standing(entry, state);
  const results = await Promise.allSettled(entry.pulls.map((pull) => tellPull(context, pull, body, marks)));
  if (results.every((result) => result.status === 'fulfilled')) context.memory.unsaid.delete(entry.id);
  else context.memory.unsaid.add(entry.id);
  for (const result of results)
    if (result.status === 'rejected')
      context.log.warn(
        { grant: entry.id, state: state.kind, error: String(result.reason) },
        'the comment waits for GitHub',
      );
}

async function tellPull(context: Context, pull: number, body: string, marks: readonly string[]): Promise<void> {
  const { github } = context;
  const [comments, self] = await Promise.all([github.comments(pull), github.self()]);
  const [sticky, ...doubles] = stickyComments(comments, self.appId);
  if (doubles.length === 0 && marks.some((mark) => sticky?.body.includes(mark) === true)) return;
  await perform(context, [{ kind: 'set-comment', pull, body }], comments);
}
