// Every grant of the ledger asked for again under a proposed policy: which of them would be decided otherwise, and how.
import { judge, type Verdict } from '../decision/verdict.ts';
import type { Violation } from '../decision/violation.ts';
import type { GrantEntry } from '../ledger/ledger.ts';
import { selectorText } from './match.ts';
import type { Policy } from './policy.ts';
import { type Hypothesis, hypotheticalFacts, type InlineSize } from './policy-test-facts.ts';
import { approvalOf, approvalsText } from './policy-test-run.ts';
import { createRecent, type Recent } from './replay-budget.ts';
import { membershipIn, type TeamSelector, type World, worldsOf } from './replay-world.ts';

/** A grant as it was allowed once. */
export type HistoricRequest = {
  readonly entry: GrantEntry;
  /** The policy that allowed it; null where it cannot be read any more. */
  readonly under: Policy | null;
};

export type Outcome =
  | { readonly kind: 'allowed'; readonly rule: string; readonly approvals: string }
  | { readonly kind: 'denied'; readonly violations: readonly Pick<Violation, 'code' | 'sentence'>[] };

export type Difference = {
  readonly grantId: string;
  readonly pullRequest: number;
  readonly requester: string;
  readonly kind: 'denied' | 'other-rule' | 'other-approvals';
  readonly was: Extract<Outcome, { kind: 'allowed' }>;
  readonly now: Outcome;
  /** What nobody wrote down and this answer stands on. */
  readonly assumed: readonly string[];
};

export type Replay = {
  readonly replayed: number;
  readonly differences: readonly Difference[];
  /** Grants about which nothing can be said, each with the reason. */
  readonly unjudged: readonly { readonly grantId: string; readonly why: string }[];
};

/** What holds for every replay. */
export const REPLAY_ASSUMES = [
  'Only what was granted is in the history: a request that was denied, rejected or left to lapse is not replayed.',
  'A grant that was extended is replayed once, with its last duration.',
  'Each request is taken to be merged as soon as it was opened.',
  'A team that the record does not speak about is taken to lack the requester; answers that hang on it say so.',
] as const;

/** Oldest first. `policyAt` reads a policy by the tree id that a record names. */
export function historyOf(
  grants: Iterable<GrantEntry>,
  policyAt: (tree: string) => Policy | null,
): readonly HistoricRequest[] {
  return [...grants]
    .toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    .map((entry) => ({ entry, under: policyAt(entry.record.policies) }));
}

export function replay(history: readonly HistoricRequest[], proposed: Policy, size: InlineSize | null = null): Replay {
  const differences: Difference[] = [];
  const unjudged: { grantId: string; why: string }[] = [];
  const recent = { past: createRecent(), now: createRecent() };
  for (const { entry, under } of history) {
    const worlds = under === null ? null : worldsOf(entry, under);
    if (under === null || worlds === null) {
      unjudged.push({ grantId: entry.id, why: under === null ? NO_POLICY : NO_RULE });
      continue;
    }
    const answers = worlds.map((world) => answerIn(world, { entry, under, proposed, size, recent }));
    differences.push(...differencesOf(entry, answers));
    recent.past.add(entry, entry.record.rule);
    const [first] = answers;
    if (first?.now.kind === 'allowed') recent.now.add(entry, first.now.rule);
  }
  return { replayed: history.length - unjudged.length, differences, unjudged };
}

const NO_POLICY = 'the policy that allowed it cannot be read any more';
const NO_RULE = 'the policy that it names does not have its rule, its role or its account';

type Asked = {
  readonly entry: GrantEntry;
  readonly under: Policy;
  readonly proposed: Policy;
  readonly size: InlineSize | null;
  readonly recent: { readonly past: Recent; readonly now: Recent };
};

type Answer = {
  readonly world: World;
  readonly was: Difference['was'];
  readonly now: Outcome;
  readonly assumed: readonly string[];
};

