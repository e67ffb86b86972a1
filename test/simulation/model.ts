// The judge: what was asked, approved and ended, as anybody could tell who stood beside; none of the app's own code.
import { type Can, whatCan } from './aws.ts';
import {
  ACCOUNTS,
  APPROVAL_TTL_MS,
  boss,
  type Lack,
  lackOf,
  lead,
  type Person,
  type Place,
  type Team,
} from './policy.ts';
import { APP_USER, awsNow, type SimulatedPull, type World } from './world.ts';

export type Asked =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly by: Person;
      readonly place: Place;
      readonly seconds: number;
    }
  | { readonly kind: 'extension'; readonly id: string; readonly by: Person; readonly seconds: number }
  | { readonly kind: 'removal'; readonly id: string; readonly by: Person }
  | { readonly kind: 'policy'; readonly id: string; readonly by: Person; readonly lack: Lack };

export type Approval = {
  readonly who: Person;
  readonly at: number;
  readonly sha: string | null;
  readonly onlyHead: boolean;
};
/** `perhaps`: whoever asked for it lost the right to it, maybe before the app read it. */
type End = { readonly at: number; readonly why: string; readonly by: Person | null; perhaps: boolean };

export type ModelGrant = {
  readonly id: string;
  readonly by: Person;
  readonly place: Place;
  readonly start: number;
  deadline: number;
  readonly pulls: number[];
  readonly ends: End[];
};

export type ViolationKind = 'unauthorized' | 'overrun' | 'orphan' | 'not-converged';
export type Violation = { readonly kind: ViolationKind; readonly sentence: string };

export type Hand = { readonly at: number; readonly lastsMs: number };

export type Model = {
  readonly world: World;
  readonly asked: Map<number, Asked>;
  readonly approvals: Map<number, Approval[]>;
  readonly grants: Map<string, ModelGrant>;
  /** Permission sets that somebody's hand changed in AWS: when last, and until when that may last if nothing disturbs. */
  readonly hands: Map<string, Hand>;
  /** `<team> <id>` → when that person left it. */
  readonly left: Map<string, number>;
  readonly violations: Violation[];
  policy: Lack;
  /** From when on nothing disturbs the app any more, as far as is known now. */
  quietFrom: number;
  /** The same without the engine: an early end does not wait for it. */
  deniesFrom: number;
  /** When clocks differed last by so much that the sweep takes nothing away; ends go on all the same. */
  clocksDifferedAt: number;
};

const MINUTE = 60_000;
/** What was read right before a merge may be this old at the merge. */
const READ_BEFORE_MS = 4 * MINUTE;
/** How long an end may take to be seen and denied once nothing disturbs, and how long a hand's work may last. */
const EARLY_END_MS = 3 * MINUTE;
const GRANTING_MS = 6 * MINUTE;

export function createModel(world: World): Model {
  const model: Model = {
    world,
    asked: new Map(),
    approvals: new Map(),
    grants: new Map(),
    hands: new Map(),
    left: new Map(),
    violations: [],
    policy: 'nothing',
    quietFrom: world.clock.now(),
    deniesFrom: world.clock.now(),
    clocksDifferedAt: 0,
  };
  world.onCommit = (sha, pull, by) => {
    const before = new Set(model.grants.keys());
    if (pull !== null && by.id === APP_USER.id) mergedByApp(model, sha, pull);
    endDeleted(model, sha, before, by.id === APP_USER.id ? 'deleted' : 'deleted by hand');
  };
  return model;
}

export function violate(model: Model, kind: ViolationKind, sentence: string): void {
  if (model.violations.some((one) => one.sentence === sentence)) return;
  model.violations.push({ kind, sentence });
}

function mergedByApp(model: Model, sha: string, pull: SimulatedPull): void {
  const { world } = model;
  const asked = model.asked.get(pull.number);
  const { message, committedAt } = world.repository.get(sha);
  if (asked === undefined || asked.kind === 'removal') return;
  const wrong = asked.kind === 'policy' ? whyNotOwners(model, pull) : whyNot(model, pull, asked);
  if (wrong !== null) violate(model, 'unauthorized', `the app merged ${asked.kind} "${asked.id}" though ${wrong}`);
  if (asked.kind === 'policy') {
    policyChanged(model, asked.lack);
    return;
  }
  // Judged under a policy that is no longer in force: such a merge counts for nothing.
  if (lackOf(/^Policies: (\S+)$/m.exec(message)?.[1] ?? '') !== model.policy) return;
  const known = model.grants.get(asked.id);
  const at = committedAt.getTime();
  if (asked.kind === 'extension') {
    if (known === undefined || at >= known.deadline || known.ends.some((one) => one.why.startsWith('policy'))) return;
    known.deadline = Math.max(known.deadline, known.start + asked.seconds * 1000);
    known.pulls.push(pull.number);
    return;
  }
  if (known !== undefined) violate(model, 'unauthorized', `"${asked.id}" was authorized twice`);
  const { id, by, place, seconds } = asked;
  model.grants.set(id, { id, by, place, start: at, deadline: at + seconds * 1000, pulls: [pull.number], ends: [] });
}

function whyNotOwners(model: Model, pull: SimulatedPull): string | null {
  const approvals = (model.approvals.get(pull.number) ?? []).filter(({ who }) => who.id !== pull.author.id);
  const owners = approvals.filter(({ who }) => [boss, lead].includes(who) || was(model, 'incident-commanders', who));
  return new Set(owners.map(({ who }) => who.id)).size >= 2 ? null : 'two owners have not approved it';
}

