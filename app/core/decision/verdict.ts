// The verdict on a pull request: allowed with the rule that applies, or denied with every reason at once.
import type { Grant } from '../grant/grant.ts';
import { accessDigest, resolveGrant } from '../grant/resolve.ts';
import { sameButDuration } from '../ledger/authorize.ts';
import { endOf } from '../ledger/ends.ts';
import type { GrantEntry } from '../ledger/ledger.ts';
import type { ApprovalEntry, Rule } from '../policy/policy.ts';
import { judgeAgainstRules } from './applicable-rule.ts';
import { type Change, type GrantFile, isWorkflow } from './change.ts';
import type { PullFacts } from './facts.ts';
import { type Violation, violation } from './violation.ts';

export type Allowed =
  | {
      readonly kind: 'grant' | 'extension';
      readonly grant: Grant;
      readonly file: GrantFile;
      readonly rule: Rule;
      /** Digest of the resolved grant, as it will be signed. */
      readonly access: string;
      /** Said to the approver: sensitive account, dropped guard. */
      readonly warnings: readonly string[];
      /** First start, for an extension. */
      readonly extends: GrantEntry | null;
    }
  | { readonly kind: 'owners'; readonly policies: string; readonly owners: ApprovalEntry }
  | { readonly kind: 'removal'; readonly ids: readonly string[] };

export type Verdict =
  | { readonly kind: 'allowed'; readonly allowed: Allowed }
  | { readonly kind: 'denied'; readonly violations: readonly [Violation, ...Violation[]] };

export function judge(facts: PullFacts): Verdict {
  const structure = [...pullViolations(facts)];
  const { change } = facts;
  switch (change.kind) {
    case 'refused':
      return denied([...structure, ...change.violations]);
    case 'removal':
      return structure.length > 0 ? denied(structure) : judgeRemoval(facts, change);
    case 'owners':
      return judgeOwners(facts, structure);
    case 'request':
    case 'extension':
      return judgeGrant(facts, change, structure);
  }
}

/** What no pull request may be, whatever it changes. */
function* pullViolations({ pull, configured }: PullFacts): Generator<Violation> {
  if (pull.author === null)
    yield violation(
      'author-unknown',
      'GitHub does not say who opened this pull request. Open it again from a live account.',
    );
  if (pull.head.repositoryId !== configured.repositoryId)
    yield violation(
      'fork',
      'Requests come from a branch of this repository, not from a fork. Push the branch here and open it again.',
    );
  if (pull.base.repositoryId !== configured.repositoryId || pull.base.ref !== configured.branch)
    yield violation('wrong-base', `This pull request must go into "${configured.branch}". Change its base branch.`);
  if (pull.draft) yield violation('draft', 'This pull request is a draft. Press "Ready for review".');
}

/** A wrong team is no reason to refuse here: its members count as unknown, and only this change can correct it. */
function judgeOwners(facts: PullFacts, structure: readonly Violation[]): Verdict {
  const violations = [...structure];
  const { mergedPolicy, ledger, change } = facts;
  if (change.kind === 'owners' && change.policies && change.paths.some(isWorkflow)) {
    const sentence =
      'Workflow files and policies/ go into pull requests of their own: only a person can merge the first, only the app the second.';
    violations.push(violation('mixed-change', sentence));
  }
  // Of a fork, a draft or another base it is not read at all; the sentence about that is said already.
  const isUnread = mergedPolicy === null && structure.length > 0;
  if (!isUnread && (mergedPolicy === null || mergedPolicy.tree === null)) {
    violations.push(violation('policy-unreadable', 'After this merge there would be no policies/ folder. Keep it.'));
  } else if (mergedPolicy?.policy.kind === 'invalid') {
    for (const problem of mergedPolicy.policy.problems)
      violations.push({
        code: 'policy-unreadable',
        sentence: problem.message,
        file: problem.file,
        line: problem.line,
        column: problem.column,
      });
  }
  violations.push(...(facts.policyReport?.blocking ?? []));
  // What stands on the branch without authorization must not ride along: owners see the diff, not what lies under it.
  if (!isUnread && ledger.policyDiverged && mergedPolicy?.tree !== ledger.policy.tree) {
    const sentence = `policies/ on the branch is not the policy in force (that of commit ${ledger.policy.commit.slice(0, 12)}). First open a pull request that puts it back: git restore --source ${ledger.policy.commit.slice(0, 12)} policies`;
    violations.push(violation('policy-diverged', sentence));
  }
  if (violations.length > 0 || mergedPolicy?.tree == null) return denied(violations);
  const { owners } = ledger.policy.value.settings;
  return { kind: 'allowed', allowed: { kind: 'owners', policies: mergedPolicy.tree, owners } };
}

function judgeRemoval({ removals, ledger }: PullFacts, change: Extract<Change, { kind: 'removal' }>): Verdict {
  const violations = change.files.flatMap(({ id, path }) => {
    const known = ledger.grants.has(id) || ledger.strays.some((stray) => stray.id === id);
    if (!known) return [violation('not-a-grant', `${path} is no grant that this ledger knows.`, path)];
    if (removals.get(id)?.kind !== 'live') return [];
    const sentence = `Grant "${id}" is live. It may be ended by its requester, an approver of its rule or a revoker; ask one of them, or let its deadline pass.`;
    return [violation('not-yours-to-remove', sentence, path)];
  });
  if (violations.length > 0) return denied(violations);
  return { kind: 'allowed', allowed: { kind: 'removal', ids: change.files.map((file) => file.id) } };
}

type GrantChange = Extract<Change, { kind: 'request' | 'extension' }>;

