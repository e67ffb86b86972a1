// Reads everything that the decision on one open pull request is made of: content from Git, people and time from GitHub.

import { setTimeout } from 'node:timers/promises';
import { INLINE_POLICY_LIMIT, inlinePolicy } from '../../pulumi/statements.ts';
import { type Change, classifyChange } from '../core/decision/change.ts';
import { mayEnd, revokedBy, selectorsWhoMayEnd } from '../core/decision/early-end.ts';
import type { PullFacts, RemovalState } from '../core/decision/facts.ts';
import { headHistory } from '../core/decision/head-history.ts';
import { statements } from '../core/decision/statements.ts';
import type { Grant } from '../core/grant/grant.ts';
import { LARGEST_GRANT, parseGrant } from '../core/grant/parse.ts';
import { resolveGrant } from '../core/grant/resolve.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import { rulesFor } from '../core/policy/match.ts';
import type { Selector } from '../core/policy/policy.ts';
import type { Parsed } from '../core/result.ts';
import { parsedPolicy } from '../git/ledger.ts';
import { describeObjects, readObjects } from '../git/objects.ts';
import { policiesTreeOf, readPolicyFiles } from '../git/policy-files.ts';
import type { Pull } from '../github/port.ts';
import type { Context } from './context.ts';
import { type Asked, readMemberships } from './memberships.ts';

export type Gathered =
  | { readonly kind: 'facts'; readonly facts: PullFacts }
  /** Git has not yet what the API says: ask again soon. */
  | { readonly kind: 'not-yet'; readonly reason: string };

