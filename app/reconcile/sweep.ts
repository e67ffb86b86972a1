// The sweep: what carries our mark and no grant explains goes, within its guards; live access is compared with what was signed.
import type { Access, Examination, IdentityCenter } from '../aws/port.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { ownDeadline } from '../core/own-deadline.ts';
import { sight } from '../core/sightings.ts';
import { type Orphan, planSweep, type SweepPlan, unexplained } from '../core/sweep.ts';
import type { Context } from './context.ts';
import { doubtOf, earliestNow } from './doubt.ts';
import { compareLive } from './drift.ts';
import { type Seen, sightingKey } from './sweep-memory.ts';

/** By the pass, with a ledger that is younger than what was seen. What could not be read tells nothing. */
export function noteUnexplained(context: Context, ledger: Ledger, seen: Seen & { readonly fetched: boolean }): void {
  const { memory, github, alarms } = context;
  const { sweep } = memory;
  sweep.fetched = seen.fetched;
  sweep.seen = { sets: seen.sets ?? sweep.seen.sets, stacks: seen.stacks ?? sweep.seen.stacks };
  const found = unexplained(ledger, sweep.seen.sets ?? [], sweep.seen.stacks ?? []);
  // Against a ledger that may be old nothing is seen once more.
  const sets = seen.fetched && seen.sets !== null;
  const stacks = seen.fetched && seen.stacks !== null;
  const read = [...(sets ? found.sets : []), ...(stacks ? found.stacks : [])].map(sightingKey);
  const unread = [...sweep.unexplainedSightings].filter(([key]) => !(key.startsWith('stack ') ? stacks : sets));
  sweep.unexplained = found;
  sweep.unexplainedSightings = new Map([...unread, ...sight(sweep.unexplainedSightings, read, github.now())]);
  const about = [...found.sets.map((set) => aboutSet(set, sweep.unexamined)), ...found.stacks.map(aboutStack)];
  // After a start not everything was read yet: what was open before is not over for that.
  if (sweep.seen.sets !== null && sweep.seen.stacks !== null) alarms.hold('access-unexplained', about);
  else for (const one of about) alarms.raise('access-unexplained', one.subject, one.sentence, one.facts);
}

const EXPLAINED_BY_NONE = 'carries our mark, but no authorization explains it';

function aboutSet({ arn, name, grantId }: Access, unexamined: ReadonlyMap<string, string>) {
  const why = unexamined.get(arn);
  const stays = why === undefined ? '' : `; it stays, as AWS does not tell how old it is and when it ends: ${why}`;
  const sentence = `permission set ${name} ${EXPLAINED_BY_NONE}${stays}`;
  return { subject: arn, sentence, facts: { arn, grant: grantId } };
}

function aboutStack(id: string) {
  return { subject: `stack ${id}`, sentence: `the stack of "${id}" ${EXPLAINED_BY_NONE}`, facts: { stack: id } };
}

/** After each pass; a second process that stands by sweeps nothing. */
export async function reconcileSweep(context: Context, signal: AbortSignal): Promise<void> {
  if (context.engine().kind === 'standby') return;
  const ledger = await context.ledger();
  const halves = await Promise.allSettled([sweepUnexplained(context, ledger), compareLive(context, ledger, signal)]);
  for (const half of halves) if (half.status === 'rejected') throw half.reason;
}

async function sweepUnexplained(context: Context, ledger: Ledger): Promise<void> {
  const { memory, enqueue } = context;
  const { sweep } = memory;
  const { settings } = ledger.policy.value;
  const center = context.identityCenter(settings.identityCenter);
  const now = earliestNow(context, center);
  const counted = countRemovals(context, now);
  // What is decided already waits for nothing that AWS does not tell of others.
  for (const [arn, { begun }] of sweep.removing) if (begun) enqueue(`orphan:${arn}`);
  for (const id of sweep.unexplained.stacks) if (isRipe(context, id, now)) enqueue(`orphan:stack/${id}`);
  const orphans = await examineAll(context, center);
  const planned = planSweep({
    orphans,
    now,
    minAgeMs: sweep.minAgeMs,
    limits: { maxRemovals: settings.maxRemovals, released: settings.releasedRemovals },
    removed: counted ?? new Set(),
    doubt: counted === null ? 'what was taken away before cannot be read' : doubtOf(context, center),
  });
  sayFrozen(context, planned, orphans.length === sweep.unexplained.sets.length);
  for (const [arn, { begun }] of sweep.removing) if (!begun) sweep.removing.delete(arn);
  for (const { arn, name, counted } of planned.remove)
    if (!sweep.removing.has(arn)) sweep.removing.set(arn, { name, counted, begun: false });
  for (const [arn, { begun }] of sweep.removing) if (!begun) enqueue(`orphan:${arn}`);
}

function countRemovals({ memory, log }: Context, now: Date): ReadonlySet<string> | null {
  try {
    return memory.sweep.removals.recent(now);
  } catch (error) {
    log.error({ error: String(error) }, 'the removals of the last day cannot be read');
    return null;
  }
}

/** The state does not tell when a stack was made: its age is how long this process has seen it. */
function isRipe({ memory }: Context, stack: string, now: Date): boolean {
  const { unexplainedSightings, minAgeMs } = memory.sweep;
  const seen = unexplainedSightings.get(sightingKey(stack));
  return seen !== undefined && seen.times >= 2 && now.getTime() - seen.since.getTime() >= minAgeMs;
}

async function examineAll(context: Context, center: IdentityCenter): Promise<readonly Orphan[]> {
  const { sweep } = context.memory;
  const { sets } = sweep.unexplained;
  const arns = new Set(sets.map((set) => set.arn));
  for (const known of [sweep.examined, sweep.unexamined])
    for (const arn of known.keys()) if (!arns.has(arn)) known.delete(arn);
  const orphans: Orphan[] = [];
  for (const { arn, name, expiresAt } of sets) {
    const seen = sweep.unexplainedSightings.get(arn);
    if (seen === undefined || seen.times < 2) continue;
    const examination = sweep.examined.get(arn) ?? (await examineOne(context, center, arn));
    if (examination === null) continue;
    const { createdAt, inlinePolicy } = examination;
    orphans.push({ arn, name, createdAt, deadline: ownDeadline(expiresAt, inlinePolicy), seen });
  }
  return orphans;
}

/** One that AWS does not tell of waits, and no other with it. */
async function examineOne({ memory, log }: Context, center: IdentityCenter, arn: string): Promise<Examination | null> {
  const { examined, unexamined } = memory.sweep;
  try {
    const examination = await center.examine(arn);
    unexamined.delete(arn);
    if (examination !== null) examined.set(arn, examination);
    return examination;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    unexamined.set(arn, reason);
    log.warn({ arn, error: reason }, 'what no grant explains could not be examined');
    return null;
  }
}

const NAMED = 20;

/** `all`: every one was looked at; after a start the second sighting is still to come. */
function sayFrozen({ alarms }: Context, { frozen, why }: SweepPlan, all: boolean): void {
  if (why === null) {
    if (all) alarms.clear('removals-frozen');
    return;
  }
  const names = frozen.map((one) => one.name);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const sentence = `no grant explains ${names.slice(0, NAMED).join(', ')}${more}, but nothing more is taken away: ${why}`;
  alarms.hold('removals-frozen', [{ subject: 'sweep', sentence, facts: { sets: names, why } }]);
}
