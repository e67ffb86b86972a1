// The port to Identity Center on the simulated AWS: the same steps in the same order as the SDK's side of the app.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Access, IdentityCenter } from '../../app/aws/port.ts';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import { type AwsCalls, NotFound, type PermissionSet } from './aws.ts';
import { PEOPLE, REPOSITORY_ID } from './policy.ts';
import { awsNow, type World } from './world.ts';

const GAP_MS = 30_000;

/** `calls` are the SDK's, each of which can fail by itself. */
export function identityCenterOf(world: World, calls: AwsCalls, answered: () => boolean): IdentityCenter {
  const at = () => new Date(awsNow(world)).toISOString();
  const evidence = (operation: string) => [{ operation, requestId: `r-${world.aws.version}`, at: at() }];
  const byName = async (name: string) => (await calls.listSets()).find((one) => one.name === name) ?? null;
  return {
    clockDifferenceMs: () => (answered() ? awsNow(world) - Date.now() : null),
    list: async () => (await calls.listSets()).map(accessOf),
    find: async (name) => {
      const set = await byName(name);
      return set === null ? null : accessOf(set);
    },
    userExists: async (id) => (PEOPLE.some((one) => one.aws === id) ? 'yes' : 'no'),
    proveGranted: async (grant, arn, document) => {
      const set = await calls.describe(arn);
      const differences = set === null ? ['gone'] : differencesOf(set, grant, document);
      if (differences.length > 0) return { kind: 'not-proven', reason: differences.join(' ') };
      return { kind: 'proven', at: at(), evidence: evidence('DescribePermissionSet') };
    },
    compare: async (grant, arn, document) => {
      const set = await calls.describe(arn);
      return set === null ? { kind: 'gone' } : { kind: 'compared', differences: differencesOf(set, grant, document) };
    },
    correct: async (grant, arn, document) => await correct(calls, { grant, arn, document }),
    examine: async (arn) => {
      const set = await calls.describe(arn);
      if (set === null) return null;
      return { createdAt: new Date(set.createdAt), inlinePolicy: set.inline };
    },
    deny: async (request) => await deny(calls, request),
    remove: async (arn) => await remove(calls, arn),
    proveRemoved: async ({ permissionSetName, arn }) => {
      const look = async () => (arn === null ? await byName(permissionSetName) : await calls.describe(arn));
      const notProven = { kind: 'not-proven', reason: `${permissionSetName} still exists` } as const;
      if ((await look()) !== null) return notProven;
      const firstAt = at();
      await sleep(GAP_MS);
      if ((await look()) !== null) return notProven;
      return { kind: 'proven', permissionSetArn: arn, firstAt, at: at(), evidence: evidence('DescribePermissionSet') };
    },
  };
}

function accessOf({ arn, name, tags }: PermissionSet): Access {
  const tag = (key: string) => tags.get(`breakglass:${key}`) ?? null;
  return {
    arn,
    name,
    ledger: tag('ledger'),
    grantId: tag('grant'),
    expiresAt: tag('expires-at'),
    ended: tag('ended'),
  };
}

type Signed = { readonly grant: ResolvedGrant; readonly arn: string; readonly document: string };

function differencesOf(set: PermissionSet, grant: ResolvedGrant, document: string): readonly string[] {
  const differences: string[] = [];
  if (set.inline !== document) differences.push('The inline policy in AWS is not the one that was signed.');
  if ([...set.managed].sort().join() !== [...grant.managedPolicies].sort().join())
    differences.push('The managed policies are not those that were signed.');
  if (set.assignments.some((one) => !isSigned(grant, one)))
    differences.push('It is assigned to somebody else as well.');
  if (!set.assignments.some((one) => isSigned(grant, one))) differences.push('It is not assigned to its person.');
  const latest = [...set.roles].filter(([, role]) => role.inline === set.inline && same(role.managed, set.managed));
  if (set.roles.size !== 1 || latest[0]?.[0] !== grant.accountId) differences.push('It is not provisioned as it is.');
  return differences;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

function isSigned({ accountId, userId }: ResolvedGrant, one: PermissionSet['assignments'][number]): boolean {
  return one.account === accountId && one.user === userId;
}

function isOurs(set: PermissionSet): boolean {
  return set.tags.get('breakglass:ledger') === String(REPOSITORY_ID);
}

/** Null when it is gone; throws for what lacks our tag. */
async function own(calls: AwsCalls, arn: string): Promise<PermissionSet | null> {
  const set = await calls.describe(arn);
  if (set !== null && !isOurs(set)) throw new Error(`${arn} lacks our ledger tag`);
  return set;
}

async function deny(calls: AwsCalls, request: Parameters<IdentityCenter['deny']>[0]): Promise<void> {
  const { arn, accountId, reason, policy } = request;
  try {
    const set = await own(calls, arn);
    if (set === null) return;
    const tagged = set.tags.has('breakglass:ended') ? [] : [calls.tag(arn, 'breakglass:ended', reason)];
    const tagging = await Promise.allSettled(tagged);
    if (set.inline !== policy) await calls.putInline(arn, policy);
    const now = await calls.describe(arn);
    const accounts = [...(now?.roles.keys() ?? [])].sort((a, b) => Number(b === accountId) - Number(a === accountId));
    for (const account of accounts) await calls.provision(arn, account);
    for (const one of tagging) if (one.status === 'rejected') throw one.reason;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}

async function remove(calls: AwsCalls, arn: string): Promise<void> {
  try {
    for (let tries = 0; tries < 5; tries++) {
      const set = await own(calls, arn);
      if (set === null) return;
      for (const { account, user } of set.assignments) await calls.unassign(arn, account, user).catch(unlessNotFound);
      if ((await calls.describe(arn))?.assignments.length === 0) return await calls.deleteSet(arn);
    }
    throw new Error('ConflictException: somebody assigns it again and again');
  } catch (error) {
    unlessNotFound(error);
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

async function correct(calls: AwsCalls, { grant, arn, document }: Signed) {
  const gone = { added: [], complete: false };
  try {
    const set = await own(calls, arn);
    if (set === null) return gone;
    const foreign = set.assignments.filter((one) => !isSigned(grant, one));
    const complete = set.assignments.length > foreign.length;
    if (complete) {
      if (set.inline !== document) await calls.putInline(arn, document);
      for (const policy of set.managed) if (!grant.managedPolicies.includes(policy)) await calls.detach(arn, policy);
      await calls.provision(arn, grant.accountId);
    }
    for (const { account, user } of foreign) await calls.unassign(arn, account, user).catch(unlessNotFound);
    const missing = grant.managedPolicies.some((policy) => !set.managed.includes(policy));
    const added = foreign.length > 0 ? ['It is assigned to somebody else as well.'] : [];
    return { added, complete: complete && !missing };
  } catch (error) {
    unlessNotFound(error);
    return gone;
  }
}