function answerIn(world: World, { entry, under, proposed, size, recent }: Asked): Answer {
  const { requester, rule: name } = entry.record;
  // Judged again under its own policy first: a denial there is a gap in what is known, and says nothing about the change.
  const grantsThen = recent.past.before(entry);
  const past = judgeAgain(entry, under, { membership: membershipIn(world, requester), grants: grantsThen, size });
  const gaps = new Set(past.kind === 'denied' ? past.violations.map(({ code }) => code) : []);
  const rule = under.rules.find((one) => one.name === name);
  const approvals = approvalsText((rule?.approvals ?? []).map(approvalOf));
  const was = { kind: 'allowed', rule: name, approvals } as const;
  const grants = recent.now.before(entry);
  const nowIn = (one: World, onTeam?: (team: TeamSelector) => void): Outcome => {
    const verdict = judgeAgain(entry, proposed, { membership: membershipIn(one, requester, onTeam), grants, size });
    return outcomeOf(verdict, gaps) ?? was;
  };
  const unproven = new Map<number, TeamSelector>();
  const now = nowIn(world, (team) => unproven.set(team.id, team));
  // Most answers would be the same either way; only what they hang on is worth a reader's time.
  const assumed = [...unproven.values()].filter((team) => {
    const other = { ...world, member: new Set([...world.member, team.id]) };
    return differenceKind(was, now) !== null && outcomeKey(nowIn(other)) !== outcomeKey(now);
  });
  return { world, was, now, assumed: assumed.map((team) => `@${requester.login} was not in ${selectorText(team)}`) };
}

type Again = {
  readonly membership: Hypothesis['membership'];
  readonly grants: readonly GrantEntry[];
  readonly size: InlineSize | null;
};

function judgeAgain(entry: GrantEntry, policy: Policy, { membership, grants, size }: Again): Verdict {
  const { record, grant, startedAt } = entry;
  // The file names the login of that day; people are who their ids say.
  const requester = { login: grant.requester, id: record.requester.id };
  const given = { policy, grant, requester, membership, grants, size };
  return judge(hypotheticalFacts({ ...given, kind: 'request', now: startedAt, waitedSeconds: 0 }));
}

/** Null when nothing but gaps speaks against it. */
function outcomeOf(verdict: Verdict, gaps: ReadonlySet<string>): Outcome | null {
  if (verdict.kind === 'denied') {
    const violations = verdict.violations.filter(({ code }) => !gaps.has(code));
    return violations.length === 0 ? null : { kind: 'denied', violations };
  }
  const { allowed } = verdict;
  if (!('rule' in allowed)) return null;
  return { kind: 'allowed', rule: allowed.rule.name, approvals: approvalsText(allowed.rule.approvals.map(approvalOf)) };
}

/** One for each way in which things may have been, unless all of them say the same. */
function differencesOf(entry: GrantEntry, answers: readonly Answer[]): readonly Difference[] {
  const texts = new Set(answers.map(({ now }) => outcomeKey(now)));
  const [first] = answers;
  const told = texts.size === 1 && first !== undefined ? [first] : answers;
  return told.flatMap(({ world, was, now, assumed }) => {
    const kind = differenceKind(was, now);
    if (kind === null) return [];
    const { record, id } = entry;
    const only = texts.size > 1 && world.said !== null ? [world.said] : [];
    const requester = record.requester.login;
    return [
      { grantId: id, pullRequest: record.pullRequest, requester, kind, was, now, assumed: [...only, ...assumed] },
    ];
  });
}

/** Without the sentences: they name what came closest, which is no part of the answer. */
function outcomeKey(outcome: Outcome): string {
  if (outcome.kind === 'allowed') return `${outcome.rule}: ${outcome.approvals}`;
  const codes = outcome.violations.map(({ code }) => code);
  return `denied ${[...new Set(codes)].sort().join(' ')}`;
}

function differenceKind(was: Difference['was'], now: Outcome): Difference['kind'] | null {
  if (now.kind === 'denied') return 'denied';
  if (now.rule !== was.rule) return 'other-rule';
  return now.approvals === was.approvals ? null : 'other-approvals';
}

/** `grant x (#42, @octocat): was …; now …`, and what that stands on. */
export function differenceText({ grantId, pullRequest, requester, was, now, assumed }: Difference): string {
  const before = `was allowed by rule "${was.rule}", approved ${was.approvals}`;
  const after =
    now.kind === 'denied'
      ? `denied (${[...new Set(now.violations.map(({ code }) => code))].join(', ')}): ${now.violations[0]?.sentence ?? ''}`
      : `allowed by rule "${now.rule}", approved ${now.approvals}`;
  const on = assumed.length === 0 ? '' : ` Assumed: ${assumed.join('; ')}.`;
  return `Grant "${grantId}" (#${pullRequest}, @${requester}) ${before}; now ${after}${after.endsWith('.') ? '' : '.'}${on}`;
}
