// Whether one commit's authorization really authorizes the grant file that the commit brings.
import { addSeconds } from 'date-fns/addSeconds';
import { min } from 'date-fns/min';
import type { Grant } from '../grant/grant.ts';
import { parseGrant } from '../grant/parse.ts';
import { accessDigest, resolveGrant } from '../grant/resolve.ts';
import { wholeSeconds } from '../instant.ts';
import type { AuthorizationRecord, GrantRecord } from '../record/record.ts';
import type { Parsed } from '../result.ts';
import type { Contents, HistoryCommit, Root, TreeChange } from './history.ts';
import type { GrantEntry, PolicyInForce } from './ledger.ts';

type Input = {
  readonly root: Root;
  readonly commit: HistoryCommit;
  readonly change: TreeChange;
  readonly record: AuthorizationRecord | undefined;
  readonly policy: PolicyInForce;
  readonly contents: Contents;
};

export type Authorized =
  | { readonly kind: 'granted'; readonly entry: GrantEntry }
  | { readonly kind: 'refused'; readonly reason: string };

export function startGrant(input: Input & { readonly id: string }): Authorized {
  const read = readAuthorized(input, 'grant');
  if (read.kind === 'refused') return read;
  const { record, grant } = read;
  if (record.policies !== input.policy.tree) return refused('it was judged under a policy that was no longer in force');
  const startedAt = input.commit.committedAt;
  const deadline = earlier(record.expiresAt, startedAt, grant.seconds);
  const resolved = resolveGrant({
    grant,
    policy: input.policy.value,
    repositoryId: input.root.repositoryId,
    requesterId: record.requester.id,
    deadline,
  });
  if (resolved.kind === 'unresolved') return refused(resolved.problems[0].message);
  if (accessDigest(resolved.grant) !== record.access) return refused('the access it names is not what the policy says');
  const entry: GrantEntry = {
    id: input.id,
    grant,
    blob: input.change.newBlob,
    resolved: resolved.grant,
    record,
    pulls: [record.pullRequest],
    commit: input.commit.sha,
    startedAt,
    deadline,
    removed: null,
    gone: null,
  };
  return { kind: 'granted', entry };
}

/** Keeps the first start; counts only before the previous deadline; can move nothing but the deadline. */
export function extendGrant(entry: GrantEntry, input: Input): Authorized {
  const read = readAuthorized(input, 'extension');
  if (read.kind === 'refused') return read;
  const { record, grant } = read;
  if (record.policies !== input.policy.tree) return refused('it was judged under a policy that was no longer in force');
  if (entry.gone !== null) return refused(`the grant had ended: ${entry.gone.what} was no longer in policy`);
  if (input.commit.committedAt >= entry.deadline) return refused('the grant had ended before the extension was merged');
  if (!sameButDuration(entry.grant, grant)) return refused('an extension may change nothing but the duration');
  if (grant.seconds <= entry.grant.seconds) return refused('an extension must raise the duration');
  if (record.access !== accessDigest(entry.resolved)) return refused('the access it names is not that of the grant');
  const deadline = earlier(record.expiresAt, entry.startedAt, grant.seconds);
  if (deadline <= entry.deadline) return refused('it would not move the deadline');
  return {
    kind: 'granted',
    entry: {
      ...entry,
      grant,
      blob: input.change.newBlob,
      resolved: { ...entry.resolved, deadline: wholeSeconds(deadline) },
      pulls: [...entry.pulls, record.pullRequest],
      deadline,
    },
  };
}

export function sameButDuration(a: Grant, b: Grant): boolean {
  return (
    a.id === b.id &&
    a.requester.toLowerCase() === b.requester.toLowerCase() &&
    a.account === b.account &&
    a.role === b.role &&
    a.reason === b.reason &&
    a.incident === b.incident
  );
}

type Read =
  | { readonly kind: 'read'; readonly record: GrantRecord; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly reason: string };

function readAuthorized({ change, record, contents }: Input, kind: GrantRecord['kind']): Read {
  if (record?.kind !== kind) return refused(`no valid ${kind} authorization in the commit that brought it`);
  if (change.newMode !== '100644') return refused('it is not an ordinary file');
  if (record.grantBlob !== change.newBlob) return refused('its content is not what was approved');
  const bytes = contents.blob(change.newBlob);
  if (bytes === null) return refused('its content cannot be read');
  const grant = parsedGrant(change.path, bytes);
  if (grant.kind === 'invalid') return refused(grant.problems[0].message);
  if (record.grantId !== grant.value.id) return refused('the authorization is for another grant');
  return { kind: 'read', record, grant: grant.value };
}

/** The ledger is folded anew at every step of the branch, mostly from the files that were read before. */
const parsedGrants = new WeakMap<Uint8Array, { readonly path: string; readonly grant: Parsed<Grant> }>();

function parsedGrant(path: string, bytes: Uint8Array): Parsed<Grant> {
  const known = parsedGrants.get(bytes);
  if (known?.path === path) return known.grant;
  const grant = parseGrant(path, bytes);
  parsedGrants.set(bytes, { path, grant });
  return grant;
}

function earlier(expiresAt: string, start: Date, seconds: number): Date {
  return min([new Date(expiresAt), addSeconds(start, seconds)]);
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason };
}
