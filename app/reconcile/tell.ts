// Writes where a grant stands into its requests' comments. Access never waits for it: GitHub may be down.
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { type GrantState, grantComment } from '../github/grant-report.ts';
import type { Context } from './context.ts';
import { perform, stickyComments } from './perform.ts';

export async function tell(context: Context, entry: GrantEntry, state: GrantState): Promise<void> {
  const { body, mark } = grantComment(entry, state);
  const results = await Promise.allSettled(entry.pulls.map((pull) => tellPull(context, pull, body, mark)));
  for (const result of results)
    if (result.status === 'rejected')
      context.log.warn(
        { grant: entry.id, state: state.kind, error: String(result.reason) },
        'the comment waits for GitHub',
      );
}

async function tellPull({ github, log }: Context, pull: number, body: string, mark: string): Promise<void> {
  const [comments, self] = await Promise.all([github.comments(pull), github.self()]);
  const [sticky, ...doubles] = stickyComments(comments, self.appId);
  // The same state, said before: its time of confirmation stands.
  if (sticky?.body.includes(mark) === true && doubles.length === 0) return;
  await perform({ github, log }, [{ kind: 'set-comment', pull, body }], comments);
}