/** Null when a naive reader of the conversation would have merged it as well. */
function whyNot(model: Model, pull: SimulatedPull, asked: Extract<Asked, { seconds: number }>): string | null {
  const now = model.world.clock.now();
  const place = asked.kind === 'request' ? asked.place : model.grants.get(asked.id)?.place;
  if (place === undefined) return 'it extends nothing';
  if (pull.author.id !== asked.by.id) return 'somebody else opened it';
  if (place.rule === 'staging') return was(model, 'engineering', asked.by) ? null : 'its author may not ask for it';
  if (!was(model, 'sre', asked.by)) return 'its author may not ask for it';
  const counts = (model.approvals.get(pull.number) ?? []).some(
    ({ who, at, sha, onlyHead }) =>
      who.id !== asked.by.id &&
      was(model, 'incident-commanders', who) &&
      (sha === null ? onlyHead : sha === pull.head) &&
      now - at < APPROVAL_TTL_MS + READ_BEFORE_MS &&
      (pull.reopenedAt === null || at >= pull.reopenedAt.getTime()),
  );
  return counts ? null : 'nobody who may has approved it as it is';
}

/** Now, or a moment ago. */
function was({ world, left }: Model, team: Team, { id }: Person): boolean {
  return world.teams[team].has(id) || world.clock.now() - (left.get(`${team} ${id}`) ?? 0) < READ_BEFORE_MS;
}

export function mayEnd({ world }: Model, grant: ModelGrant, who: Person): boolean {
  const { sre, 'incident-commanders': commanders } = world.teams;
  return who.id === grant.by.id || sre.has(who.id) || (grant.place.rule === 'prod-admin' && commanders.has(who.id));
}

export function end(model: Model, grant: ModelGrant, why: string, by: Person | null = null): void {
  grant.ends.push({ at: model.world.clock.now(), why, by, perhaps: false });
}

/** What somebody asked for a moment before counts only if it was read in time. */
export function leaves(model: Model, team: Team, who: Person): void {
  const now = model.world.clock.now();
  model.left.set(`${team} ${who.id}`, now);
  for (const grant of model.grants.values())
    for (const one of grant.ends)
      if (one.by?.id === who.id && now - one.at < READ_BEFORE_MS && !mayEnd(model, grant, who)) one.perhaps = true;
}

/** Whoever deletes the file, the access ends. */
function endDeleted(model: Model, sha: string, before: ReadonlySet<string>, why: string): void {
  const { grants } = model.world.repository.get(sha).tree;
  for (const grant of model.grants.values())
    if (before.has(grant.id) && !grants.has(`grants/${grant.id}.yaml`) && !isDeleted(grant)) end(model, grant, why);
}

function isDeleted({ ends }: ModelGrant): boolean {
  return ends.some((one) => one.why.startsWith('deleted'));
}

export function policyChanged(model: Model, lack: Lack): void {
  model.policy = lack;
  for (const grant of model.grants.values()) {
    const { by, place } = grant;
    const stands = [by.login, `account ${place.account}`, `role ${place.role}`, `rule ${place.rule}`];
    if (stands.includes(lack)) end(model, grant, `policy lacks ${lack}`);
  }
}

export function grantOf(model: Model, can: Can): ModelGrant | undefined {
  return model.grants.get(can.set.tags.get('breakglass:grant') ?? '');
}

/** A minute by the app's own measure, which has whole seconds. */
const CLOCKS_MS = 58_000;

/** At this very moment, nobody can do what was not granted, nor longer than it was granted. */
export function judgeNow(model: Model): void {
  const { world } = model;
  const differ = [world.clock.skewMs, world.awsSkewMs - world.clock.skewMs];
  if (differ.some((ms) => Math.abs(ms) > CLOCKS_MS)) model.clocksDifferedAt = world.clock.now();
  for (const can of whatCan(world.aws, awsNow(world))) {
    const wrong = whyMayNot(model, can);
    if (wrong !== null) violate(model, wrong.kind, wrong.sentence);
  }
}

function whyMayNot(model: Model, can: Can): Violation | null {
  const { world, quietFrom } = model;
  const now = world.clock.now();
  const hand = model.hands.get(can.set.arn);
  if (hand !== undefined && now < Math.max(hand.at, quietFrom, model.clocksDifferedAt) + hand.lastsMs) return null;
  const kind = hand === undefined ? 'unauthorized' : 'orphan';
  const grant = grantOf(model, can);
  const who = `${can.user} has ${can.set.name} in ${can.account}`;
  if (grant === undefined) return { kind, sentence: `${who}, which nobody granted` };
  if (can.user !== grant.by.aws || can.account !== ACCOUNTS[grant.place.account])
    return { kind, sentence: `${who}, which "${grant.id}" does not give` };
  if (can.until > grant.deadline) return { kind: 'overrun', sentence: `${who} for longer than "${grant.id}" says` };
  const late = grant.ends.find(({ at, perhaps }) => !perhaps && now > Math.max(at, model.deniesFrom) + EARLY_END_MS);
  if (late === undefined) return null;
  return { kind: 'overrun', sentence: `${who}, though "${grant.id}" was ended (${late.why})` };
}

/** Whoever was granted something and for whom nothing has ended has it, when nothing disturbs. */
export function judgeMissing(model: Model): void {
  const { world } = model;
  const now = world.clock.now();
  const has = new Set(whatCan(world.aws, awsNow(world)).map((can) => grantOf(model, can)?.id));
  const touched = Math.max(0, ...[...model.hands.values()].map((one) => one.at));
  for (const { id, start, deadline, ends } of model.grants.values()) {
    const since = Math.max(start, model.quietFrom, touched) + GRANTING_MS;
    if (ends.length > 0 || now < since || now > deadline - 90_000 || world.awsSkewMs !== 0 || world.clock.skewMs !== 0)
      continue;
    if (!has.has(id)) violate(model, 'not-converged', `"${id}" was granted, and its person does not have it`);
  }
}
