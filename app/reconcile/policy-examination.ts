// What a proposed policy is asked: whether it can be read, and what its tests, the linter and past requests say of it.
import { inlineSize } from '../../pulumi/statements.ts';
import type { TeamFacts } from '../core/policy/lint-finding.ts';
import { parsePolicy } from '../core/policy/parse.ts';
import type { Policy, Team } from '../core/policy/policy.ts';
import { namedTeams, type PolicyReport, policyReport } from '../core/policy/policy-test-report.ts';
import type { HistoricRequest } from '../core/policy/replay.ts';
import { LARGEST_POLICY_FILE } from '../core/policy/source.ts';
import type { Parsed, Problem } from '../core/result.ts';

/** Names are relative to `policies/`, tests included. */
export type PolicyFileMap = ReadonlyMap<string, Uint8Array>;

/** Data alone, as it goes from one thread to another. */
export type Examination =
  | { readonly kind: 'read'; readonly files: PolicyFileMap }
  | {
      readonly kind: 'report';
      readonly files: PolicyFileMap;
      readonly base: { readonly policy: Policy; readonly files: PolicyFileMap };
      readonly history: readonly HistoricRequest[];
      readonly teams: TeamFacts | null | 'not-asked';
    };

export type Unreadable = Extract<Parsed<Policy>, { readonly kind: 'invalid' }>;

export type Examined =
  | { readonly kind: 'read'; readonly teams: ReadonlyMap<string, Team> }
  | { readonly kind: 'reported'; readonly report: PolicyReport }
  | Unreadable
  /** Not answered within the limits. `why` goes into a sentence. */
  | { readonly kind: 'too-large'; readonly why: string };

export type TooLarge = Extract<Examined, { readonly kind: 'too-large' }>;

/**
 * Both are called when its turn comes: what waits in line holds no files, and what nobody waits for any more is not begun,
 * and is an error.
 */
export type Examine = (ask: () => Promise<Examination | TooLarge>, isWanted?: () => boolean) => Promise<Examined>;

/** The policy itself is not in the answer: whoever keeps many answers would keep many policies of whatever size. */
export function examinePolicy(asked: Examination): Examined {
  const parsed = parsePolicy(asked.files);
  if (parsed.kind === 'invalid') return shortProblems(parsed);
  const head = { policy: parsed.value, files: asked.files };
  if (asked.kind === 'read') return { kind: 'read', teams: namedTeams(head.policy) };
  const { base, teams } = asked;
  const history = asked.history.slice(-MOST_REPLAYED);
  const { blocking, listed } = policyReport({ base, head, history, teams, size: inlineSize });
  const left = asked.history.length - history.length;
  const newest = `Only the newest ${MOST_REPLAYED} grants were judged again, and ${left} older ones not: breakglass policy replay`;
  return {
    kind: 'reported',
    report: {
      blocking: blocking.map((one) => ({ ...one, sentence: shortened(one.sentence) })),
      listed: [...listed, ...(left === 0 ? [] : [newest])].map(shortened),
    },
  };
}

const MOST_TEST_FILES = 200;
const MOST_TEST_BYTES = 1024 * 1024;
/** The history of many years must not make every change too large to check. */
const MOST_REPLAYED = 2_000;

/** Why it is not even begun; a single file that is too large is refused when it is read, by its name. */
export function whyTooLarge(files: PolicyFileMap): string | null {
  const small = [...files].filter(([, { length }]) => length <= LARGEST_POLICY_FILE);
  const tests = small.filter(([name]) => name.startsWith('tests/'));
  const count = [...files.keys()].filter((name) => name.startsWith('tests/')).length;
  if (count > MOST_TEST_FILES)
    return `there are ${count} files in policies/tests/, and at most ${MOST_TEST_FILES} are run`;
  const size = bytesOf(tests);
  if (size > MOST_TEST_BYTES) return `policies/tests/ has ${size} bytes, and at most ${MOST_TEST_BYTES} are run`;
  const whole = bytesOf(small);
  return whole > LARGEST_POLICY_FILE ? `it has ${whole} bytes, and at most ${LARGEST_POLICY_FILE} are read` : null;
}

export function tooLarge(why: string): Unreadable {
  const message = `policies/ is too large to check: ${why}. Make it smaller: fewer rules, roles, accounts or tests.`;
  return { kind: 'invalid', problems: [{ file: 'policies', line: 0, column: 0, message }] };
}

function bytesOf(files: readonly (readonly [string, Uint8Array])[]): number {
  return files.reduce((sum, [, { length }]) => sum + length, 0);
}

const MOST_PROBLEMS = 100;
const LONGEST_SENTENCE = 2_000;

function shortProblems({ problems: [first, ...rest] }: Unreadable): Unreadable {
  const short = (one: Problem): Problem => ({ ...one, message: shortened(one.message) });
  return { kind: 'invalid', problems: [short(first), ...rest.slice(0, MOST_PROBLEMS - 1).map(short)] };
}

/** A sentence may name all that a file names, and answers are kept. */
function shortened(text: string): string {
  return text.length <= LONGEST_SENTENCE ? text : `${text.slice(0, LONGEST_SENTENCE)}…`;
}