export async function gather(context: Context, pull: Pull): Promise<Gathered> {
  const { github, mirror, configured } = context;
  // The log of a branch of that name here says nothing about a fork's; a fork is refused anyway.
  const isFork = pull.head.repositoryId !== configured.repositoryId;
  const [comments, reviews, pushes, reopenedAt, self] = await Promise.all([
    github.comments(pull.number),
    github.reviews(pull.number),
    isFork ? [] : github.pushes(pull.head.ref),
    github.reopenedAt(pull.number),
    github.self(),
    mirror.fetch([pull.number]),
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
  const [memberships, aws] = await Promise.all([
    readMemberships(github, ledger.policy.value, asked),
    awsFacts(context, ledger, pull, grantFile),
  ]);
  const facts: PullFacts = {
    ...partial,
    ...memberships,
    ...aws,
    revoked: context.memory.revoked.get,
    mergedPolicy: change.kind === 'owners' ? await readMergedPolicy(context, tip, head) : null,
    removals: removalStates(context, ledger, whoseWord(pull, pushes), change, memberships.membership),
    now: github.now(),
  };
  return { kind: 'facts', facts };
}

async function readGrantFile({ mirror }: Context, change: Change): Promise<Parsed<Grant> | null> {
  if (change.kind !== 'request' && change.kind !== 'extension') return null;
  const [facts] = await describeObjects(mirror.dir, [change.file.blob]);
  if (facts == null) return null;
  if (facts.size > LARGEST_GRANT) {
    const message = `The file has ${facts.size} bytes; a grant has at most ${LARGEST_GRANT}.`;
    return { kind: 'invalid', problems: [{ file: change.file.path, line: 0, column: 0, message }] };
  }
  const [object] = await readObjects(mirror.dir, [change.file.blob]);
  return object == null ? null : parseGrant(change.file.path, object.bytes);
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
    statements({ ...facts } as PullFacts).flatMap((one) =>
      one.author?.type === 'User' ? [[one.author.id, one.author] as const] : [],
    ),
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

/** What AWS would say to this grant, asked before anybody approves it. */
async function awsFacts(
  context: Context,
  ledger: Ledger,
  pull: Pull,
  grantFile: Parsed<Grant> | null,
): Promise<Pick<PullFacts, 'inlinePolicy' | 'awsUser'>> {
  if (grantFile?.kind !== 'ok' || pull.author === null) return { inlinePolicy: null };
  const resolved = resolveGrant({
    grant: grantFile.value,
    policy: ledger.policy.value,
    repositoryId: context.configured.repositoryId,
    requesterId: pull.author.id,
    deadline: pull.createdAt,
  });
  if (resolved.kind === 'unresolved') return { inlinePolicy: null };
  const document = inlinePolicy(resolved.grant);
  const characters = document.kind === 'ok' ? document.document.replaceAll(/\s/g, '').length : document.characters;
  const center = context.identityCenter(resolved.grant);
  const awsUser = await withinMs(AWS_PATIENCE_MS, center.userExists(resolved.grant.userId), 'unknown');
  return { inlinePolicy: { characters, limit: INLINE_POLICY_LIMIT }, awsUser };
}

/** A request is judged with AWS down as well. */
const AWS_PATIENCE_MS = 2_000;

async function withinMs<T>(ms: number, answer: Promise<T>, otherwise: T): Promise<T> {
  const stop = new AbortController();
  const late = setTimeout(ms, otherwise, { signal: stop.signal }).catch(() => otherwise);
  try {
    return await Promise.race([answer.catch(() => otherwise), late]);
  } finally {
    stop.abort();
  }
}

async function readMergedPolicy({ mirror }: Context, tip: string, head: string): Promise<PullFacts['mergedPolicy']> {
  const merged = await mirror.mergeTree(tip, head);
  const tree = merged === null ? null : await policiesTreeOf(mirror.dir, merged);
  // On a conflict GitHub refuses the merge anyway; the head alone is judged so that people see the rest of the answer.
  const judged = tree ?? (merged === null ? await policiesTreeOf(mirror.dir, head) : null);
  if (judged === null)
    return {
      tree: null,
      policy: { kind: 'invalid', problems: [{ file: 'policies', line: 0, column: 0, message: 'no policies/ folder' }] },
    };
  return { tree: judged, policy: parsedPolicy(judged, await readPolicyFiles(mirror.dir, judged)) };
}

/** What somebody else pushed to an approver's branch is not the approver's wish to end anything. */
function whoseWord(pull: Pull, pushes: PullFacts['pushes']): Pull {
  const history = headHistory({ pull, pushes });
  return history.kind === 'unapprovable' && history.code === 'foreign-push' ? { ...pull, author: null } : pull;
}

/** A removal opened by somebody who may end the grant is itself the end of it. */
function removalStates(
  { memory, github }: Context,
  ledger: Ledger,
  pull: Pull,
  change: Change,
  membership: PullFacts['membership'],
): ReadonlyMap<string, RemovalState> {
  if (change.kind !== 'removal') return new Map();
  const policy = ledger.policy.value;
  return new Map(
    change.files.map(({ id }): readonly [string, RemovalState] => {
      const stray = ledger.strays.find((one) => one.id === id);
      if (stray !== undefined)
        return [id, { kind: 'proven', ended: `never authorized: ${stray.reason}`, proof: 'never granted' }];
      const entry = ledger.grants.get(id);
      if (entry === undefined) return [id, { kind: 'live' }];
      const recorded = entry.removed?.record?.removed.find((one) => one.grantId === id);
      const proof = memory.proven.get(id) ?? recorded;
      if (proof !== undefined) return [id, { kind: 'proven', ended: proof.ended, proof: proof.proof }];
      const end = endOf(entry, policy, github.now(), memory.revoked.get(id));
      if (end !== null) return [id, { kind: 'waiting', sentence: `ended (${end.sentence}); waiting for AWS's proof` }];
      if (pull.author !== null && mayEnd({ entry, policy, membership }, pull.author)) {
        const revoked = revokedBy(pull.author, pull.createdAt);
        return [
          id,
          { kind: 'waiting', sentence: 'being ended; waiting for AWS to prove that the access is gone', revoked },
        ];
      }
      return [id, { kind: 'live' }];
    }),
  );
}
