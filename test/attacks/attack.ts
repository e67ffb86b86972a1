// One attack as a row: what the attacker does, and what it must be refused with.
import { IGNORED_CODES, type IgnoredCode } from '../../app/core/decision/approval.ts';
import { VIOLATION_CODES, type ViolationCode } from '../../app/core/decision/violation.ts';
import type { LedgerAlarm } from '../../app/core/ledger/ledger.ts';
import type { Files } from '../sandbox/github/index.ts';
import type { Scene } from './scene.ts';

export type Attack = {
  /** What the attacker does. */
  readonly name: string;
  /** `granted`: no attack but the same thing done right, which shows that the refusals beside it mean something. */
  readonly refusedWith: Refusal | 'granted';
  /** Who pushes the branch and opens the pull request; octocat where nobody is named. */
  readonly author?: string;
  /** What the branch holds; where nothing is said, one grant that a careless approver would wave through. */
  readonly files?: (id: string) => Files;
  readonly title?: string;
  /** Comments in order; where nothing is said, the approver's `/approve-emergency`. */
  readonly says?: (scene: Scene) => readonly (readonly [login: string, text: string])[];
  /** Honest, and there before the others: what they would extend, copy or take over. */
  readonly first?: true;
  /** Nothing is pushed, opened or said but what `before` does. */
  readonly byHand?: true;
  /** Before the app looks for the first time. */
  readonly before?: (scene: Scene) => Promise<unknown>;
  /** While the app runs. */
  readonly live?: (scene: Scene) => Promise<unknown>;
};

export type Refusal =
  | ViolationCode
  | IgnoredCode
  | Exclude<LedgerAlarm['code'], 'policy-unreadable'>
  | keyof typeof STANDING
  /** The case itself looked, in `live`. */
  | 'seen'
  /** The double of GitHub itself refuses, as GitHub does: `Scene.refusedByGitHub`. */
  | 'github'
  /** The app's log, and nothing else, says it: `Scene.expectLog`. */
  | 'logged'
  /** The attack is a text in something honest: merged, and not a word of the text counts. `Scene.harmless`. */
  | 'harmless';

/** Where a pull request stands, in the app's words. */
const STANDING = {
  waiting: /Waiting for approval: 1 of/,
  'waiting-for-two': /Waiting for approval: 2 of/,
  'foreign-push': /pushed to this branch, so nobody can say/,
  'push-log-unknown': /push log of this branch does not show its head yet/,
  lapsed: /was not followed by the merge within/,
  rejected: /rejected this request/,
  blocked: /Approved, but GitHub does not merge it/,
  'by-hand': /This merge grants nothing/,
} as const;

const IGNORED: Readonly<Record<IgnoredCode, RegExp>> = {
  'unusable-command': /This was not taken as a command/,
  edited: /An edited comment does not count/,
  'not-a-person': /Only a person approves, never an app or a bot/,
  'own-request': /Nobody approves a request of their own/,
  'not-an-approver': /You are not among those who may approve/,
  'approver-unknown': /GitHub does not say whether you may approve this/,
  'edit-unknown': /GitHub does not say whether this comment was edited/,
  'before-reopening': /closed and opened again since, or went into another branch/,
  'changes-requested': /You asked for changes after this/,
  'sha-needed': /There were pushes, so say which commit you approve/,
  'other-sha': /look at it again and write/,
};

/** How the check run or the comment says it; null for what neither of them says. */
export function wordsOf(refusal: Refusal): RegExp | null {
  const standing: Readonly<Record<string, RegExp>> = STANDING;
  const known = standing[refusal];
  if (known !== undefined) return known;
  const ignored = IGNORED_CODES.find((code) => code === refusal);
  if (ignored !== undefined) return IGNORED[ignored];
  return VIOLATION_CODES.some((code) => code === refusal) ? new RegExp(`\\(\`${refusal}\`\\)`) : null;
}
