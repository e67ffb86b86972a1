// Finding what is ours: by prefix and tags, with as few calls as the name cache allows.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mona, type Office, openOffice } from './office.ts';

let office: Office;
let folder: string;

beforeEach(async () => {
  office = await openOffice(3);
  folder = await mkdtemp(join(tmpdir(), 'breakglass-names-'));
});
afterEach(async () => {
  await office.close();
  await rm(folder, { recursive: true });
});

const count = (operation: string, mark = 0) =>
  office
    .calls()
    .slice(mark)
    .filter((call) => call === operation).length;

test('lists our prefix over several pages, tags read only for it', async () => {
  const arn = await office.grant('bg-admin-1', { assigned: false });
  await office.grant('bg-admin-2', { assigned: false, ledger: '42' });
  for (const other of ['AdministratorAccess', 'ReadOnly', 'Billing', 'Support', 'xbg-not'])
    office.aws.administrator.createSet(other, { tags: { 'breakglass:ledger': '1296269' } });
  office.aws.administrator.createSet('bg-by-hand');
  const access = await office.centre().list();
  expect(access.map(({ name, ledger }) => [name, ledger])).toEqual([
    ['bg-admin-1', '1296269'],
    ['bg-admin-2', '42'],
    ['bg-by-hand', null],
  ]);
  expect(access[0]).toEqual({
    arn,
    name: 'bg-admin-1',
    ledger: '1296269',
    grantId: 'g-bg-admin-1',
    expiresAt: '2099-01-01T00:00:00Z',
    ended: null,
  });
  expect(count('ListTagsForResource')).toBe(3);
});

test('names are asked for once, over restarts too', async () => {
  const cacheFile = join(folder, 'names.json');
  for (const serial of [1, 2, 3, 4]) await office.grant(`bg-cached-${serial}`, { assigned: false });
  await office.centre({ cacheFile }).list();
  expect(count('DescribePermissionSet')).toBe(4);
  await office.grant('bg-cached-5', { assigned: false });
  const mark = office.calls().length;
  expect(await office.centre({ cacheFile }).list()).toHaveLength(5);
  expect(count('DescribePermissionSet', mark)).toBe(1);
});

test.each([
  ['an empty', []],
  ['half an', ['bg-lag-2']],
])('%s answer makes nothing look gone: each that it lacks is asked for by its ARN', async (_, names) => {
  const centre = office.centre();
  const arns = new Map<string, string>();
  for (const name of ['bg-lag-1', 'bg-lag-2', 'bg-lag-3'])
    arns.set(name, await office.grant(name, { assigned: false }));
  await centre.list();
  office.aws.administrator.deleteSet('bg-lag-3');
  const body = { PermissionSets: names.map((name) => arns.get(name)) };
  const planted = office.aws.plant({ on: 'ListPermissionSets', mishap: { kind: 'answer', body } });
  expect((await centre.list()).map(({ name }) => name).toSorted()).toEqual(['bg-lag-1', 'bg-lag-2']);
  expect(planted.hits()).toBe(1);
  expect((await centre.list()).map(({ name }) => name)).toEqual(['bg-lag-1', 'bg-lag-2']);
});

test('what is gone leaves the list and the cache', async () => {
  const cacheFile = join(folder, 'names.json');
  const centre = office.centre({ cacheFile });
  const arn = await office.grant('bg-going', { assigned: false });
  await office.grant('bg-staying', { assigned: false });
  expect(await centre.list()).toHaveLength(2);
  expect(await readFile(cacheFile, 'utf8')).toContain(arn);
  office.aws.administrator.deleteSet('bg-going');
  expect((await centre.list()).map(({ name }) => name)).toEqual(['bg-staying']);
  expect(await readFile(cacheFile, 'utf8')).not.toContain(arn);
});

test('a listing that broke off keeps the names that it learned', async () => {
  const cacheFile = join(folder, 'names.json');
  for (const serial of [1, 2, 3, 4]) await office.grant(`bg-part-${serial}`, { assigned: false });
  office.aws.plant({ on: 'DescribePermissionSet', skip: 2, times: 1, mishap: { kind: 'expired-credentials' } });
  await expect(office.centre({ cacheFile }).list()).rejects.toThrow(/expired/);
  const mark = office.calls().length;
  expect(await office.centre({ cacheFile }).list()).toHaveLength(4);
  expect(count('DescribePermissionSet', mark)).toBe(2);
});

test('a cache file that cannot be read is started anew', async () => {
  const cacheFile = join(folder, 'names.json');
  await writeFile(cacheFile, '{"half');
  await office.grant('bg-fresh', { assigned: false });
  expect(await office.centre({ cacheFile }).list()).toHaveLength(1);
  expect(Object.values(JSON.parse(await readFile(cacheFile, 'utf8')))).toEqual(['bg-fresh']);
});

test('find: by the cache with one look, and never from the cache alone', async () => {
  const centre = office.centre();
  const arn = await office.grant('bg-sought', { assigned: false });
  expect((await centre.find('bg-sought'))?.arn).toBe(arn);
  const mark = office.calls().length;
  expect((await centre.find('bg-sought'))?.arn).toBe(arn);
  expect(office.calls().slice(mark)).toEqual(['DescribePermissionSet', 'ListTagsForResource']);
  office.aws.administrator.deleteSet('bg-sought');
  expect(await centre.find('bg-sought')).toBeNull();
  const again = await office.grant('bg-sought', { assigned: false });
  expect((await centre.find('bg-sought'))?.arn).toBe(again);
});

test('a set that goes away between two calls of a listing is left out', async () => {
  await office.grant('bg-fleeting', { assigned: false });
  await office.grant('bg-lasting', { assigned: false });
  const stop = office.aws.onRequest(({ phase, operation }) => {
    if (phase === 'after' && operation === 'ListPermissionSets') {
      stop();
      office.aws.administrator.deleteSet('bg-fleeting');
    }
  });
  expect((await office.centre().list()).map(({ name }) => name)).toEqual(['bg-lasting']);
});

test('userExists: yes, no, and unknown for everything that is not an answer', async () => {
  const centre = office.centre();
  const nobody = '90672a1b3c-aaaaaaaa-2222-3333-4444-555555555555';
  expect(await centre.userExists(mona)).toBe('yes');
  expect(await centre.userExists(nobody)).toBe('no');
  expect(await office.centre({ identityStoreId: 'd-ffffffffff' }).userExists(mona)).toBe('unknown');
  office.aws.plant({ on: 'DescribeUser', times: 10, mishap: { kind: 'expired-credentials' } });
  expect(await centre.userExists(mona)).toBe('unknown');
  office.aws.clearFaults();
  office.aws.down();
  expect(await centre.userExists(mona)).toBe('unknown');
  office.aws.up();
});

test("the difference to AWS's clock is known after the first answer", async () => {
  const centre = office.centre();
  expect(centre.clockDifferenceMs()).toBeNull();
  await centre.list();
  expect(Math.abs(centre.clockDifferenceMs() ?? Number.NaN)).toBeLessThan(1_500);
});
