// Writes where a grant stands into its requests' comments. Nothing waits for it: GitHub may be down, or never answer.
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { type GrantState, grantComment, standing } from '../github/grant-report.ts';
import type { Context } from './context.ts';
import { perform, stickyComments } from './perform.ts';

/** What is being written of one grant, and what comes after it. */
export type Telling = { next: (() => Promise<void>) | null; done: Promise<void> };

/**
 * One after the other for each grant, as an earlier state whose answer is late must not be written over a later one; of
 * those that wait only the newest is written.
 */
export function tell(context: Context, entry: GrantEntry, state: GrantState): void {
  const { telling } = context.memory;
  const { body } = grantComment(entry, state);
  const write = () => writeState(context, entry, { state, body });
  const before = telling.get(entry.id);
  if (before !== undefined) {
    before.next = write;
    return;
  }
  const own: Telling = { next: write, done: Promise.resolve() };
  telling.set(entry.id, own);
  own.done = writeAll(own).finally(() => telling.delete(entry.id));
}

/** For commands, whose process ends when their work is done. */
export async function untilTold({ memory }: Pick<Context, 'memory'>): Promise<void> {
  await Promise.allSettled([...memory.telling.values()].map(({ done }) => done));
}

async function writeAll(own: Telling): Promise<void> {
  for (let write = own.next; write !== null; write = own.next) {
    own.next = null;
    await write();
  }
}

type Written = { readonly state: GrantState; readonly body: string };

async function writeState(context: Context, entry: GrantEntry, { state, body }: Written): Promise<void> {
  const { memory, log } = context;
  const marks = standing(entry, state);
  const results = await Promise.allSettled(entry.pulls.map((pull) => tellPull(context, pull, body, marks)));
  if (results.every((result) => result.status === 'fulfilled')) memory.unsaid.delete(entry.id);
  else memory.unsaid.add(entry.id);
  for (const result of results)
    if (result.status === 'rejected')
      log.warn({ grant: entry.id, state: state.kind, error: String(result.reason) }, 'the comment waits for GitHub');
}

async function tellPull(context: Context, pull: number, body: string, marks: readonly string[]): Promise<void> {
  const { github } = context;
  const [comments, self] = await Promise.all([github.comments(pull), github.self()]);
  const [sticky, ...doubles] = stickyComments(comments, self.appId);
  if (doubles.length === 0 && marks.some((mark) => sticky?.body.includes(mark) === true)) return;
  await perform(context, [{ kind: 'set-comment', pull, body }], comments);
}
