// Looks at everything, on a timer: what a lost webhook, a crash or a late timer left undone is found here.

import type { Access } from '../aws/port.ts';
import { type End, endOf, isLongOver } from '../core/ledger/ends.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { plan } from '../core/plan.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';
import { sayClocks } from './doubt.ts';
import { heedDrift } from './drift.ts';
import { stopGranting } from './early-end.ts';
import { sayHistory } from './history-alarms.ts';
import { accessByGrant, listSetsSoon, listStacks } from './look.ts';
import { dueMerged, dueOpen, type Situation } from './looked.ts';
import { guardRepository } from './repository-guard.ts';
import { sayStuck } from './stuck-alarms.ts';
import { noteUnexplained } from './sweep.ts';

export type Passed = { readonly live: number; readonly steps: number; readonly problems: readonly string[] };

/** Each half is done even when the other cannot be: access ends with GitHub down, requests are judged with AWS down. */
export async function pass(context: Context, passMs = 60_000): Promise<Passed> {
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
  if (!(await hasLedger(context))) await fetchFirst(context);
  // AWS and the state are listed first and Git read after: what is seen there was authorized before it was made.
  const [sets, stacks] = await Promise.all([
    attempt('AWS', () => listSetsSoon(context)),
    attempt("the engine's state", () => listStacks(context)),
  ]);
  const fetched = await attempt('git fetch', () => context.mirror.fetch().then(() => true));
  const ledger = await context.ledger();
  sayHistory(context, ledger);
  const access = sets === null ? null : accessByGrant(ledger, sets);
  const ends = await findEnds(context, ledger, access ?? new Map());
  context.memory.livePulls = new Set(
    [...ledger.grants.values()].flatMap(({ id, pulls }) => (ends.has(id) ? [] : pulls)),
  );
  noteUnexplained(context, ledger, { sets, stacks, fetched: fetched === true });
  sayClocks(context, context.identityCenter(ledger.policy.value.settings.identityCenter));
  const steps = await attempt('plan', async () => enqueueGrants(context, ledger, ends, { access, stacks }));
  await attempt('pull requests', () => enqueuePulls(context, { ledger, ends, passMs }));
  await guardRepository(context);
  if (ledger.strays.length > 0 || context.memory.proven.size > 0) context.enqueue('removal');
  for (const problem of problems) context.log.warn({ problem }, 'pass');
  sayStuck(context, ledger);
  context.enqueue('sweep');
  context.enqueue('alarm-issue');
  const live = [...ledger.grants.keys()].filter((id) => !ends.has(id)).length;
  return { live, steps: steps ?? 0, problems };
}

/** What was verified before goes on counting; with nothing to go on, GitHub's words say what is wrong. */
async function fetchFirst(context: Context): Promise<void> {
  try {
    await context.mirror.fetch();
  } catch (error) {
    await context.ledger().catch(() => {
      throw error;
    });
  }
}

function hasLedger(context: Context): Promise<boolean> {
  return context.mirror.tip().then(
    () => true,
    () => false,
  );
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

type Held = { readonly access: ReadonlyMap<string, Access> | null; readonly stacks: readonly string[] | null };

/** With AWS unknown, every grant that is not settled is looked at one by one: each will say what is wrong. */
function enqueueGrants(
  context: Context,
  ledger: Ledger,
  ends: ReadonlyMap<string, End>,
  { access, stacks }: Held,
): number {
  const { enqueue, memory, github } = context;
  // A state that does not answer says of no live grant that its stack is gone.
  const assumed = stacks ?? [...ledger.grants.keys()].filter((id) => !ends.has(id));
  const input = { ledger, ends, stacks: new Set(assumed), now: github.now() };
  const steps = access === null ? [] : heedDrift(context, ledger, access, plan({ ...input, access }));
  const due = new Set(steps.map((step) => step.id));
  for (const entry of ledger.grants.values()) {
    const { id } = entry;
    const end = ends.get(id);
    const ended = end !== undefined;
    if (ended) stopGranting(context, entry, end.sentence);
    else if (memory.unsaid.has(id)) memory.confirmed.delete(id);
    if (
      ended ? !isSettled(context, id, ledger) : access === null || memory.confirmed.get(id) !== entry.resolved.deadline
    )
      due.add(id);
  }
  for (const id of due) enqueue(`grant:${id}`);
  for (const one of ledger.grants.values())
    if (!ends.has(one.id)) enqueue(`grant:${one.id}`, Math.max(0, one.deadline.getTime() - github.now().getTime()));
  return steps.length;
}

/** Recorded long ago is settled; a fresh one once its comment says so. */
function isSettled({ memory, github }: Context, id: string, ledger: Ledger): boolean {
  const entry = ledger.grants.get(id);
  if (entry == null || entry.removed === null || memory.unsaid.has(id)) return false;
  return memory.settled.has(id) || isLongOver(entry, github.now());
}

/** Open ones are judged; those of live grants are read for a /revoke: where something may be another since the last look. */
async function enqueuePulls(context: Context, situation: Situation): Promise<void> {
  const { github, enqueue, memory } = context;
  const { ledger } = situation;
  const open = await github.openPulls();
  await fetchHeads(context, open);
  for (const number of dueOpen(context, open, situation)) enqueue(`pull:${number}`);
  // One that was closed by hand, and nobody told us, would keep another from being opened.
  const numbers = new Set(open.map(({ number }) => number));
  for (const number of memory.removals.values()) if (!numbers.has(number)) enqueue(`pull:${number}`);
  for (const number of await dueMerged(context, situation)) enqueue(`pull:${number}`);
  for (const commit of new Set(ledger.strays.map((one) => one.commit)))
    for (const pull of await github.pullsOfCommit(commit))
      if (pull.mergeCommit === commit) enqueue(`pull:${pull.number}`);
}

/** All that are new in one round trip, and not one for each; whoever judges one whose head is missing asks again. */
async function fetchHeads({ mirror }: Context, open: readonly Pull[]): Promise<void> {
  const known = await Promise.all(open.map(async ({ number, head }) => (await mirror.pullHead(number)) === head.sha));
  const unseen = open.filter((_, i) => known[i] === false).map(({ number, head }) => ({ number, sha: head.sha }));
  if (unseen.length > 0) await mirror.fetch(unseen).catch(() => {});
}
