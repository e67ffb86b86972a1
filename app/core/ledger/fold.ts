// History → ledger: the one place that says which commit counts. Pure, so that app, engine and audit cannot disagree.
import { grantIdOfPath } from '../grant/parse.ts';
import { keyFingerprint } from '../policy/fingerprint.ts';
import { type Authorization, verifyMessage } from '../record/authorization.ts';
import type { AuthorizationRecord } from '../record/record.ts';
import type { Parsed } from '../result.ts';
import { extendGrant, startGrant } from './authorize.ts';
import { goneFromPolicy } from './ends.ts';
import type { Contents, History, HistoryCommit, Root, TreeChange } from './history.ts';
import type { GrantEntry, Ledger, LedgerAlarm, PolicyInForce, Stray } from './ledger.ts';

type State = {
  policy: PolicyInForce;
  readonly grants: Map<string, GrantEntry>;
  readonly strays: Map<string, Stray>;
  readonly usedIds: Set<string>;
  readonly spent: Set<string>;
  readonly authorizations: Counted[];
  readonly alarms: LedgerAlarm[];
};

/** A valid authorization and the commit in which it counts. */
export type Counted = { readonly commit: string; readonly at: Date; readonly record: AuthorizationRecord };

export type Folded =
  /** `authorizations`: every valid one, oldest first. */
  | { readonly kind: 'ledger'; readonly ledger: Ledger; readonly authorizations: readonly Counted[] }
  /** The root itself cannot be trusted: nothing that follows can be either. */
  | { readonly kind: 'no-root'; readonly reason: string };

export function foldLedger(root: Root, history: History, contents: Contents): Folded {
  const [genesis, ...later] = history;
  const first = rootPolicy(root, genesis, contents);
  if (first.kind === 'no-root') return first;
  const state: State = {
    policy: first.policy,
    grants: new Map(),
    strays: new Map(),
    usedIds: new Set(),
    spent: new Set(),
    authorizations: [],
    alarms: [],
  };
  // Grant files of the genesis commit have no authorization, as any other.
  for (const change of genesis.changes) judgeChange(state, root, genesis, change, null, contents);
  later.forEach((commit, i) => {
    judgeCommit(state, { root, contents, commit, position: i + 1, policiesBefore: history[i]?.policiesTree ?? null });
  });
  const tip = history.at(-1) ?? genesis;
  return {
    kind: 'ledger',
    ledger: {
      tip: tip.sha,
      position: history.length - 1,
      policy: state.policy,
      policyDiverged: tip.policiesTree !== state.policy.tree,
      grants: state.grants,
      strays: [...state.strays.values()],
      usedIds: state.usedIds,
      alarms: state.alarms,
    },
    authorizations: state.authorizations,
  };
}

function rootPolicy(root: Root, genesis: HistoryCommit, contents: Contents) {
  const noRoot = (reason: string) => ({ kind: 'no-root' as const, reason });
  if (genesis.sha !== root.genesis)
    return noRoot(`the history does not begin at the configured genesis ${root.genesis}`);
  if (genesis.policiesTree === null) return noRoot(`the genesis commit ${root.genesis} has no policies/ folder`);
  const policy = contents.policy(genesis.policiesTree);
  if (policy.kind === 'invalid') return noRoot(`the genesis policy does not parse: ${firstProblem(policy)}`);
  const strangers = policy.value.keys.filter((key) => !root.fingerprints.includes(keyFingerprint(key.key)));
  const [stranger] = strangers;
  if (stranger !== undefined)
    return noRoot(
      `key "${stranger.id}" of the genesis policy (${keyFingerprint(stranger.key)}) is not among the configured fingerprints`,
    );
  return {
    kind: 'root' as const,
    policy: { tree: genesis.policiesTree, commit: genesis.sha, value: policy.value },
  };
}

type Step = {
  readonly root: Root;
  readonly contents: Contents;
  readonly commit: HistoryCommit;
  readonly position: number;
  readonly policiesBefore: string | null;
};

function judgeCommit(state: State, step: Step): void {
  const { root, contents, commit } = step;
  const authorization = validAuthorization(state, root, commit, step.position);
  // Grants of this commit are judged under the policy that was in force before it.
  for (const change of commit.changes) judgeChange(state, root, commit, change, authorization, contents);
  judgePolicy(state, step, authorization);
}

/** An authorization counts once, for this repository, in the first commit that carries it. */
function validAuthorization(state: State, root: Root, commit: HistoryCommit, position: number): Authorization | null {
  const answer = verifyMessage(commit.message, state.policy.value.keys, position);
  if (answer.kind === 'none') return null;
  if (answer.kind === 'invalid') {
    alarm(
      state,
      commit,
      'authorization-invalid',
      `Commit ${commit.sha} claims an authorization, but ${answer.reason}.`,
    );
    return null;
  }
  const { authorization } = answer;
  if (authorization.record.repositoryId !== root.repositoryId) {
    const other = authorization.record.repositoryId;
    alarm(
      state,
      commit,
      'authorization-invalid',
      `Commit ${commit.sha} carries an authorization of repository ${other}.`,
    );
    return null;
  }
  if (state.spent.has(authorization.digest)) {
    alarm(
      state,
      commit,
      'authorization-replayed',
      `Commit ${commit.sha} repeats an authorization of an earlier commit.`,
    );
    return null;
  }
  state.spent.add(authorization.digest);
  state.authorizations.push({ commit: commit.sha, at: commit.committedAt, record: authorization.record });
  return authorization;
}