function judgeGrant(facts: PullFacts, change: GrantChange, structure: readonly Violation[]): Verdict {
  const { grantFile, ledger } = facts;
  const violations = [...structure, ...facts.teamProblems.map((sentence) => violation('team-mismatch', sentence))];
  const policy = ledger.policy.value;
  if (grantFile === null || grantFile.kind === 'invalid') {
    for (const one of grantFile?.problems ?? [])
      violations.push({
        code: 'unreadable-grant',
        sentence: one.message,
        file: one.file,
        line: one.line,
        column: one.column,
      });
    if (grantFile === null)
      violations.push(violation('unreadable-grant', 'The grant file cannot be read.', change.file.path));
    return denied(violations);
  }
  const grant = grantFile.value;
  const entry = ledger.grants.get(grant.id) ?? null;
  violations.push(...requesterViolations(facts, grant));
  violations.push(
    ...(change.kind === 'request' ? newIdViolations(facts, grant) : extensionViolations(facts, grant, entry)),
  );
  const requesterId = facts.pull.author?.id ?? 0;
  const resolved = resolveGrant({
    grant,
    policy,
    repositoryId: facts.configured.repositoryId,
    requesterId,
    deadline: facts.now,
  });
  if (facts.awsUser === 'no') {
    const sentence = `IAM Identity Center has no user for @${grant.requester} under the id in policies/people.yaml. The owners must correct the key aws there.`;
    violations.push(violation('person-without-aws', sentence));
  }
  for (const { code, message } of resolved.kind === 'unresolved' ? resolved.problems : [])
    if (!violations.some((one) => one.code === code)) violations.push(violation(code, message, change.file.path));
  if (facts.inlinePolicy !== null && facts.inlinePolicy.characters > facts.inlinePolicy.limit) {
    const sentence = `Role "${grant.role}" makes an inline policy of ${facts.inlinePolicy.characters} characters; AWS takes ${facts.inlinePolicy.limit}. The owners must shorten the role in policies/roles.yaml.`;
    violations.push(violation('policy-too-large', sentence));
  }
  const ruled = judgeAgainstRules(facts, grant, change.kind);
  violations.push(...ruled.violations);
  if (violations.length > 0 || ruled.rule === null || resolved.kind === 'unresolved') return denied(violations);
  const access = accessDigest(change.kind === 'extension' && entry !== null ? entry.resolved : resolved.grant);
  const allowed: Allowed = {
    kind: change.kind === 'request' ? 'grant' : 'extension',
    grant,
    file: change.file,
    rule: ruled.rule,
    access,
    warnings: warnings(facts, grant),
    extends: change.kind === 'extension' ? entry : null,
  };
  return { kind: 'allowed', allowed };
}

function requesterViolations({ pull, ledger }: PullFacts, grant: Grant): Violation[] {
  const { author } = pull;
  if (author === null) return [];
  const person = ledger.policy.value.people.get(author.id);
  if (author.type !== 'User' || grant.requester.toLowerCase() !== author.login.toLowerCase()) {
    const sentence = `The requester is "${grant.requester}", but this pull request was opened by "${author.login}". Whoever needs the access opens the request.`;
    return [violation('not-the-requester', sentence)];
  }
  if (person === undefined) {
    const sentence = `@${author.login} (GitHub id ${author.id}) is not in policies/people.yaml. The owners add people there.`;
    return [violation('unknown-person', sentence)];
  }
  return [];
}

function newIdViolations({ ledger }: PullFacts, grant: Grant): Violation[] {
  if (!ledger.usedIds.has(grant.id)) return [];
  const sentence = `The id "${grant.id}" was used before; an id is granted once in all history. Rename the file, for example to ${grant.id.slice(0, 60)}-2.yaml.`;
  return [violation('id-used', sentence)];
}

function extensionViolations(facts: PullFacts, grant: Grant, entry: GrantEntry | null): Violation[] {
  const end = entry === null ? null : endOf(entry, facts.ledger.policy.value, facts.now, facts.revoked?.(entry.id));
  if (entry === null || end !== null) {
    const why = end === null ? 'it was never granted' : end.sentence;
    return [violation('not-live', `Grant "${grant.id}" cannot be extended: ${why}. Open a new request.`)];
  }
  const found: Violation[] = [];
  if (!sameButDuration(entry.grant, grant))
    found.push(
      violation(
        'extension-changes-more',
        'An extension raises the duration and changes nothing else. Put the other lines back.',
      ),
    );
  if (grant.seconds <= entry.grant.seconds)
    found.push(
      violation('extension-not-longer', `An extension must raise the duration; it is ${entry.grant.duration} now.`),
    );
  if (facts.pull.author?.id !== entry.record.requester.id)
    found.push(violation('not-the-requester', `Only @${entry.record.requester.login} may ask to extend this grant.`));
  return found;
}

function warnings({ ledger }: PullFacts, grant: Grant): string[] {
  const policy = ledger.policy.value;
  const account = policy.accounts.get(grant.account);
  const role = policy.roles.get(grant.role);
  return [
    ...(account?.warning === undefined ? [] : [account.warning]),
    ...(role !== undefined && !role.guards.includes('no-persistence')
      ? [`Role "${role.name}" drops the guard "no-persistence": what it creates or assumes may outlive the deadline.`]
      : []),
  ];
}

function denied(violations: readonly Violation[]): Verdict {
  const [first, ...rest] = violations;
  const none = violation('nothing-changed', 'This pull request changes nothing.');
  return { kind: 'denied', violations: [first ?? none, ...rest] };
}
