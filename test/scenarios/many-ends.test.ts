// A hundred grants end in the same second while twenty are being made: the same reconcilers, queue, schedule and limits
// as in the app, with AWS's double behind them and an engine without Pulumi, which would cost minutes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { createIdentityCenter } from '../../app/aws/identity-center.ts';
import { createLimiter } from '../../app/aws/limiter.ts';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import type { GrantEntry, Ledger } from '../../app/core/ledger/ledger.ts';
import { createMemoryQueue } from '../../app/queue/memory.ts';
import type { Queue } from '../../app/queue/queue.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import { type Context, createMemory } from '../../app/reconcile/context.ts';
import { openRevocations } from '../../app/reconcile/revocations.ts';
import { places, worker } from '../../app/reconcile/worker.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';
import { INSTANCE, MONA, resolved } from '../engine/grants.ts';
import { type AwsDouble, startAws } from '../sandbox/aws/index.ts';
import { until } from '../sandbox/index.ts';
import { type Ran, thinEngine } from './thin-engine.ts';

const ENDING = 100;
const NEW = 20;
const ACCOUNTS = Array.from({ length: 12 }, (_, i) => ({ id: String(100_000_000_001 + i), name: `account-${i}` }));
const USERS = Array.from({ length: 50 }, (_, i) => `${MONA.slice(0, -2)}${10 + i}`);
/** Everything is this much faster than with AWS: its waits, and our rates. */
const SPEED = 10;
const OPERATIONS = 8;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** Nobody who loses a grant gets another: their access is to be seen ending. */
function grantOf(id: string, i: number, deadline: Date, user: number): ResolvedGrant {
  const account = ACCOUNTS[1 + (i % (ACCOUNTS.length - 1))];
  return resolved(id, {
    permissionSetName: `bg-${id}`,
    accountId: account?.id ?? '',
    accountName: account?.name ?? '',
    userId: USERS[user] ?? '',
    managedPolicies: [],
    statements: [{ Sid: 'Work', Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    deadline: deadline.toISOString().replace(/\.\d+/, ''),
  });
}

function entryOf(grant: ResolvedGrant): GrantEntry {
  return {
    id: grant.id,
    resolved: grant,
    grant: { id: grant.id, role: grant.role, account: grant.accountName, seconds: 3600, reason: 'Testing' },
    record: { requester: { id: USERS.indexOf(grant.userId), login: 'mona' }, rule: 'rule' },
    pulls: [1],
    startedAt: new Date(),
    deadline: new Date(grant.deadline),
    removed: null,
    gone: null,
  } as unknown as GrantEntry;
}

function ledgerOf(entries: readonly GrantEntry[]): Ledger {
  const people = new Map(USERS.map((aws, i) => [i, { github: aws, id: i, aws }]));
  const accounts = new Map(ACCOUNTS.map((one) => [one.name, one]));
  const value = { people, accounts, roles: new Map([['admin', {}]]), rules: [{ name: 'rule' }] };
  return { grants: new Map(entries.map((one) => [one.id, one])), policy: { value } } as unknown as Ledger;
}

/** As an app made it earlier: set, policy with the deadline, role, assignment. */
function makeEarlier(aws: AwsDouble, grant: ResolvedGrant): string {
  const policy = inlinePolicy(grant);
  if (policy.kind !== 'ok') throw new Error('too large');
  const tags = {
    'breakglass:ledger': String(grant.repositoryId),
    'breakglass:grant': grant.id,
    'breakglass:expires-at': grant.deadline,
  };
  const arn = aws.administrator.createSet(grant.permissionSetName, { inlinePolicy: policy.document, tags });
  aws.administrator.assign(arn, grant.accountId, grant.userId);
  return arn;
}

/** GitHub is down all the while: nothing here may wait for it. */
const noGitHub = { now: () => new Date() };

it('a hundred ends in one second go before twenty grants, within the limits of AWS, and nobody has access past the deadline', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'breakglass-many-'));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  const aws = await startAws({
    region: 'eu-central-1',
    instanceArn: INSTANCE,
    identityStoreId: 'd-1234567890',
    users: USERS.map((userId) => ({ userId, userName: userId, displayName: userId, email: `${userId}@example.com` })),
    accounts: ACCOUNTS,
    latency: [100, 400],
  });
  undo.push(() => aws.close());
  Object.assign(process.env, aws.environment);

  const deadline = new Date(Math.ceil(Date.now() / 1000) * 1000 + 8_000);
  const ending = Array.from({ length: ENDING }, (_, i) => grantOf(`old-${i}`, i, deadline, i % 30));
  const fresh = Array.from({ length: NEW }, (_, i) => grantOf(`new-${i}`, i, new Date(Date.now() + 3_600_000), 30 + i));
  const grants = new Map([...ending, ...fresh].map((one) => [one.id, one]));
  const state = new Map(ending.map((one) => [one.id, makeEarlier(aws, one)]));
  // The names are known, as after a pass.
  await writeFile(
    join(dir, 'names.json'),
    JSON.stringify(Object.fromEntries([...state].map(([id, arn]) => [arn, `bg-${id}`]))),
  );
  const engine = thinEngine({ url: aws.url, grants, state, operations: OPERATIONS });
  const center = createIdentityCenter({
    region: 'eu-central-1',
    instanceArn: INSTANCE,
    identityStoreId: 'd-1234567890',
    repositoryId: 1296269,
    log: pino({ level: 'silent' }),
    cacheFile: join(dir, 'names.json'),
    proofGapMs: 300,
    pollMs: 100,
    limiter: createLimiter({ urgentPerSecond: 8 * SPEED, ownPerSecond: 5 * SPEED, sweepPerSecond: 2 * SPEED }),
  });

  let queue: Queue | null = null;
  const memory = createMemory(openRevocations(join(dir, 'ended')));
  const log = pino({ level: process.env.BREAKGLASS_TEST_LOG ?? 'silent' });
  const context = {
    configured: { repositoryId: 1296269, branch: 'main', genesis: '', fingerprints: [] },
    github: noGitHub,
    identityCenter: () => center,
    engine: () => ({ kind: 'ready', engine }),
    enqueue: (key: string, ms?: number) => (key.startsWith('grant:') ? queue?.enqueue(key, ms) : undefined),
    ledger: async () => ledgerOf([...ending, ...fresh].map(entryOf)),
    frozen: () => null,
    memory,
    alarms: createAlarms({ log, now: () => new Date() }),
    measure: () => {},
    log,
  } as unknown as Context;
  const errors: string[] = [];
  queue = createMemoryQueue({
    ...places(context),
    handle: worker({ context, passMs: 60_000, onPass: () => {} }),
    retry: { firstMs: 100, maxMs: 6_000 },
    onError: (key, error) => errors.push(`${key} ${String(error)}`),
  });
  undo.push(async () => queue?.drain(0));

  for (const one of ending) memory.confirmed.set(one.id, one.deadline);
  for (const one of ending) queue.enqueue(`grant:${one.id}`);
  await until('one has access', () => canUse(aws, ending[0], new Date()));
  // Now and then AWS throttles, and one deletion takes its time.
  let calls = 0;
  const everyFortieth = () => {
    calls += 1;
    return calls % 40 === 0;
  };
  aws.plant({ on: everyFortieth, mishap: { kind: 'throttle' }, times: 200 });
  aws.plant({ on: 'DeleteAccountAssignment', mishap: { kind: 'operation-slow', ms: 5_000 } });

  const over: string[] = [];
  let outstanding = 0;
  const watch = setInterval(() => {
    const under = aws.operations().filter((one) => one.status === 'IN_PROGRESS' && one.assignment !== undefined);
    outstanding = Math.max(outstanding, under.length);
    if (Date.now() < deadline.getTime()) return;
    for (const one of ending) if (canUse(aws, one, new Date())) over.push(one.id);
  }, 50);
  undo.push(async () => clearInterval(watch));

  // The grants are under way when the deadline comes.
  await until('it is nearly time', () => Date.now() > deadline.getTime() - 700, 20_000);
  for (const one of fresh) queue.enqueue(`grant:${one.id}`);
  await until('all ends are proven', () => memory.proven.size === ENDING, 60_000);
  await until('all grants are active', () => fresh.every((one) => memory.confirmed.has(one.id)), 60_000);
  clearInterval(watch);

  expect(over).toEqual([]);
  expect(aws.assignments()).toHaveLength(NEW);
  for (const one of fresh) expect(canUse(aws, one, new Date())).toBe(true);
  for (const { proof } of memory.proven.values()) expect(proof).toMatch(/^proven \S+Z \S+Z requests \S+/);
  // AWS: ten outstanding, and one change at a time in an account.
  expect(outstanding).toBeLessThanOrEqual(10);
  expect(aws.log.filter((one) => JSON.stringify(one).includes('ConflictException'))).toEqual([]);
  expect(aws.log.filter((one) => JSON.stringify(one).includes('ThrottlingException')).length).toBeGreaterThan(20);
  // Each was ended once: nothing was tried again because somebody was in the way, and no grant went before an end.
  const ends = engine.ran.filter((one) => one.action === 'end');
  expect(ends).toHaveLength(ENDING);
  expect(errors).toEqual([]);
  for (const one of engine.ran.filter(({ action }) => action === 'grant')) expect(heldUp(engine.ran, one)).toEqual([]);
  // With ten times AWS's speed; most of it are the proofs, which leave AWS's rate to the removals.
  expect(Math.max(...ends.map((one) => one.from)) - deadline.getTime()).toBeLessThan(25_000);
}, 150_000);

/** Ends that could have had the place of this grant: they were asked for before it began, and their account was free. */
function heldUp(ran: readonly Ran[], grant: Ran): readonly Ran[] {
  const busy = (accountId: string) =>
    ran.some(
      (one) => one !== grant && one.accountId === accountId && one.from <= grant.from && one.until >= grant.from,
    );
  return ran.filter(
    (one) => one.action === 'end' && one.asked < grant.from && one.from > grant.from + 20 && !busy(one.accountId),
  );
}

function canUse(aws: AwsDouble, grant: ResolvedGrant | undefined, at: Date): boolean {
  if (grant === undefined) return false;
  return aws.whatCan(grant.userId, grant.accountId, 's3:GetObject', at).kind === 'allowed';
}
