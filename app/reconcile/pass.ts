// Looks at everything, on a timer: what a lost webhook, a crash or a late timer left undone is found here.

import type { Access } from '../aws/port.ts';
import { type End, endOf } from '../core/ledger/ends.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { plan } from '../core/plan.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';
import { stopGranting } from './early-end.ts';
import { withinMs } from './within.ts';

export type Passed = { readonly live: number; readonly steps: number; readonly problems: readonly string[] };

/** Each half is done even when the other cannot be: access ends with GitHub down, requests are judged with AWS down. */
export async function pass(context: Context): Promise<Passed> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, run: () => Promise<T>): Promise<T | null> => {
    try {
      return await run();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  // A new mirror is empty: nothing can be asked of AWS before the first fetch.
  if (!(await hasLedger(context))) await context.mirror.fetch();
  // AWS is listed first and Git read after: what is seen in AWS was authorized before it was made.
  const access = await attempt('AWS', () => listAccessSoon(context));
  await attempt('git fetch', () => context.mirror.fetch());
  const ledger = await context.ledger();
  sayAlarms(context, ledger);
  const ends = await findEnds(context, ledger, access ?? new Map());
  sayUnexplained(context, ledger, access ?? new Map());
  const steps = await attempt('plan', () => enqueueGrants(context, ledger, ends, access));
  await attempt('pull requests', () => enqueuePulls(context, ledger, ends));
  if (ledger.strays.length > 0 || context.memory.proven.size > 0) context.enqueue('removal');
  for (const problem of problems) context.log.warn({ problem }, 'pass');
  const live = [...ledger.grants.keys()].filter((id) => !ends.has(id)).length;
  return { live, steps: steps ?? 0, problems };
}

function hasLedger(context: Context): Promise<boolean> {
  return context.mirror.tip().then(
    () => true,
    () => false,
  );
}

/** The first listing of a large organisation takes minutes, as every name must be asked for: nothing waits for it. */
async function listAccessSoon(context: Context): Promise<ReadonlyMap<string, Access>> {
  const { memory } = context;
  memory.listing ??= listAccess(context).finally(() => {
    memory.listing = null;
  });
  const listed = await withinMs(LISTING_PATIENCE_MS, memory.listing, null);
  if (listed === null) throw new Error('AWS is still being asked for the names of its permission sets');
  return listed;
}

const LISTING_PATIENCE_MS = 15_000;

async function listAccess(context: Context): Promise<ReadonlyMap<string, Access>> {
  const { settings } = (await context.ledger()).policy.value;
  const all = await context.identityCenter(settings.identityCenter).list();
  const ours = all.filter((one) => one.ledger === String(context.configured.repositoryId));
  return new Map(ours.flatMap((one) => (one.grantId === null ? [] : [[one.grantId, one] as const])));
}

async function findEnds(
  { memory, github }: Context,
  ledger: Ledger,
  access: ReadonlyMap<string, Access>,
): Promise<ReadonlyMap<string, End>> {
  const ends = new Map<string, End>();
  for (const entry of ledger.grants.values()) {
    const ended = access.get(entry.id)?.ended;
    if (ended != null && !memory.revoked.has(entry.id)) memory.revoked.set(entry.id, ended);
    const end = endOf(entry, ledger.policy.value, github.now(), memory.revoked.get(entry.id));
    if (end !== null) ends.set(entry.id, end);
  }
  return ends;
}

/** With AWS unknown, every grant that is not settled is looked at one by one: each will say what is wrong. */
async function enqueueGrants(
  context: Context,
  ledger: Ledger,
  ends: ReadonlyMap<string, End>,
  access: ReadonlyMap<string, Access> | null,
): Promise<number> {
  const { enqueue, memory, github } = context;
  const state = context.engine();
  const stacks = state.kind === 'ready' ? await state.engine.stacks().catch(() => null) : [];
  const known = access !== null && stacks !== null;
  const steps = known ? plan({ ledger, ends, stacks: new Set(stacks), access, now: github.now() }) : [];
  const due = new Set(steps.map((step) => step.id));
  for (const entry of ledger.grants.values()) {
    const { id } = entry;
    const end = ends.get(id);
    const ended = end !== undefined;
    if (ended) stopGranting(context, entry, end.sentence);
    else if (memory.unsaid.has(id)) memory.confirmed.delete(id);
    if (ended ? !isSettled(context, id, ledger) : !known || memory.confirmed.get(id) !== entry.resolved.deadline)
      due.add(id);
  }
  for (const id of due) enqueue(`grant:${id}`);
  for (const one of ledger.grants.values())
    if (!ends.has(one.id)) enqueue(`grant:${one.id}`, Math.max(0, one.deadline.getTime() - github.now().getTime()));
  return steps.length;
}

/** Recorded long ago is settled; a fresh one once its comment says so. */
function isSettled({ memory, github }: Context, id: string, ledger: Ledger): boolean {
  const removed = ledger.grants.get(id)?.removed;
  if (removed == null || memory.unsaid.has(id)) return false;
  return memory.settled.has(id) || github.now().getTime() - removed.at.getTime() > 86_400_000;
}

/** Open ones are judged; those of live grants are read for a /revoke. */
async function enqueuePulls(context: Context, ledger: Ledger, ends: ReadonlyMap<string, End>): Promise<void> {
  const { github, enqueue, memory } = context;
  const open = await github.openPulls();
  await fetchHeads(context, open);
  for (const pull of open) enqueue(`pull:${pull.number}`);
  // One that was closed by hand, and nobody told us, would keep another from being opened.
  for (const number of memory.removals.values()) enqueue(`pull:${number}`);
  for (const entry of ledger.grants.values())
    if (!ends.has(entry.id)) for (const number of entry.pulls) enqueue(`pull:${number}`);
  for (const commit of new Set(ledger.strays.map((one) => one.commit)))
    for (const pull of await github.pullsOfCommit(commit))
      if (pull.mergeCommit === commit) enqueue(`pull:${pull.number}`);
}

/** All that are new in one round trip, and not one for each; whoever judges one whose head is missing asks again. */
async function fetchHeads({ mirror }: Context, open: readonly Pull[]): Promise<void> {
  const known = await Promise.all(open.map(async ({ number, head }) => (await mirror.pullHead(number)) === head.sha));
  const unseen = open.filter((_, i) => known[i] === false).map(({ number }) => number);
  if (unseen.length > 0) await mirror.fetch(unseen).catch(() => {});
}

/** Our mark on something that no authorization explains: said, and left to a person, who knows what made it. */
function sayUnexplained({ log, memory }: Context, ledger: Ledger, access: ReadonlyMap<string, Access>): void {
  for (const [id, one] of access) {
    if (ledger.grants.has(id) || memory.saidAlarms.has(one.arn)) continue;
    memory.saidAlarms.add(one.arn);
    log.error(
      { alarm: 'access-unexplained', arn: one.arn, grant: id },
      'a permission set carries our mark, but no authorization explains it',
    );
  }
}

/** Each alarm once in a process; the log is what pages somebody. */
function sayAlarms({ log, memory }: Context, ledger: Ledger): void {
  for (const alarm of ledger.alarms) {
    const key = `${alarm.code} ${alarm.commit} ${alarm.message}`;
    if (memory.saidAlarms.has(key)) continue;
    memory.saidAlarms.add(key);
    log.error({ alarm: alarm.code, commit: alarm.commit, at: alarm.at.toISOString() }, alarm.message);
  }
}
