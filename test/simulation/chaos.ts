// Each life with one fault at one call: every fault point that the life meets, every kind of fault.
import { whatCan } from './aws.ts';
import { comeToRest } from './ending.ts';
import { FAULTS, type FaultKind, isRead } from './faults.ts';
import { type Run, startRun } from './life.ts';
import { LIVES, type Life } from './lives.ts';
import { type ViolationKind, violate } from './model.ts';
import { octocat } from './policy.ts';
import { awsNow } from './world.ts';

/** Longer than the steps of an early deny take, and shorter than the engine's patience. */
const AT_ONCE_MS = 45_000;
/** A restart, its first pass and what that causes. */
const ONE_PASS_MS = 50_000;
/** Two passes and what they cause, once nothing disturbs any more. */
const TWO_PASSES_MS = 180_000;
const SIGNED_BEFORE_MS = 10_000;

type Fault = { readonly point: string; readonly after: number; readonly kind: FaultKind };
type Played = {
  readonly calls: ReadonlyMap<string, number>;
  readonly violations: Run['model']['violations'];
  /** After a restart and one pass. */
  readonly isJudged: boolean;
  /** The access that should be there was judged only after its own end, when nothing is right whatever happened. */
  readonly isTooLate: boolean;
};

/** `seed`: another one for each run, as what the app keeps in mind by the day must not come from another run. */
export async function playLife(life: Life, fault: Fault | null, seed: number): Promise<Played> {
  const run = startRun(seed);
  try {
    await life.before(run);
    run.calls.clear();
    if (fault !== null) run.armed.push({ ...fault });
    await life.begin(run);
    await run.advance(AT_ONCE_MS);
    const waitsForNothing = fault === null || /^(engine|provider)\.(?!.*crash)/.test(`${fault.point} ${fault.kind}`);
    if (life.early && waitsForNothing) judgeAccess(run, life);
    const { model, clock } = run;
    const began = clock.now();
    let isJudged = false;
    if (fault?.kind.startsWith('crash') === true) {
      while (run.faults.length === 0 && clock.now() < began + TWO_PASSES_MS) await run.advance(1_000);
      // The pass that a restart begins with: the next comes a minute after it.
      await run.advance(Math.max(0, model.quietFrom + ONE_PASS_MS - clock.now()));
      // What a hand did is seen by two passes, and what no grant explains ten minutes later.
      isJudged = run.faults.length > 0 && model.hands.size === 0;
      if (isJudged) judgeAccess(run, life);
    }
    await run.advance(Math.max(0, began + TWO_PASSES_MS - AT_ONCE_MS - clock.now()));
    const quiet = Math.max(model.quietFrom, ...[...model.hands.values()].map(({ at, lastsMs }) => at + lastsMs));
    const disturbed = model.hands.size > 0 || fault !== null;
    if (disturbed && quiet + TWO_PASSES_MS > clock.now()) await run.advance(quiet + TWO_PASSES_MS - clock.now());
    judgeAccess(run, life);
    const isTooLate = life.access !== null && isOver(run);
    const calls = new Map(run.calls);
    await comeToRest(run);
    return { calls, violations: run.model.violations, isJudged, isTooLate };
  } finally {
    run.stop();
  }
}

function isOver({ model, clock }: Run): boolean {
  const [grant] = model.grants.values();
  return grant !== undefined && clock.now() >= grant.deadline;
}

/** The right access, and nothing else; where the fault took longer than the grant itself, nothing. */
function judgeAccess(run: Run, { name, access }: Life): void {
  const { world, model } = run;
  const can = whatCan(world.aws, awsNow(world));
  const [grant] = model.grants.values();
  if (access === null || isOver(run)) {
    if (can.length > 0) violate(model, 'overrun', `${name}: there is access after its end`);
    return;
  }
  const until = grant === undefined ? 0 : grant.start + access.seconds * 1000;
  const [only, ...more] = can;
  // Signed a moment before the merge: the retries of a merge do not take from it, as each signs anew.
  const isRight = only !== undefined && only.user === octocat.aws && until - only.until < SIGNED_BEFORE_MS;
  if (!isRight || more.length > 0)
    violate(model, 'not-converged', `${name}: ${can.length} can do something, not one until ${new Date(until)}`);
}

/** All faults that make sense for a life: each kind at the first and the second call of each point. */
export async function faultsOf(
  life: Life,
  occurrences: number,
): Promise<readonly (Fault & { readonly seed: number })[]> {
  const { calls } = await playLife(life, null, seedOf(life, 0));
  return [...calls]
    .flatMap(([point, count]) =>
      FAULTS.filter((kind) => isPossible(point, kind)).flatMap((kind) =>
        Array.from({ length: Math.min(count, occurrences) }, (_, after) => ({ point, after, kind })),
      ),
    )
    .map((fault, i) => ({ ...fault, seed: seedOf(life, i + 1) }));
}

/** Fewer than so many faults in one life. */
const MOST = 600;

export function seedOf(life: Life, which: number): number {
  return (LIVES.indexOf(life) + 1) * MOST + which;
}

function isPossible(point: string, kind: FaultKind): boolean {
  if (kind === 'stale') return isRead(point);
  return kind !== 'time-out' || !point.startsWith('disk.');
}

export type Chaos = {
  readonly faultPoints: number;
  readonly runs: number;
  readonly orphans: number;
  readonly overruns: number;
  readonly unauthorized: number;
  readonly notConverged: number;
};

const COUNTED: Readonly<Record<ViolationKind, 'orphans' | 'overruns' | 'unauthorized' | 'notConverged'>> = {
  orphan: 'orphans',
  overrun: 'overruns',
  unauthorized: 'unauthorized',
  'not-converged': 'notConverged',
};

export async function playChaos(say: (line: string) => void, occurrences = 2): Promise<Chaos> {
  const points = new Set<string>();
  const counts = { runs: 0, orphans: 0, overruns: 0, unauthorized: 0, notConverged: 0 };
  for (const life of LIVES) {
    const faults = await faultsOf(life, occurrences);
    for (const fault of faults) {
      points.add(fault.point);
      const { violations } = await playLife(life, fault, fault.seed);
      counts.runs += 1;
      for (const kind of new Set(violations.map((one) => one.kind))) counts[COUNTED[kind]] += 1;
      for (const { kind, sentence } of violations)
        say(`${life.name}, ${fault.kind} at call ${fault.after + 1} of ${fault.point}: ${kind}: ${sentence}`);
    }
    say(`${life.name}: ${faults.length} runs with one fault each`);
  }
  return { faultPoints: points.size, ...counts };
}
