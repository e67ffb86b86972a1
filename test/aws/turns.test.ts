// Ends of one account do not starve each other, nor those of another account.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createIdentityCenter } from '../../app/aws/identity-center.ts';
import { createLimiter } from '../../app/aws/limiter.ts';
import { type AwsDouble, startAws } from '../sandbox/aws/index.ts';
import { allow, denyAll, instanceArn, mona, repositoryId } from './office.ts';

const ACCOUNTS = Array.from({ length: 12 }, (_, i) => String(100_000_000_001 + i));
const [busy = '', other = ''] = ACCOUNTS;
/** AWS's work takes this long, and everything is ten times faster than there: our rates, polls and patience. */
const OPERATION_MS = 150;

let aws: AwsDouble;
afterEach(() => aws.close());

async function open(patienceMs: number) {
  aws = await startAws({
    region: 'eu-west-1',
    instanceArn,
    identityStoreId: 'd-90672a1b3c',
    users: [{ userId: mona, userName: 'mona', displayName: 'Mona', email: 'mona@example.com' }],
    accounts: ACCOUNTS.map((id) => ({ id, name: id })),
    latency: OPERATION_MS,
  });
  Object.assign(process.env, aws.environment);
  return createIdentityCenter({
    region: 'eu-west-1',
    instanceArn,
    identityStoreId: 'd-90672a1b3c',
    repositoryId,
    log: { info: () => {}, warn: () => {} },
    pollMs: 50,
    patienceMs,
    limiter: createLimiter({ urgentPerSecond: 40, ownPerSecond: 50 }),
  });
}

function grantsIn(account: string, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const name = `bg-${account}-${i}`;
    const tags = { 'breakglass:ledger': String(repositoryId), 'breakglass:grant': name };
    const arn = aws.administrator.createSet(name, { inlinePolicy: allow, tags });
    aws.administrator.assign(arn, account, mona);
    return { arn, accountId: account, reason: 'revoked', policy: denyAll };
  });
}

const refused = () => aws.log.filter((one) => JSON.stringify(one).includes('ConflictException'));
const calls = (operation: string) => aws.log.filter((one) => one.operation === operation).length;

test('thirty in one account: each waits for its turn without a call, and one elsewhere is not held up', async () => {
  const began = performance.now();
  const center = await open(4_000);
  const last: number[] = [];
  const many = Promise.all(
    grantsIn(busy, 30).map(async (denial) => {
      await center.deny(denial);
      last.push(performance.now() - began);
    }),
  );
  many.catch(() => {});
  await sleep(200);
  const [one] = grantsIn(other, 1);
  if (one === undefined) throw new Error('no grant');
  await center.deny(one);
  // In the time of few of the others, whatever the machine's own speed; in one common row it had been of most of them.
  expect(last.length).toBeLessThan(7);
  await many;
  // One at a time, and longer than the patience, which is for AWS alone.
  expect(Math.max(...last)).toBeGreaterThan(30 * OPERATION_MS);
  expect(refused()).toEqual([]);
  const can = (account: string) => aws.whatCan(mona, account, 's3:GetObject').kind;
  expect([can(busy), can(other)]).toEqual(['denied', 'denied']);
}, 30_000);

test('one that AWS does not finish lets the next one try, and only that one fails', async () => {
  const center = await open(2_000);
  aws.plant({ on: 'ProvisionPermissionSet', mishap: { kind: 'operation-stalls' } });
  const [hanging, ...others] = grantsIn(busy, 3);
  if (hanging === undefined) throw new Error('no grant');
  const failed = expect(center.deny(hanging)).rejects.toThrow('has not finished the provisioning');
  await sleep(200);
  const rest = others.map((denial) => center.deny(denial));
  // Busy with what hangs, AWS refuses the next one, which tries again.
  await expect.poll(() => refused().length, { timeout: 3_000 }).toBeGreaterThan(0);
  for (const operation of aws.operations()) if (operation.setArn === hanging.arn) operation.status = 'FAILED';
  await Promise.all([failed.catch(() => {}), ...rest]);
}, 30_000);

test('one in each of many accounts: what AWS has under way is listed for all of them', async () => {
  const center = await open(5_000);
  await Promise.all(ACCOUNTS.flatMap((account) => grantsIn(account, 1)).map((denial) => center.deny(denial)));
  expect(calls('ListPermissionSetProvisioningStatus')).toBeGreaterThan(0);
  // Each once for its end, and now and then one that the list was too early for.
  expect(calls('DescribePermissionSetProvisioningStatus')).toBeLessThan(ACCOUNTS.length * 2);
}, 30_000);

test('a list that AWS forbids costs the rest of the calls, not the end', async () => {
  const center = await open(5_000);
  aws.plant({
    on: 'ListPermissionSetProvisioningStatus',
    mishap: { kind: 'error', code: 'AccessDeniedException' },
    times: 100,
  });
  await Promise.all([...grantsIn(busy, 1), ...grantsIn(other, 1)].map((denial) => center.deny(denial)));
  expect(aws.whatCan(mona, busy, 's3:GetObject').kind).toBe('denied');
}, 30_000);

test('what no grant explains waits in the common lane', async () => {
  const center = await open(5_000);
  const orphans = grantsIn(busy, 20).map((denial) => center.deny({ ...denial, accountId: null }));
  const done: string[] = [];
  const all = Promise.all(orphans.map((orphan) => orphan.then(() => done.push('orphan'))));
  await Promise.all(grantsIn(other, 1).map((denial) => center.deny(denial)));
  expect(done.length).toBeLessThan(8);
  await all;
}, 30_000);
