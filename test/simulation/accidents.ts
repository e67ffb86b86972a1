// What happens around the repository: crashes, faults, webhooks, clocks, teams, operators, and hands in AWS.
import { pick } from './commands.ts';
import type { FaultKind } from './faults.ts';
import type { Run } from './life.ts';
import { end, leaves } from './model.ts';
import { ACCOUNTS, hubot, PEOPLE, REPOSITORY_ID, TEAM_IDS, type Team } from './policy.ts';
import { awsNow, type Delivery, notify } from './world.ts';

/** `where` from 0 to 1, over all points that were called so far; null for whatever is called next. */
export function arm(run: Run, where: number | null, after: number, kind: FaultKind): void {
  const points = [...run.calls.keys()].sort();
  const point = where === null ? null : (points[Math.floor(where * points.length)] ?? null);
  run.armed.push({ point, after, kind });
}

export function webhooks(run: Run, how: Delivery, count: number): void {
  for (let i = 0; i < count; i++) run.world.deliveries.push(how);
}

/** Somebody leaves a team, or comes back. */
export function changeTeam(run: Run, which: number, whose: number): void {
  const team = pick(Object.keys(TEAM_IDS) as Team[], which) ?? 'sre';
  const person = pick(PEOPLE.slice(0, 4), whose) ?? hubot;
  const members = run.world.teams[team];
  if (members.delete(person.id)) leaves(run.model, team, person);
  else if (run.model.left.has(`${team} ${person.id}`)) members.add(person.id);
  notify(run.world, 'pass');
}

/** `breakglass revoke` writes to the disk of the running app. */
export function operator(run: Run, which: number): void {
  const grant = pick(run.model.grants.values(), which);
  // The command looks first: what is recorded as ended is not ended again.
  const isOver = grant?.ends.some((one) => one.why.startsWith('deleted')) === true;
  if (grant === undefined || run.clock.now() >= grant.deadline || isOver) return;
  const at = new Date(Math.floor(run.clock.now() / 1000) * 1000).toISOString().replace('.000', '');
  if (run.world.disk.files.read(`ended/${grant.id}`) === undefined)
    run.world.disk.files.write(`ended/${grant.id}`, `ended by an operator ${at}`);
  end(run.model, grant, 'operator');
}

export const HANDS = ['deadline', 'no-deny', 'assign', 'elsewhere', 'delete', 'orphan', 'attach'] as const;
export type Hand = (typeof HANDS)[number];

/** The sweep leaves alone for ten minutes what no grant explains; what a grant explains is compared in each pass. */
const ORPHAN_MS = 20 * 60_000;
const CHANGED_MS = 7 * 60_000;

/** Somebody with rights in AWS changes what the app made, or makes something that looks like it. */
export async function hand(run: Run, how: Hand, which: number): Promise<void> {
  const { world, model } = run;
  const { calls, sets } = world.aws;
  const touch = (arn: string, lastsMs: number) => {
    const before = model.hands.get(arn)?.lastsMs ?? 0;
    model.hands.set(arn, { at: run.clock.now(), lastsMs: Math.max(lastsMs, before) });
  };
  if (how === 'orphan') {
    touch(await makeOrphan(run), ORPHAN_MS);
    return;
  }
  const set = pick(sets.values(), which);
  if (set === undefined) return;
  touch(set.arn, CHANGED_MS);
  const later = JSON.stringify({ Version: '2012-10-17', Statement: [denyFrom('2099-01-01T00:00:00Z')] });
  const open = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const [account] = set.roles.keys();
  if (how === 'assign') await calls.assign(set.arn, account ?? '333344445555', hubot.aws ?? '');
  else if (how === 'elsewhere')
    await calls.assign(set.arn, pick(Object.values(ACCOUNTS), which) ?? '', hubot.aws ?? '');
  else if (how === 'attach') await calls.attach(set.arn, 'arn:aws:iam::aws:policy/PowerUserAccess');
  else if (how === 'delete') {
    for (const one of set.assignments) await calls.unassign(set.arn, one.account, one.user);
    // Refused while the engine has something under way on it: then it stays.
    await calls.deleteSet(set.arn).catch(() => {});
  } else await calls.putInline(set.arn, how === 'deadline' ? later : open);
  if (sets.has(set.arn) && account !== undefined) await calls.provision(set.arn, account);
}

function denyFrom(date: string) {
  const Condition = { DateGreaterThanEquals: { 'aws:CurrentTime': date } };
  return { Sid: 'BreakglassDeadline', Effect: 'Deny', Action: '*', Resource: '*', Condition };
}

async function makeOrphan({ world }: Run): Promise<string> {
  const { calls } = world.aws;
  const tags = new Map([
    ['breakglass:ledger', String(REPOSITORY_ID)],
    ['breakglass:grant', `nobody-${world.aws.version}`],
  ]);
  const arn = await calls.createSet(`bg-admin-orphan${world.aws.version}`, tags, awsNow(world));
  await calls.attach(arn, 'arn:aws:iam::aws:policy/AdministratorAccess');
  await calls.assign(arn, ACCOUNTS.staging ?? '', hubot.aws ?? '');
  return arn;
}
