// Reads everything that the decision on one open pull request is made of: content from Git, people and time from GitHub.

import { wordsToAsk } from '../core/decision/approval.ts';
import { type Change, classifyChange } from '../core/decision/change.ts';
import { selectorsWhoMayEnd } from '../core/decision/early-end.ts';
import type { Seen } from '../core/decision/evidence.ts';
import type { PullFacts } from '../core/decision/facts.ts';
import { statements } from '../core/decision/statements.ts';
import type { Grant } from '../core/grant/grant.ts';
import { LARGEST_GRANT, parseGrant } from '../core/grant/parse.ts';
import { rulesFor } from '../core/policy/match.ts';
import type { Selector } from '../core/policy/policy.ts';
import type { Parsed } from '../core/result.ts';
import type { Pull } from '../github/port.ts';
import { awsFacts } from './aws-facts.ts';
import type { Context } from './context.ts';
import { type Asked, readMemberships } from './memberships.ts';
import { type PolicyChange, policyChange } from './policy-change.ts';
import { removalStates, whoseWord } from './removal-states.ts';

export type Gathered =
  | { readonly kind: 'facts'; readonly facts: PullFacts; readonly seen: Seen }
  /** Git has not yet what the API says: ask again soon. */
  | { readonly kind: 'not-yet'; readonly reason: string };

/** `anew`: from a fetch of its own, as before a merge; `soon`: a fetch of a moment ago will do, if it has the head. */
export async function gather(context: Context, pull: Pull, how: 'soon' | 'anew'): Promise<Gathered> {
  const { github, mirror, configured } = context;
  // The log of a branch of that name here says nothing about a fork's; a fork is refused anyway.
  const isFork = pull.head.repositoryId !== configured.repositoryId;
  const [comments, reviews, pushes, reopenedAt, self] = await Promise.all([
    github.comments(pull.number),
    github.reviews(pull.number),
    isFork ? [] : github.pushes(pull.head.ref),
    github.reopenedAt(pull.number),
    github.self(),
    fetchHead(context, pull, how),
  ]);
  const head = await mirror.pullHead(pull.number);
  if (head !== pull.head.sha) return { kind: 'not-yet', reason: `Git has head ${head}, the API says ${pull.head.sha}` };
  const [ledger, tip] = await Promise.all([context.ledger(), mirror.tip()]);
  const base = await mirror.mergeBase(tip, head);
  const change = base === null ? classifyChange([]) : classifyChange(await mirror.changes(base, head));
  const grantFile = await readGrantFile(context, change);
  const partial = {
    pull,
    configured,
    self: { appId: self.appId, userId: self.user.id },
    change,
    grantFile,
    comments,
    reviews,
    pushes,
    reopenedAt,
    ledger,
  };
  const asked = whoseMembership({ ...partial, self: partial.self }, change, grantFile);
  // Nobody's approval is needed to take access away.
  const words = change.kind === 'removal' || change.kind === 'refused' ? [] : wordsToAsk(partial);
  const [{ membership, teamProblems, answers }, edits, aws] = await Promise.all([
    readMemberships(github, ledger.policy.value, asked),
    github.edits(words),
    awsFacts(context, ledger, pull, grantFile),
  ]);
  const policy = change.kind === 'owners' ? await policyChange(context, { pull, ledger, tip, how }) : NO_CHANGE;
  if (policy.kind === 'not-yet') return policy;
  const facts: PullFacts = {
    ...partial,
    edits,
    membership,
    teamProblems,
    ...aws,
    revoked: context.memory.revoked.get,
    mergedPolicy: policy.mergedPolicy,
    policyReport: policy.policyReport,
    removals: removalStates(context, ledger, whoseWord(pull, pushes), change, membership),
    now: github.now(),
  };
  return { kind: 'facts', facts, seen: { tip, mergeBase: base, answers } };
}

const NO_CHANGE = { kind: 'facts', mergedPolicy: null, policyReport: null } as const satisfies PolicyChange;

/** A branch that moved within this time is another pass, and a merge reads it anew: nothing hangs on it. */
const MOMENT_MS = 10_000;

/**
 * A head that is there is not asked for again: somebody else's huge one must not hold up a merge. Not awaited where the
 * other questions are asked: one of them that failed meanwhile would be a rejection that nobody handles.
 */
async function fetchHead({ mirror }: Context, { number, head }: Pull, how: 'soon' | 'anew'): Promise<void> {
  const isThere = (await mirror.pullHead(number)) === head.sha;
  if (how === 'soon' && isThere && mirror.fetchedAgoMs() < MOMENT_MS) return;
  await mirror.fetch(isThere ? [] : [{ number, sha: head.sha }], how === 'anew' ? 'surely' : undefined);
}

async function readGrantFile({ mirror }: Context, change: Change): Promise<Parsed<Grant> | null> {
  if (change.kind !== 'request' && change.kind !== 'extension') return null;
  const size = await mirror.sizeOf(change.file.blob);
  if (size === null) return null;
  if (size > LARGEST_GRANT) {
    const message = `The file has ${size} bytes; a grant has at most ${LARGEST_GRANT}.`;
    return { kind: 'invalid', problems: [{ file: change.file.path, line: 0, column: 0, message }] };
  }
  const bytes = await mirror.blob(change.file.blob);
  return bytes === null ? null : parseGrant(change.file.path, bytes);
}

/** The requester for the rules that could apply, and everybody who said something for whoever could approve. */
function whoseMembership(
  facts: Pick<PullFacts, 'pull' | 'comments' | 'reviews' | 'self' | 'ledger'>,
  change: Change,
  grantFile: Parsed<Grant> | null,
): Asked[] {
  const { ledger, pull } = facts;
  const policy = ledger.policy.value;
  const speakers = new Map(
    statements(facts).flatMap((one) => (one.author?.type === 'User' ? [[one.author.id, one.author] as const] : [])),
  );
  const asked: Asked[] = [];
  const ask = (selectors: readonly Selector[]) => {
    for (const user of speakers.values()) asked.push({ selectors, user });
  };
  if (change.kind === 'owners') ask(policy.settings.owners.from);
  if (change.kind === 'removal' && pull.author?.type === 'User')
    for (const { id } of change.files) {
      const entry = ledger.grants.get(id);
      if (entry !== undefined) asked.push({ selectors: selectorsWhoMayEnd(entry, policy), user: pull.author });
    }
  if (grantFile?.kind !== 'ok' || pull.author === null) return asked;
  const account = policy.accounts.get(grantFile.value.account);
  if (account === undefined) return asked;
  for (const rule of rulesFor(policy, { role: grantFile.value.role, account })) {
    asked.push({ selectors: rule.requesters, user: pull.author });
    ask(rule.approvals.flatMap((entry) => entry.from));
  }
  return asked;
}
