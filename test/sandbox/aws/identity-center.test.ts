// The AWS double through AWS's own SDK: permission sets, their policies, limits, people.
import { DescribeUserCommand, GetUserIdCommand, ListUsersCommand } from '@aws-sdk/client-identitystore';
import {
  AttachManagedPolicyToPermissionSetCommand,
  CreatePermissionSetCommand,
  DeletePermissionSetCommand,
  DescribePermissionSetCommand,
  GetInlinePolicyForPermissionSetCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListInstancesCommand,
  ListTagsForResourceCommand,
  PutInlinePolicyToPermissionSetCommand,
  paginateListPermissionSets,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type Bench, HUBOT, INSTANCE, MONA, PAYMENTS, STORE, startBench } from './bench.ts';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

async function restart(changes: Parameters<typeof startBench>[0]): Promise<void> {
  await bench.close();
  bench = await startBench(changes);
}

const ON = (PermissionSetArn: string) => ({ InstanceArn: INSTANCE, PermissionSetArn });

describe('permission sets', () => {
  test('are created with defaults, described, changed and deleted', async () => {
    const arn = await bench.createSet('bg-admin');
    const { PermissionSet: set } = await bench.sso.send(new DescribePermissionSetCommand(ON(arn)));
    expect(set).toMatchObject({ Name: 'bg-admin', SessionDuration: 'PT1H', PermissionSetArn: arn });
    expect(set?.CreatedDate).toBeInstanceOf(Date);
    await bench.sso.send(new UpdatePermissionSetCommand({ ...ON(arn), SessionDuration: 'PT4H', Description: 'x' }));
    await bench.sso.send(new UpdatePermissionSetCommand({ ...ON(arn) }));
    // What is not sent again is cleared, the session's length excepted.
    const { PermissionSet: updated } = await bench.sso.send(new DescribePermissionSetCommand(ON(arn)));
    expect([updated?.Description, updated?.SessionDuration]).toEqual([undefined, 'PT4H']);
    await bench.sso.send(new DeletePermissionSetCommand(ON(arn)));
    await expect(bench.sso.send(new DescribePermissionSetCommand(ON(arn)))).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    );
  });

  test.each([
    ['a name that is taken', { Name: 'taken' }, 'ConflictException'],
    ['a name of 33 characters', { Name: 'x'.repeat(33) }, 'ValidationException'],
    ['a name with a blank', { Name: 'a b' }, 'ValidationException'],
    ['a session of 30 minutes', { Name: 'a', SessionDuration: 'PT30M' }, 'ValidationException'],
    ['a session of 13 hours', { Name: 'a', SessionDuration: 'PT13H' }, 'ValidationException'],
    ['a tag of AWS', { Name: 'a', Tags: [{ Key: 'aws:x', Value: '' }] }, 'ValidationException'],
    ['a tag value with a brace', { Name: 'a', Tags: [{ Key: 'x', Value: '{' }] }, 'ValidationException'],
    [
      'another instance',
      { Name: 'a', InstanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000' },
      'AccessDeniedException',
    ],
    ['no name', { Name: undefined }, 'ValidationException'],
  ])('refuse %s', async (_what, input, name) => {
    await bench.createSet('taken');
    const command = new CreatePermissionSetCommand({ InstanceArn: INSTANCE, ...input });
    await expect(bench.sso.send(command)).rejects.toThrow(expect.objectContaining({ name }));
  });

  test('come in pages', async () => {
    await restart({ pageSize: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.createSet(name);
    const pages: number[] = [];
    for await (const page of paginateListPermissionSets({ client: bench.sso }, { InstanceArn: INSTANCE })) {
      pages.push(page.PermissionSets?.length ?? 0);
    }
    expect(pages).toEqual([2, 2, 1]);
  });

  test('carry tags', async () => {
    const arn = await bench.createSet('tagged');
    const resource = { InstanceArn: INSTANCE, ResourceArn: arn };
    const Tags = [
      { Key: 'breakglass:grant', Value: '1' },
      { Key: 'gone', Value: 'x' },
    ];
    await bench.sso.send(new TagResourceCommand({ ...resource, Tags }));
    await bench.sso.send(new UntagResourceCommand({ ...resource, TagKeys: ['gone'] }));
    expect((await bench.sso.send(new ListTagsForResourceCommand(resource))).Tags).toEqual([Tags[0]]);
  });

  test('are not deleted while somebody is assigned', async () => {
    const arn = await bench.createSet('assigned');
    await bench.assign(arn);
    await expect(bench.sso.send(new DeletePermissionSetCommand(ON(arn)))).rejects.toThrow(
      'Could not delete because PermissionSet has ApplicationProfile associated with it',
    );
    await bench.unassign(arn);
    await bench.sso.send(new DeletePermissionSetCommand(ON(arn)));
    expect(bench.aws.sets()).toEqual([]);
  });
});

describe('an inline policy', () => {
  test('is empty before it is put, and reaches the role by provisioning only', async () => {
    const arn = await bench.createSet('inline');
    expect((await bench.sso.send(new GetInlinePolicyForPermissionSetCommand(ON(arn)))).InlinePolicy).toBe('');
    await bench.put(arn, allow('s3:*'));
    await bench.assign(arn);
    expect(bench.aws.whatCan('mona', 'payments', 's3:GetObject').kind).toBe('allowed');
    await bench.put(arn, allow('ec2:*'));
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances').kind).toBe('denied');
    expect(await provisionedWith(arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')).toEqual([PAYMENTS]);
    await bench.provision(arn);
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances').kind).toBe('allowed');
    expect(bench.aws.whatCan('mona', 'payments', 's3:GetObject').kind).toBe('denied');
    expect(await provisionedWith(arn, 'LATEST_PERMISSION_SET_PROVISIONED')).toEqual([PAYMENTS]);
  });

  test('may have 10,240 characters besides white space', async () => {
    const arn = await bench.createSet('long');
    const empty = allow('').length;
    await bench.put(arn, JSON.stringify(JSON.parse(allow('a'.repeat(10_240 - empty))), null, 2));
    await expect(bench.put(arn, allow('a'.repeat(10_241 - empty)))).rejects.toThrow(
      expect.objectContaining({ name: 'ServiceQuotaExceededException' }),
    );
  });

  test('must be a policy', async () => {
    const arn = await bench.createSet('malformed');
    const command = new PutInlinePolicyToPermissionSetCommand({ ...ON(arn), InlinePolicy: '{"Version":"2012-10-17"}' });
    await expect(bench.sso.send(command)).rejects.toThrow('Malformed policy document');
  });

  async function provisionedWith(
    arn: string,
    ProvisioningStatus: 'LATEST_PERMISSION_SET_PROVISIONED' | 'LATEST_PERMISSION_SET_NOT_PROVISIONED',
  ) {
    const command = new ListAccountsForProvisionedPermissionSetCommand({ ...ON(arn), ProvisioningStatus });
    return (await bench.sso.send(command)).AccountIds;
  }
});

test('twenty managed policies fit into a set, and none twice', async () => {
  const arn = await bench.createSet('managed');
  const attach = (name: string) =>
    bench.sso.send(
      new AttachManagedPolicyToPermissionSetCommand({
        ...ON(arn),
        ManagedPolicyArn: `arn:aws:iam::aws:policy/${name}`,
      }),
    );
  for (let index = 0; index < 20; index += 1) await attach(`Policy${index}`);
  await expect(attach('Policy0')).rejects.toThrow(expect.objectContaining({ name: 'ConflictException' }));
  await expect(attach('Policy20')).rejects.toThrow(expect.objectContaining({ name: 'ServiceQuotaExceededException' }));
});

test('the 2001st permission set is one too many', async () => {
  await restart({ quotas: { permissionSets: 2 } });
  await bench.createSet('one');
  await bench.createSet('two');
  await expect(bench.createSet('three')).rejects.toThrow(
    expect.objectContaining({ name: 'ServiceQuotaExceededException' }),
  );
});

test('more calls in a second than the limit are throttled', async () => {
  await restart({ tps: 5 });
  const calls = Array.from({ length: 10 }, () => bench.sso.send(new ListInstancesCommand({})));
  const results = await Promise.allSettled(calls);
  const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason.name);
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(new Set(refused)).toEqual(new Set(['ThrottlingException']));
});

describe('the identity store', () => {
  test.each([
    ['userName', 'mona'],
    ['emails.value', 'mona@example.com'],
  ])('finds a person by %s', async (AttributePath, AttributeValue) => {
    const command = new GetUserIdCommand({
      IdentityStoreId: STORE,
      AlternateIdentifier: { UniqueAttribute: { AttributePath, AttributeValue } },
    });
    expect((await bench.store.send(command)).UserId).toBe(MONA);
  });

  test('describes and lists people', async () => {
    const user = await bench.store.send(new DescribeUserCommand({ IdentityStoreId: STORE, UserId: MONA }));
    expect(user).toMatchObject({ UserName: 'mona', DisplayName: 'Mona Lisa' });
    const Filters = [{ AttributePath: 'UserName', AttributeValue: 'hubot' }];
    const { Users } = await bench.store.send(new ListUsersCommand({ IdentityStoreId: STORE, Filters }));
    expect(Users?.map((one) => one.UserId)).toEqual([HUBOT]);
    bench.aws.administrator.removeUser(MONA);
    await expect(bench.store.send(new DescribeUserCommand({ IdentityStoreId: STORE, UserId: MONA }))).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    );
  });
});
