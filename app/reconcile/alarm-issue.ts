// Keeps one issue in the repository that tells of the open alarms. One write at a time; nothing ever waits for it.
import {
  ALARM_MARKER,
  alarmComment,
  alarmIssueBody,
  closedAlarmBody,
  type ShownAlarm,
} from '../github/alarm-report.ts';
import type { Issue } from '../github/port.ts';
import { ALARMS, rankOf } from './alarm-codes.ts';
import type { OpenAlarm } from './alarms.ts';
import type { Context } from './context.ts';

export async function reconcileAlarmIssue(context: Context): Promise<void> {
  const { engine, log } = context;
  // Two processes would tell of two lists in turn.
  if (engine().kind === 'standby') return;
  try {
    const title = (await context.ledger()).policy.value.settings.alarmIssue;
    if (title !== undefined) await keep(context, title);
  } catch (error) {
    log.warn({ error: String(error) }, 'the alarm issue waits for GitHub');
  }
}

/** At most one write: what is left to do is done in the next pass. */
async function keep(context: Context, title: string): Promise<void> {
  const { github, alarms, memory } = context;
  const open = alarms.open();
  if (open.length === 0 && memory.alarmIssue.quiet) return;
  const [issue, double] = await ownIssues(context);
  if (double !== undefined)
    return await github.updateIssue(double.number, { title, body: closedAlarmBody(), state: 'closed' });
  if (issue === undefined) return await startTelling(context, title, open);
  memory.alarmIssue.number = issue.number;
  await goOnTelling(context, title, issue, open);
}

/** By its App and the marker: a person's issue with the same words is not ours. The lowest number stays. */
async function ownIssues({ github }: Context): Promise<readonly Issue[]> {
  const [issues, self] = await Promise.all([github.openIssues(), github.self()]);
  return issues
    .filter((one) => one.appId === self.appId && one.body.startsWith(ALARM_MARKER))
    .toSorted((a, b) => a.number - b.number);
}

async function startTelling(context: Context, title: string, open: readonly OpenAlarm[]): Promise<void> {
  const { github, alarms, memory } = context;
  memory.alarmIssue.quiet = open.length === 0;
  // All were told of: a person who closed the issue has seen them.
  if (open.every((one) => one.announced)) return;
  const body = alarmIssueBody(open.map(shown));
  const before = await lastIssue(context);
  if (before === null) memory.alarmIssue.number = await github.createIssue({ title, body });
  else await github.updateIssue(before.number, { title, body, state: 'open' });
  alarms.announce(open);
}

async function lastIssue({ github, memory }: Context): Promise<Issue | null> {
  const { number } = memory.alarmIssue;
  if (number === null) return null;
  const [issue, self] = await Promise.all([github.issue(number), github.self()]);
  return issue?.appId === self.appId ? issue : null;
}

async function goOnTelling(context: Context, title: string, issue: Issue, open: readonly OpenAlarm[]): Promise<void> {
  const { github, alarms, memory } = context;
  memory.alarmIssue.quiet = false;
  if (open.length === 0) {
    await github.updateIssue(issue.number, { title, body: closedAlarmBody(), state: 'closed' });
    memory.alarmIssue.quiet = true;
    return;
  }
  const fresh = open.filter((one) => !one.announced);
  const body = alarmIssueBody(open.map(shown));
  if (fresh.length > 0) {
    await github.createComment(issue.number, alarmComment(fresh.map(shown)));
    alarms.announce(fresh);
  } else if (issue.body.trim() !== body || issue.title !== title) {
    await github.updateIssue(issue.number, { title, body, state: 'open' });
  }
}

function shown({ code, since, sentence }: OpenAlarm): ShownAlarm {
  return { code, since, sentence, advice: ALARMS[code], rank: rankOf(code) };
}
