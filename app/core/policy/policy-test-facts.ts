// Facts of a pull request that nobody opened: what a policy test states, or what a replay knows, in the decision's own form.
import { addSeconds } from 'date-fns/addSeconds';
import { subSeconds } from 'date-fns/subSeconds';
import type { PullFacts } from '../decision/facts.ts';
import type { Membership } from '../decision/people.ts';
import type { Grant } from '../grant/grant.ts';
import { resolveGrant } from '../grant/resolve.ts';
import type { ResolvedGrant } from '../grant/resolved.ts';
import type { GrantEntry } from '../ledger/ledger.ts';
import type { GrantRecord, Identity } from '../record/record.ts';
import type { Policy, Selector } from './policy.ts';
import type { EarlierGrant, PolicyTestCase } from './policy-test.ts';

/** Non-white-space characters of the inline policy that a grant needs, and AWS's limit. */
export type InlineSize = (grant: ResolvedGrant) => { readonly characters: number; readonly limit: number };

export type Hypothesis = {
  readonly policy: Policy;
  readonly grant: Grant;
  readonly requester: Identity;
  /** Of the requester. */
  readonly membership: (selector: Selector) => Membership;
  readonly kind: 'request' | 'extension';
  readonly grants: readonly GrantEntry[];
  readonly now: Date;
  readonly waitedSeconds: number;
  readonly size: InlineSize | null;
};

/** Everything that no policy speaks about is in order: the branch, its author, the base, Identity Center's user. */
export function hypotheticalFacts(given: Hypothesis): PullFacts {
  const { policy, grant, requester, now } = given;
  const file = { id: grant.id, path: `grants/${grant.id}.yaml`, blob: NOWHERE };
  const resolved = resolveGrant({ grant, policy, repositoryId: REPOSITORY, requesterId: requester.id, deadline: now });
  return {
    pull: {
      number: 1,
      state: 'open',
      merged: false,
      draft: false,
      author: { ...requester, type: 'User' },
      head: { sha: NOWHERE, ref: 'request', repositoryId: REPOSITORY },
      base: { sha: NOWHERE, ref: 'main', repositoryId: REPOSITORY },
      createdAt: subSeconds(now, given.waitedSeconds),
    },
    configured: { repositoryId: REPOSITORY, branch: 'main' },
    self: { appId: 0, userId: 0 },
    change: { kind: given.kind, file },
    grantFile: { kind: 'ok', value: grant },
    comments: [],
    reviews: [],
    edits: new Map(),
    pushes: [],
    reopenedAt: null,
    ledger: {
      tip: NOWHERE,
      position: 0,
      policy: { tree: NOWHERE, commit: NOWHERE, value: policy },
      policyDiverged: false,
      grants: new Map(given.grants.map((entry) => [entry.id, entry])),
      strays: [],
      usedIds: new Set(),
      alarms: [],
    },
    inlinePolicy: resolved.kind === 'resolved' && given.size !== null ? given.size(resolved.grant) : null,
    mergedPolicy: null,
    removals: new Map(),
    membership: (selector, userId) => (userId === requester.id ? given.membership(selector) : 'unknown'),
    teamProblems: [],
    now,
  };
}

export function factsOfCase(test: PolicyTestCase, policy: Policy, size: InlineSize | null): PullFacts {
  const { account, role, duration, seconds, incident } = test.request;
  const grant: Grant = {
    id: 'policy-test',
    requester: test.requester,
    account,
    role,
    duration,
    seconds,
    reason: test.name,
    ...(incident === undefined ? {} : { incident }),
  };
  const requester = personOf(policy, test.requester);
  const entry = (one: EarlierGrant, id: string) => entryOf({ policy, requester, grant: { ...grant, id } }, one);
  const extended = test.extends === null ? null : entry(test.extends, grant.id);
  const earlier = test.earlier.map((one, index) => entry(one, `earlier-${index + 1}`));
  return hypotheticalFacts({
    policy,
    grant,
    requester,
    membership: (selector) => membershipOf(test, requester, selector),
    kind: test.extends === null ? 'request' : 'extension',
    grants: [extended, ...earlier].filter((one) => one !== null),
    now: NOW,
    waitedSeconds: test.waitedSeconds,
    size,
  });
}

const NOWHERE = '0'.repeat(40);
const REPOSITORY = 1;
/** No rule asks what time it is: only spans count, and any moment will do. */
const NOW = new Date('2026-01-01T12:00:00Z');
/** GitHub gives out positive ids: this one is nobody's. */
const STRANGER = -1;

function personOf(policy: Policy, login: string): Identity {
  const known = [...policy.people.values()].find(({ github }) => github.toLowerCase() === login.toLowerCase());
  return { login, id: known?.id ?? STRANGER };
}

function membershipOf(test: PolicyTestCase, requester: Identity, selector: Selector): Membership {
  if (selector.kind === 'user') return selector.id === requester.id ? 'member' : 'not-member';
  if (test.unknown.includes(selector.team)) return 'unknown';
  return test.teams.includes(selector.team) ? 'member' : 'not-member';
}

type Had = { readonly policy: Policy; readonly requester: Identity; readonly grant: Grant };

/** Null where the policy lacks a name: then it could never have been granted, and the request itself is denied for it. */
function entryOf({ policy, requester, grant }: Had, earlier: EarlierGrant): GrantEntry | null {
  const startedAt = subSeconds(NOW, earlier.startedSecondsAgo);
  const deadline = addSeconds(startedAt, earlier.seconds);
  const resolved = resolveGrant({ grant, policy, repositoryId: REPOSITORY, requesterId: requester.id, deadline });
  if (resolved.kind === 'unresolved') return null;
  const record: GrantRecord = {
    kind: 'grant',
    repositoryId: REPOSITORY,
    pullRequest: 1,
    grantId: grant.id,
    grantBlob: NOWHERE,
    requester,
    reason: grant.reason,
    access: '',
    approvedBy: [],
    approvedHead: NOWHERE,
    policies: NOWHERE,
    rule: earlier.rule,
    expiresAt: resolved.grant.deadline,
  };
  return {
    id: grant.id,
    grant: { ...grant, duration: `${earlier.seconds}s`, seconds: earlier.seconds },
    blob: NOWHERE,
    resolved: resolved.grant,
    record,
    pulls: [1],
    commit: NOWHERE,
    startedAt,
    deadline,
    removed: earlier.ended ? { commit: NOWHERE, at: startedAt, record: null } : null,
    gone: null,
  };
}