function judgeChange(
  state: State,
  root: Root,
  commit: HistoryCommit,
  change: TreeChange,
  authorization: Authorization | null,
  contents: Contents,
): void {
  const id = grantIdOfPath(change.path);
  if (id === null) return;
  if (change.status === 'D') {
    removeGrant(state, commit, id, authorization);
    return;
  }
  const record = authorization?.record;
  const input = { root, commit, change, record, policy: state.policy, contents };
  if (change.status === 'A' && !state.usedIds.has(id)) {
    const started = startGrant({ ...input, id });
    if (started.kind === 'granted') state.grants.set(id, started.entry);
    else stray(state, commit, change, id, started.reason);
  } else if (state.grants.has(id) && !state.strays.has(id)) {
    changeGrant(state, commit, id, input);
  } else {
    stray(state, commit, change, id, `the id "${id}" was used before; an id is granted once in all history`);
  }
  state.usedIds.add(id);
}

function changeGrant(state: State, commit: HistoryCommit, id: string, input: Parameters<typeof extendGrant>[1]): void {
  const entry = state.grants.get(id);
  if (entry === undefined) return;
  if (entry.removed !== null) {
    stray(state, commit, input.change, id, `grant "${id}" had ended`);
    return;
  }
  const extended = extendGrant(entry, input);
  if (extended.kind === 'granted') state.grants.set(id, extended.entry);
  else {
    const message = `Commit ${commit.sha} edits grant "${id}", ignored: ${extended.reason}.`;
    alarm(state, commit, 'grant-edited', message, id);
  }
}

function removeGrant(state: State, commit: HistoryCommit, id: string, authorization: Authorization | null): void {
  state.strays.delete(id);
  state.usedIds.add(id);
  const entry = state.grants.get(id);
  if (entry === undefined || entry.removed !== null) return;
  const record = authorization?.record.kind === 'removal' ? authorization.record : null;
  // A removal speaks for the grants that it names, not for whatever else its commit deletes.
  const named = record?.removed.some((one) => one.grantId === id) ? record : null;
  state.grants.set(id, { ...entry, removed: { commit: commit.sha, at: commit.committedAt, record: named } });
}

function judgePolicy(state: State, step: Step, authorization: Authorization | null): void {
  const { commit, contents, policiesBefore } = step;
  const tree = commit.policiesTree;
  if (tree === state.policy.tree) return;
  const record = authorization?.record;
  if (tree === null || record?.kind !== 'change' || record.policies !== tree) {
    // Said once, at the commit that did it, and not again for each commit on top of it.
    if (tree === policiesBefore) return;
    const message = `Commit ${commit.sha} changes policies/ without the owners' approval; the policy of ${state.policy.commit} stays in force.`;
    alarm(state, commit, 'policy-unauthorized', message);
    return;
  }
  const parsed = contents.policy(tree);
  if (parsed.kind === 'invalid') {
    const message = `Commit ${commit.sha} brings a policy that does not parse (${firstProblem(parsed)}); the policy of ${state.policy.commit} stays in force.`;
    alarm(state, commit, 'policy-unreadable', message);
    return;
  }
  state.policy = { tree, commit: commit.sha, value: parsed.value };
  endByPolicy(state, commit);
}

/** Remembered at the commit that took it away: a later policy that has it again revives nothing. */
function endByPolicy(state: State, commit: HistoryCommit): void {
  for (const [id, entry] of state.grants) {
    const what = entry.gone === null ? goneFromPolicy(entry, state.policy.value) : null;
    if (what !== null) state.grants.set(id, { ...entry, gone: { commit: commit.sha, at: commit.committedAt, what } });
  }
}

function stray(state: State, commit: HistoryCommit, change: TreeChange, id: string, reason: string): void {
  state.strays.set(id, {
    id,
    path: change.path,
    commit: commit.sha,
    at: commit.committedAt,
    blob: change.newBlob,
    reason,
  });
  alarm(
    state,
    commit,
    'grant-unauthorized',
    `Commit ${commit.sha} adds ${change.path}, which grants nothing: ${reason}.`,
    id,
  );
}

function alarm(state: State, commit: HistoryCommit, code: LedgerAlarm['code'], message: string, grant?: string): void {
  const whose = grant === undefined ? {} : { grant };
  state.alarms.push({ code, commit: commit.sha, at: commit.committedAt, message, ...whose });
}

function firstProblem(parsed: Extract<Parsed<unknown>, { kind: 'invalid' }>): string {
  const [problem] = parsed.problems;
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}
