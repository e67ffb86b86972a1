// Merges an approved pull request with its signed record: everything read again, judged again, and then one PUT.

import { setTimeout } from 'node:timers/promises';
import { addSeconds } from 'date-fns/addSeconds';
import { decide, type Phase, type RecordDraft } from '../core/decision/decide.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import { wholeSeconds } from '../core/instant.ts';
import { signRecord } from '../core/record/authorization.ts';
import type { AuthorizationRecord } from '../core/record/record.ts';
import type { Context } from './context.ts';
import { gather } from './gather.ts';
import { heldNow } from './holds.ts';

export type Merged =
  | { readonly kind: 'merged'; readonly sha: string; readonly record: AuthorizationRecord }
  /** What was judged is no longer so: look at the pull request again. */
  | { readonly kind: 'look-again' }
  | { readonly kind: 'blocked'; readonly message: string };

const BASE_MOVED_TRIES = 3;
const BASE_MOVED_PAUSE_MS = 250;

export function mergeApproved(context: Context, pull: number): Promise<Merged> {
  return context.exclusively(async () => {
    for (let attempt = 1; ; attempt++) {
      const judged = await judgeAgain(context, pull);
      if (judged === null) return { kind: 'look-again' };
      const answer = await put(context, judged.facts, judged.phase);
      if (answer.kind !== 'base-moved') return answer;
      if (attempt === BASE_MOVED_TRIES) return { kind: 'look-again' };
      await setTimeout(BASE_MOVED_PAUSE_MS * attempt);
    }
  });
}

type Approved = Extract<Phase, { kind: 'approved' }>;

async function judgeAgain(
  context: Context,
  number: number,
): Promise<{ readonly facts: PullFacts; readonly phase: Approved } | null> {
  const pull = await context.github.pull(number);
  if (pull === null || pull.state !== 'open') return null;
  const gathered = await gather(context, pull, 'anew');
  if (gathered.kind === 'not-yet') return null;
  const { phase } = decide(gathered.facts);
  return phase.kind === 'approved' ? { facts: gathered.facts, phase } : null;
}

async function put(
  context: Context,
  facts: PullFacts,
  phase: Approved,
): Promise<Merged | { readonly kind: 'base-moved' }> {
  const { github, log } = context;
  const { number, head } = facts.pull;
  const frozen = context.frozen();
  if (frozen !== null) return { kind: 'blocked', message: frozen };
  const held = heldBack(context, facts, phase);
  if (held !== null) return { kind: 'blocked', message: held };
  const signer = context.signer(facts.ledger);
  if (signer === null) {
    const message =
      "the app's signing key is not a key that policies/keys.yaml lets sign now; the platform team must put the right key in place";
    return { kind: 'blocked', message };
  }
  const record = complete(phase.draft, github.now());
  const signed = signRecord(phase.title, record, signer);
  const [title = '', ...rest] = signed.split('\n');
  const answer = await github.merge({ number, sha: head.sha, title, message: rest.join('\n').trim() });
  switch (answer.kind) {
    case 'merged':
      log.info({ pull: number, commit: answer.sha, kind: record.kind }, 'merged');
      return { kind: 'merged', sha: answer.sha, record };
    case 'base-moved':
      return answer;
    case 'head-moved':
      return { kind: 'look-again' };
    case 'blocked':
    case 'uncertain':
      return await whatHappened(context, number, record, answer);
  }
}

/** A merge that an operator's hold would end at once, and its id with it: the request stays open and can be merged later. */
function heldBack({ memory, github }: Context, facts: PullFacts, phase: Approved): string | null {
  if (phase.draft.kind === 'complete' || facts.grantFile?.kind !== 'ok') return null;
  const { accounts } = facts.ledger.policy.value;
  const accountId = accounts.get(facts.grantFile.value.account)?.id ?? '';
  return heldNow(memory.holds, { requesterId: facts.pull.author?.id ?? 0, accountId }, github.now());
}

/** It may have merged all the same: a lost answer, or another process of ours that was first. */
async function whatHappened(
  { github, log }: Context,
  number: number,
  record: AuthorizationRecord,
  answer: { readonly kind: 'blocked' | 'uncertain'; readonly message: string },
): Promise<Merged> {
  const pull = await github.pull(number);
  if (pull?.merged === true && pull.mergeCommit !== null) {
    // Auto-merge or a person's button may have been quicker: that grants nothing, and must not be thanked for.
    const isOurs = pull.mergedBy?.id === (await github.self()).user.id;
    return isOurs ? { kind: 'merged', sha: pull.mergeCommit, record } : { kind: 'look-again' };
  }
  log.warn({ pull: number, answer: answer.kind, message: answer.message }, 'not merged');
  return answer.kind === 'blocked' ? { kind: 'blocked', message: answer.message } : { kind: 'look-again' };
}

/** Signed anew at each try: the clock starts at the merge, by GitHub's clock, and never at an earlier try. */
function complete(draft: RecordDraft, now: Date): AuthorizationRecord {
  if (draft.kind === 'complete') return draft.record;
  const start = draft.startedAt ?? now;
  return { ...draft.record, expiresAt: wholeSeconds(addSeconds(start, draft.seconds)) };
}
