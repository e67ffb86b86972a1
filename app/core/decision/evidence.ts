// The facts of one decision as JSON and back: whoever has them decides again, offline, and comes to the same.
import type { PullFacts } from './facts.ts';
import { type MembershipAnswers, membershipBy } from './membership-answers.ts';
import { fromPlain, type Plain, toPlain } from './plain.ts';

/** Where the facts were read, beside the facts themselves. */
export type Seen = {
  /** Commits: the branch's tip, and the merge base that the change is counted from. */
  readonly tip: string;
  readonly mergeBase: string | null;
  readonly answers: MembershipAnswers;
};

export type Evidence = {
  readonly repository: { readonly owner: string; readonly name: string };
  readonly seen: Seen;
  readonly facts: PullFacts;
};

export type EvidenceRead =
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'unusable'; readonly reason: string };

const FORMAT = 1;

export function writeEvidence({ repository, seen, facts }: Evidence): Readonly<Record<string, Plain>> {
  // Functions are written as the data that they go by.
  const { membership: _, revoked, ...rest } = facts;
  const ended = [...facts.ledger.grants.keys()].flatMap((id): readonly (readonly [string, string])[] => {
    const phrase = revoked?.(id);
    return phrase === undefined ? [] : [[id, phrase]];
  });
  return {
    format: FORMAT,
    repository: toPlain(repository),
    seen: toPlain(seen),
    revoked: toPlain(new Map(ended)),
    facts: toPlain(rest),
  };
}

/** Of JSON that was parsed. Its outline is checked; who changes what lies deeper changes only what is said to themselves. */
export function readEvidence(json: unknown): EvidenceRead {
  const unusable = (reason: string): EvidenceRead => ({ kind: 'unusable', reason });
  if (!isRecord(json)) return unusable('it is no JSON object');
  if (json.format !== FORMAT) return unusable(`its format is not ${FORMAT}; breakglass explain --json writes that`);
  let read: Record<string, unknown>;
  try {
    read = {
      ...Object.fromEntries(['repository', 'seen', 'revoked', 'facts'].map((key) => [key, fromPlain(json[key])])),
    };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
  const { repository, seen, revoked, facts } = read;
  if (!isRecord(repository) || !isRecord(seen) || !(revoked instanceof Map) || !isRecord(facts))
    return unusable('repository, seen, revoked or facts is missing');
  const missing = OUTLINE.find(([name, fits]) => !fits(facts[name]));
  if (missing !== undefined) return unusable(`facts.${missing[0]} is missing or not of its kind`);
  const { answers } = seen;
  if (!isRecord(answers) || !Array.isArray(answers.teams) || !Array.isArray(answers.people))
    return unusable('seen.answers is missing or not of its kind');
  const whole = {
    ...facts,
    membership: membershipBy(answers as MembershipAnswers),
    revoked: (id: string) => revoked.get(id) as string | undefined,
  };
  return { kind: 'evidence', evidence: { repository, seen, facts: whole } as unknown as Evidence };
}

const list = (value: unknown) => Array.isArray(value);
const record = (value: unknown) => isRecord(value);
const recordOrNull = (value: unknown) => value === null || isRecord(value);

const OUTLINE: readonly (readonly [keyof PullFacts, (value: unknown) => boolean])[] = [
  ['pull', record],
  ['configured', record],
  ['self', record],
  ['change', record],
  ['grantFile', recordOrNull],
  ['comments', list],
  ['reviews', list],
  ['edits', (value) => value instanceof Map],
  ['pushes', list],
  ['reopenedAt', (value) => value === null || value instanceof Date],
  ['ledger', record],
  ['inlinePolicy', recordOrNull],
  ['mergedPolicy', recordOrNull],
  ['removals', (value) => value instanceof Map],
  ['teamProblems', list],
  ['now', (value) => value instanceof Date],
];

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
