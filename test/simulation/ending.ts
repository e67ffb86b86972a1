// The end of a run: faults off, webhooks on, all deadlines past; and then nothing may be left of anything.
import type { Run } from './life.ts';
import { type ModelGrant, violate } from './model.ts';
import { APP_USER } from './world.ts';

const MINUTE = 60_000;

/** Time for all that was asked to end by itself, and for the app to see and tell it. */
export async function comeToRest(run: Run): Promise<void> {
  const { world, model, clock, armed } = run;
  armed.length = 0;
  world.deliveries.length = 0;
  world.awsSkewMs = 0;
  clock.skewMs = 0;
  model.quietFrom = Math.max(model.quietFrom, clock.now());
  // What is proposed and could still be granted ends with the last approval.
  const hands = [...model.hands.values()].map(({ at, lastsMs }) => Math.max(at, model.clocksDifferedAt) + lastsMs);
  const last = () => Math.max(model.quietFrom, ...hands, ...[...model.grants.values()].map((one) => one.deadline));
  const began = Math.max(clock.now(), last());
  await run.advance(began - clock.now() + 6 * MINUTE);
  // What was only granted meanwhile.
  if (last() > began) await run.advance(Math.max(0, last() - clock.now()) + 4 * MINUTE);
  judgeRest(run);
}

function judgeRest(run: Run): void {
  const { world, model, process } = run;
  const say = (sentence: string) => violate(model, 'not-converged', sentence);
  for (const set of world.aws.sets.values()) violate(model, 'orphan', `${set.name} is left in AWS`);
  for (const id of world.disk.stacks.keys()) violate(model, 'orphan', `the stack of "${id}" is left`);
  for (const [key, reason] of process.failing) say(`${key} is still tried again: ${reason}`);
  for (const pull of world.pulls.values())
    if (pull.state === 'open' && pull.author.id === APP_USER.id) say(`pull request ${pull.number} of the app is open`);
  for (const alarm of process.context.alarms.open())
    if (alarm.until === null && !BY_PEOPLE.includes(alarm.code)) say(`alarm ${alarm.code} is open: ${alarm.sentence}`);
  // Of one whose file somebody's hand took out nothing else will ever record that it was ended early.
  for (const name of world.disk.files.list('ended/'))
    if (!isDeletedByHand(model.grants.get(name))) say(`the disk still has the early end of "${name}"`);
  for (const grant of model.grants.values()) judgeRecord(run, grant);
  for (const path of world.repository.get(world.repository.tip()).tree.grants.keys())
    say(`${path} is left on the branch`);
}

/** Only people close these. */
const BY_PEOPLE: readonly string[] = ['policy-unauthorized', 'policy-unreadable'];

/** Its end is recorded once, by a commit of the app, unless somebody's hand took the file out. */
function judgeRecord({ world, model }: Run, grant: ModelGrant): void {
  const { id } = grant;
  const commits = world.repository.history(world.repository.tip()).map((one) => one.message);
  const records = commits.filter((message) => /^Kind: removal$/m.test(message) && names(message, id));
  const grants = commits.filter((message) => /^Kind: grant$/m.test(message) && names(message, id));
  if (records.length !== (isDeletedByHand(grant) ? 0 : 1))
    violate(model, 'not-converged', `"${id}" has ${records.length} records of its end`);
  if (grants.length !== 1) violate(model, 'unauthorized', `"${id}" has ${grants.length} authorizations`);
}

function isDeletedByHand(grant: ModelGrant | undefined): boolean {
  return grant?.ends.some((one) => one.why === 'deleted by hand') === true;
}

function names(message: string, id: string): boolean {
  return message.split('\n').includes(`Grant-Id: ${id}`);
}
