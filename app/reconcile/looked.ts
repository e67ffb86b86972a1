// What this process looked at completely: the timer asks GitHub again only about what may be another by now, as an hour
// has 5,000 requests, and anybody can open pull requests.
import type { Seen } from '../core/decision/evidence.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import { type End, endOf } from '../core/ledger/ends.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';

type Looked = {
  /** By GitHub's clock, before anything was read. */
  readonly at: Date;
  readonly updatedAt: Date;
  /** Whatever else the look hung on and can be compared without a request. */
  readonly stood: string;
  /** It hangs on which grants are live as well: budgets count them, an extension needs its own. */
  readonly budgeted: boolean;
  /** After how many passes it is looked at again though nothing changed. */
  readonly passes: number;
};

export type LookedMemory = {
  /** Open pull requests, as they were judged. */
  readonly open: Map<number, Looked>;
  /** Pull requests of live grants, as they were read for a /revoke. */
  readonly merged: Map<number, Looked>;
  /** Grows when everything may be another: a look that began before does not count. */
  doubts: number;
};

/** A look that has begun. */
export type Look = { readonly at: Date; readonly doubts: number; readonly pull: Pull };

type Remembering = { readonly memory: { readonly looked: LookedMemory } };

export const newLooked = (): LookedMemory => ({ open: new Map(), merged: new Map(), doubts: 0 });

/** Somebody is in another team, or has another name, or asked for a new judgement: nothing of that shows in a list. */
export function doubtAll({ memory: { looked } }: Remembering): void {
  looked.doubts += 1;
  looked.open.clear();
  looked.merged.clear();
}

/** Only a look that comes to its end counts: one that fails is due in every pass, besides what the queue does. */
export function beginLook(
  { memory: { looked }, github }: Remembering & Pick<Context, 'github'>,
  number: number,
): Omit<Look, 'pull'> {
  looked.open.delete(number);
  looked.merged.delete(number);
  return { at: github.now(), doubts: looked.doubts };
}

type Judged = { readonly facts: PullFacts; readonly seen: Seen };

/** Nothing is noted while GitHub leaves open who is in a team: that is asked again in each pass. */
export function noteJudged(context: Remembering, look: Look, { facts, seen }: Judged, passes = PASSES): void {
  if (leavesOpen(seen.answers)) return;
  const { ledger, now, change } = facts;
  const budgeted = change.kind !== 'owners' && change.kind !== 'refused';
  const live = [...ledger.grants.values()].filter(
    (entry) => endOf(entry, ledger.policy.value, now, facts.revoked?.(entry.id)) === null,
  );
  const stood = stoodAt(look.pull, ledger, budgeted ? live : []);
  note(context, 'open', look, { stood, budgeted, passes });
}

export function noteRead(context: Remembering, look: Look, ledger: Ledger): void {
  note(context, 'merged', look, { stood: ledger.policy.tree, budgeted: false, passes: PASSES });
}

type Noted = Pick<Looked, 'stood' | 'budgeted' | 'passes'>;

function note({ memory: { looked } }: Remembering, where: 'open' | 'merged', look: Look, noted: Noted): void {
  const { at, doubts, pull } = look;
  if (doubts === looked.doubts) looked[where].set(pull.number, { at, updatedAt: pull.updatedAt, ...noted });
}

export function leavesOpen({ teams, people }: Seen['answers']): boolean {
  return teams.some(({ actual }) => actual === 'unknown') || people.some(({ answer }) => answer === 'unknown');
}

export type Situation = {
  readonly ledger: Ledger;
  readonly ends: ReadonlyMap<string, End>;
  /** Between two passes. */
  readonly passMs: number;
};

/** Of the open ones: all that changed, and some of those that were not looked at for long, the longest first. */
export function dueOpen(
  context: Context,
  open: readonly Pull[],
  { ledger, ends, passMs }: Situation,
): readonly number[] {
  const { memory, github } = context;
  const { looked } = memory;
  keepOnly(looked.open, new Set(open.map(({ number }) => number)));
  const live = liveOnes(ledger, ends);
  const changed = open.filter((pull) => {
    const last = looked.open.get(pull.number);
    if (last === undefined || isStirred(last, pull.updatedAt)) return true;
    return last.stood !== stoodAt(pull, ledger, last.budgeted ? live : []);
  });
  const due = new Set(changed.map(({ number }) => number));
  const old = [...looked.open].filter(
    ([number, last]) => !due.has(number) && isOld(number, last, github.now(), passMs),
  );
  const longest = old.toSorted(([, a], [, b]) => a.at.getTime() - b.at.getTime()).map(([number]) => number);
  return [...due, ...longest.slice(0, isShort(context) ? 0 : MOST_UNCHANGED)];
}

/** Of the merged ones of live grants; one request for all of them. */
export async function dueMerged(
  { memory, github }: Context,
  { ledger, ends, passMs }: Situation,
): Promise<readonly number[]> {
  const numbers = [...new Set(liveOnes(ledger, ends).flatMap(({ pulls }) => pulls))];
  const { merged } = memory.looked;
  keepOnly(merged, new Set(numbers));
  const now = github.now();
  const first = Math.min(...[...merged.values()].map(({ at }) => at.getTime()));
  const changed = merged.size === 0 ? null : await github.changedSince(new Date(first - OVERLAP_MS));
  return numbers.filter((number) => {
    const last = merged.get(number);
    if (last === undefined || last.stood !== ledger.policy.tree || isOld(number, last, now, passMs)) return true;
    return isStirred(last, changed?.get(number) ?? last.updatedAt);
  });
}

function liveOnes({ grants }: Ledger, ends: ReadonlyMap<string, End>): readonly GrantEntry[] {
  return [...grants.values()].filter(({ id }) => !ends.has(id));
}

function keepOnly(map: Map<number, Looked>, numbers: ReadonlySet<number>): void {
  for (const number of map.keys()) if (!numbers.has(number)) map.delete(number);
}

function stoodAt({ head, base, draft, title }: Pull, { tip }: Ledger, live: readonly GrantEntry[]): string {
  return JSON.stringify([head.sha, base.ref, draft, title, tip, live.map(({ id }) => id)]);
}

/** Times have whole seconds, and a replica may be behind: a look in the moment of the change may have missed half of it. */
const MOMENT_MS = 5_000;
const OVERLAP_MS = 60_000;

function isStirred({ at, updatedAt }: Looked, now: Date): boolean {
  return now.getTime() !== updatedAt.getTime() || at.getTime() - updatedAt.getTime() < MOMENT_MS;
}

/**
 * What the list does not show (a deleted comment, a membership whose webhook was lost) is found then; before a merge all is
 * read again. Spread over the numbers, as a start looks at all of them at once.
 */
const PASSES = 10;
const MOST_UNCHANGED = 3;

function isOld(number: number, { at, passes }: Looked, now: Date, passMs: number): boolean {
  return now.getTime() - at.getTime() >= passMs * (passes + (number % 5) - 2);
}

/** Too few requests are left in this hour for anything but changes, merges, revocations and removals. */
export function isShort({ github }: Pick<Context, 'github'>): boolean {
  const budget = github.budget();
  return budget !== null && budget.remaining < Math.max(500, budget.limit / 10);
}
