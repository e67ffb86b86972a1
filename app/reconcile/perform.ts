// Carries out actions on GitHub: the only writer. Each action looks before it writes, so doing it twice changes nothing.
import type { Action } from '../core/action.ts';
import type { Comment } from '../core/decision/people.ts';
import type { ForeignCheck } from '../github/port.ts';
import { MARKER } from '../github/report.ts';
import type { Context, Memory } from './context.ts';

type Plain = Exclude<Action, { kind: 'merge' }>;

type Performing = Pick<Context, 'github' | 'log' | 'alarms'> & { readonly memory: Pick<Memory, 'foreignChecks'> };

/** In order: what people see first comes first. Merging is `merge.ts`, as it decides again right before. */
export async function perform(
  { github, log, alarms, memory }: Performing,
  actions: readonly Plain[],
  comments: readonly Comment[],
): Promise<void> {
  for (const action of actions) {
    switch (action.kind) {
      case 'set-check': {
        const { own, foreign } = await github.checkRuns(action.sha);
        sayForeign({ alarms, log, memory }, action.sha, foreign);
        await github.setCheck(action.sha, own[0], action.content);
        break;
      }
      case 'set-comment':
        await setComment(github, action.pull, action.body, comments);
        break;
      case 'react':
        await github.react(action.commentId, action.reaction);
        break;
      case 'close':
        await github.closePull(action.pull);
        log.info({ pull: action.pull }, 'request closed');
        break;
    }
  }
}

/**
 * Counted by nobody, as the ruleset pins the check to the App; but it is made to be taken for ours. One alarm for each app:
 * whoever may push makes heads without end, and one for each of them would hide the others. Each head is said once, so
 * that two do not take turns.
 */
function sayForeign(
  { alarms, log, memory }: Omit<Performing, 'github'>,
  sha: string,
  foreign: readonly ForeignCheck[],
): void {
  for (const { app, appId, conclusion } of foreign) {
    const subject = String(appId ?? app);
    const said = `${sha} ${subject}`;
    if (memory.foreignChecks.has(said)) continue;
    if (memory.foreignChecks.size >= MOST_HEADS) memory.foreignChecks.clear();
    memory.foreignChecks.add(said);
    const who = `${app}${appId === null ? '' : ` (App ${appId})`}`;
    const sentence = `${who} set a check run breakglass (${conclusion ?? 'unfinished'}) on ${sha}, which is not this app's; this is the newest head on which it did`;
    log.warn({ foreignCheck: app, head: sha }, 'a check run of our name is not ours');
    alarms.happened('foreign-check', subject, sentence, { head: sha, app, appId });
  }
}

const MOST_HEADS = 1_000;

/** The app's own sticky comments, lowest id first: GitHub marks them with the App, so nobody can plant one. */
export function stickyComments(comments: readonly Comment[], appId: number): readonly Comment[] {
  return comments.filter((one) => one.appId === appId && one.body.startsWith(MARKER)).sort((a, b) => a.id - b.id);
}

/** Two processes may each have made one: the lowest id stays, in whichever process looks next. */
async function setComment(
  github: Context['github'],
  pull: number,
  body: string,
  comments: readonly Comment[],
): Promise<void> {
  const { appId } = await github.self();
  const [first, ...doubles] = stickyComments(comments, appId);
  if (first === undefined) await github.createComment(pull, body);
  else if (first.body.replaceAll('\r\n', '\n').trim() !== body.trim()) await github.updateComment(first.id, body);
  for (const double of doubles) await github.deleteComment(double.id);
}
