// Why a pull request is refused: a code from a closed list and a sentence that says what to do.
export const VIOLATION_CODES = [
  'nothing-changed',
  'mixed-change',
  'several-grants',
  'bad-path',
  'not-a-plain-file',
  'unreadable-grant',
  'draft',
  'fork',
  'wrong-base',
  'author-unknown',
  'not-the-requester',
  'id-used',
  'unknown-account',
  'unknown-role',
  'unknown-person',
  'person-without-aws',
  'control-plane-account',
  'no-rule',
  'membership-unknown',
  'too-long',
  'too-short',
  'incident-required',
  'too-many-live',
  'too-many-today',
  'policy-too-large',
  'request-lapsed',
  'not-live',
  'extension-changes-more',
  'extension-not-longer',
  'policy-diverged',
  'policy-unreadable',
  'policy-tests-fail',
  'no-owner-can-approve',
  'not-yours-to-remove',
  'not-a-grant',
  'team-mismatch',
] as const;

export type ViolationCode = (typeof VIOLATION_CODES)[number];

export type Violation = {
  readonly code: ViolationCode;
  /** What is wrong and what to do about it. */
  readonly sentence: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
};

export function violation(code: ViolationCode, sentence: string, file?: string): Violation {
  return { code, sentence, ...(file === undefined ? {} : { file }) };
}
