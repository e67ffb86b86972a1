// What a change to policies/ does: its tests, the linter's findings that are new, and every past request judged again.
import type { PullFacts } from '../core/decision/facts.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { TeamFacts } from '../core/policy/lint-finding.ts';
import { historyOf } from '../core/policy/replay.ts';
import { parsedPolicy } from '../git/ledger.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';
import { type Examination, type Examined, type TooLarge, tooLarge, whyTooLarge } from './policy-examination.ts';
import { recentTeamFacts } from './team-facts.ts';
import { withinMs } from './within.ts';

export type PolicyChange =
  | ({ readonly kind: 'facts' } & Required<Pick<PullFacts, 'mergedPolicy' | 'policyReport'>>)
  | { readonly kind: 'not-yet'; readonly reason: string };

type Change = {
  readonly pull: Pull;
  readonly ledger: Ledger;
  readonly tip: string;
  /** `anew`: under the lock of merges, where nothing may be waited for. */
  readonly how: 'soon' | 'anew';
};

/** Merges wait, and so do places in the queue; whatever takes longer is asked for again when it is known. */
const PATIENCE_MS = { soon: 3_000, anew: 500 } as const;

export async function policyChange(context: Context, { pull, ledger, tip, how }: Change): Promise<PolicyChange> {
  const { mirror, enqueue } = context;
  // The verdict refuses these for what they are: nobody's approval stands between their author and the work.
  if (!couldBeMerged(context, pull)) return { kind: 'facts', mergedPolicy: null, policyReport: null };
  const tree = await mergedPolicies(mirror, tip, pull.head.sha);
  if (tree === null) return { kind: 'facts', mergedPolicy: { tree, policy: NO_FOLDER }, policyReport: null };
  if (tree === ledger.policy.tree)
    return { kind: 'facts', mergedPolicy: { tree, policy: { kind: 'ok' } }, policyReport: null };
  const examining = examination(context, ledger, tree);
  const examined = await withinMs(PATIENCE_MS[how], examining, null);
  if (examined === null) {
    const again = () => enqueue(`pull:${pull.number}`);
    examining.then(again, () => undefined);
    return { kind: 'not-yet', reason: 'the proposed policy is being examined' };
  }
  switch (examined.kind) {
    case 'reported':
      return { kind: 'facts', mergedPolicy: { tree, policy: { kind: 'ok' } }, policyReport: examined.report };
    case 'invalid':
      return { kind: 'facts', mergedPolicy: { tree, policy: examined }, policyReport: null };
    case 'too-large':
      return { kind: 'facts', mergedPolicy: { tree, policy: tooLarge(examined.why) }, policyReport: null };
    case 'read':
      throw new Error('a policy was read and not reported on');
  }
}

const NO_FOLDER = {
  kind: 'invalid',
  problems: [{ file: 'policies', line: 0, column: 0, message: 'no policies/ folder' }],
} as const;

function couldBeMerged({ configured }: Context, { draft, author, head, base }: Pull): boolean {
  const { repositoryId, branch } = configured;
  const inPlace = base.repositoryId === repositoryId && base.ref === branch;
  return author !== null && !draft && inPlace && head.repositoryId === repositoryId;
}

async function mergedPolicies(mirror: Mirror, tip: string, head: string): Promise<string | null> {
  const merged = await mirror.mergeTree(tip, head);
  // On a conflict GitHub refuses the merge anyway; the head alone is judged so that people see the rest of the answer.
  return await mirror.policiesTree(merged ?? head);
}

async function examination({ github, mirror, examine }: Context, ledger: Ledger, tree: string): Promise<Examined> {
  const read = await once(readings, { place: tree, key: '' }, (isWanted) =>
    examine(() => reading(mirror, tree), isWanted),
  );
  if (read.kind !== 'read') return read;
  const teams = await recentTeamFacts(github, read.teams);
  const place = `${ledger.policy.tree} ${tree}`;
  return await once(reports, { place, key: `${ledger.tip} ${textOf(teams)}` }, (isWanted) =>
    examine(() => reportOn(mirror, ledger, { tree, teams }), isWanted),
  );
}

async function reading(mirror: Mirror, tree: string): Promise<Examination | TooLarge> {
  const files = await mirror.policyWithTests(tree);
  const why = whyTooLarge(files);
  return why === null ? { kind: 'read', files: copied(files) } : { kind: 'too-large', why };
}

type Teams = TeamFacts | null | 'not-asked';

async function reportOn(
  mirror: Mirror,
  ledger: Ledger,
  { tree, teams }: { readonly tree: string; readonly teams: Teams },
): Promise<Examination> {
  const trees = [...new Set([...ledger.grants.values()].map((one) => one.record.policies))];
  const [past, base, files] = await Promise.all([
    Promise.all(trees.map(async (one) => [one, parsedPolicy(one, await mirror.policyFiles(one))] as const)),
    mirror.policyWithTests(ledger.policy.tree),
    mirror.policyWithTests(tree),
  ]);
  const policies = new Map(
    past.flatMap(([one, policy]) => (policy.kind === 'ok' ? [[one, policy.value] as const] : [])),
  );
  return {
    kind: 'report',
    files: copied(files),
    base: { policy: ledger.policy.value, files: copied(base) },
    history: historyOf(ledger.grants.values(), (one) => policies.get(one) ?? null),
    teams,
  };
}

/** A view of a larger buffer takes all of it along into the other thread; one content under many names is copied once. */
function copied(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const copies = new Map([...new Set(files.values())].map((bytes) => [bytes, new Uint8Array(bytes)] as const));
  return new Map([...files].map(([name, bytes]) => [name, copies.get(bytes) ?? bytes]));
}

function textOf(teams: Teams): string {
  if (teams === null || teams === 'not-asked') return String(teams);
  const members = [...teams.members].map(([team, ids]) => `${team}=${[...ids].toSorted().join()}`);
  return `${members.join(';')} ${[...teams.withChildTeams].join()}`;
}

type Kept = { readonly key: string; readonly answer: Promise<Examined>; againAtMs: number };

/** A pull request is judged many times; the same trees, teams and history give the same answer. */
const readings = new Map<string, Kept>();
const reports = new Map<string, Kept>();
const MOST_KEPT = 200;
/** A machine that was busy may do better later; a hostile policy costs its time only so often. */
const TOO_LARGE_MS = 10 * 60_000;

/** One answer for each place: whatever was to be made there for another key need not be made any more. */
function once(
  kept: Map<string, Kept>,
  { place, key }: { readonly place: string; readonly key: string },
  make: (isWanted: () => boolean) => Promise<Examined>,
): Promise<Examined> {
  const known = kept.get(place);
  // Too large stays so whatever else happens: else every merge and every change of a team would begin it again.
  const isFinal = known !== undefined && Number.isFinite(known.againAtMs);
  if (known !== undefined && (isFinal ? performance.now() < known.againAtMs : known.key === key)) return known.answer;
  kept.delete(place);
  const [oldest] = kept.keys();
  if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
  const entry: Kept = { key, answer: make(() => kept.get(place) === entry), againAtMs: Number.POSITIVE_INFINITY };
  kept.set(place, entry);
  entry.answer.then(
    ({ kind }) => {
      if (kind === 'too-large') entry.againAtMs = performance.now() + TOO_LARGE_MS;
    },
    () => {
      if (kept.get(place) === entry) kept.delete(place);
    },
  );
  return entry.answer;
}
