// The AWS double through AWS's own SDK: assignments and provisioning, which take their time.

import {
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  DeletePermissionSetCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSetProvisioningStatusCommand,
  ListAccountAssignmentCreationStatusCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListPermissionSetsProvisionedToAccountCommand,
  ProvisionPermissionSetCommand,
} from '@aws-sdk/client-sso-admin';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type Bench, HUBOT, INSTANCE, LEDGER, MANAGEMENT, MONA, PAYMENTS, startBench } from './bench.ts';

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

describe('an assignment', () => {
  test('is made some time after it was asked for', async () => {
    const arn = await bench.createSet('slow', allow('*'));
    const begun = await bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(arn)));
    const id = begun.AccountAssignmentCreationStatus?.RequestId;
    expect(begun.AccountAssignmentCreationStatus?.Status).toBe('IN_PROGRESS');
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances').kind).toBe('denied');
    await bench.aws.settled();
    expect((await creation(id))?.Status).toBe('SUCCEEDED');
    expect(bench.aws.whatCan('mona', 'payments', 'ec2:RunInstances').kind).toBe('allowed');
    expect(bench.aws.whatCan('mona', 'ledger', 'ec2:RunInstances').kind).toBe('denied');
    expect(bench.aws.whatCan('hubot', 'payments', 'ec2:RunInstances').kind).toBe('denied');
  });

  test('waits for another update of the same account, not for one of another', async () => {
    const arn = await bench.createSet('busy');
    const other = await bench.createSet('other');
    // Held up, as the next call must come while it is under way, however slow the machine is.
    bench.aws.plant({ on: 'CreateAccountAssignment', mishap: { kind: 'operation-stalls' } });
    await bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(arn)));
    await expect(bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(other)))).rejects.toThrow(
      expect.objectContaining({ name: 'ConflictException' }),
    );
    await bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(other, { account: LEDGER })));
    bench.aws.release();
    await bench.aws.settled();
    expect(bench.aws.assignments()).toHaveLength(2);
  });

  test.each([
    [
      'a person unknown to the directory',
      { user: '9067070b0b-5e1d3b53-9d4f-4c0e-8d2b-999999999999' },
      'was not found in directory',
    ],
    ['an account outside of the organisation', { account: '000000000000' }, 'is not in the organization'],
  ])('fails afterwards for %s', async (_what, where, reason) => {
    const arn = await bench.createSet('failing');
    const begun = await bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(arn, where)));
    await bench.aws.settled();
    const status = await creation(begun.AccountAssignmentCreationStatus?.RequestId);
    expect(status?.Status).toBe('FAILED');
    expect(status?.FailureReason).toContain(reason);
    expect(bench.aws.roles()).toEqual([]);
  });

  test('at most ten are under way', async () => {
    const accounts = Array.from({ length: 11 }, (_, index) => ({
      id: String(100_000_000_000 + index),
      name: `n${index}`,
    }));
    await restart({ accounts, latency: 60_000 });
    const arn = await bench.createSet('many');
    const assign = (account: string) =>
      bench.sso.send(new CreateAccountAssignmentCommand(bench.assignment(arn, { account })));
    for (const { id } of accounts.slice(0, 10)) await assign(id);
    await expect(assign('100000000010')).rejects.toThrow(
      expect.objectContaining({ name: 'ServiceQuotaExceededException' }),
    );
    const listed = await bench.sso.send(
      new ListAccountAssignmentCreationStatusCommand({ InstanceArn: INSTANCE, Filter: { Status: 'IN_PROGRESS' } }),
    );
    expect(listed.AccountAssignmentsCreationStatus).toHaveLength(10);
  });

  test('takes the role with it when it was the last of its set in the account', async () => {
    const arn = await bench.createSet('last');
    await bench.assign(arn);
    await bench.assign(arn, { user: HUBOT });
    await bench.unassign(arn);
    expect(bench.aws.roles()).toHaveLength(1);
    await bench.sso.send(new DeleteAccountAssignmentCommand(bench.assignment(arn, { user: HUBOT })));
    await bench.aws.settled();
    expect(bench.aws.roles()).toEqual([]);
    const command = new ListPermissionSetsProvisionedToAccountCommand({ InstanceArn: INSTANCE, AccountId: PAYMENTS });
    expect((await bench.sso.send(command)).PermissionSets).toEqual([]);
  });

  test('of a person whom a directory sync took away cannot be deleted', async () => {
    const arn = await bench.createSet('dangling');
    await bench.assign(arn);
    bench.aws.administrator.removeUser(MONA, { dangling: true });
    const begun = await bench.sso.send(new DeleteAccountAssignmentCommand(bench.assignment(arn)));
    await bench.aws.settled();
    const status = await bench.sso.send(
      new DescribeAccountAssignmentDeletionStatusCommand({
        InstanceArn: INSTANCE,
        AccountAssignmentDeletionRequestId: begun.AccountAssignmentDeletionStatus?.RequestId,
      }),
    );
    expect(status.AccountAssignmentDeletionStatus?.FailureReason).toContain(`the USER assignee ${MONA} was not found`);
  });

  test('is found by its principal', async () => {
    const arn = await bench.createSet('principal');
    await bench.assign(arn);
    await bench.assign(arn, { account: LEDGER });
    const input = { InstanceArn: INSTANCE, PrincipalId: MONA, PrincipalType: 'USER' as const };
    const all = await bench.sso.send(new ListAccountAssignmentsForPrincipalCommand(input));
    expect(all.AccountAssignments?.map((one) => one.AccountId)).toEqual([PAYMENTS, LEDGER]);
    const one = await bench.sso.send(
      new ListAccountAssignmentsForPrincipalCommand({ ...input, Filter: { AccountId: LEDGER } }),
    );
    expect(one.AccountAssignments).toHaveLength(1);
  });

  test('to the management account is refused to a delegated administrator', async () => {
    await restart({ delegatedAdministrator: true });
    const arn = await bench.createSet('management');
    const command = new CreateAccountAssignmentCommand(bench.assignment(arn, { account: MANAGEMENT }));
    await expect(bench.sso.send(command)).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
  });

  async function creation(id: string | undefined) {
    const command = new DescribeAccountAssignmentCreationStatusCommand({
      InstanceArn: INSTANCE,
      AccountAssignmentCreationRequestId: id,
    });
    return (await bench.sso.send(command)).AccountAssignmentCreationStatus;
  }
});

describe('provisioning', () => {
  test('that races with the end of the last assignment fails', async () => {
    // Long enough for the second request to come while the first is under way, on a busy machine as well.
    await restart({ latency: 400 });
    const arn = await bench.createSet('race');
    await bench.assign(arn);
    await bench.sso.send(new DeleteAccountAssignmentCommand(bench.assignment(arn)));
    const begun = await bench.sso.send(
      new ProvisionPermissionSetCommand({ ...ON(arn), TargetType: 'ALL_PROVISIONED_ACCOUNTS' }),
    );
    await bench.aws.settled();
    expect(await reason(begun.PermissionSetProvisioningStatus?.RequestId)).toContain('404');
    expect(bench.aws.roles()).toEqual([]);
  });

  test('to an account where nobody is assigned makes a role, which holds the set', async () => {
    const arn = await bench.createSet('orphan');
    await bench.sso.send(
      new ProvisionPermissionSetCommand({ ...ON(arn), TargetType: 'AWS_ACCOUNT', TargetId: PAYMENTS }),
    );
    await bench.aws.settled();
    expect(bench.aws.roles()).toHaveLength(1);
    await expect(bench.sso.send(new DeletePermissionSetCommand(ON(arn)))).rejects.toThrow(
      expect.objectContaining({ name: 'ConflictException' }),
    );
  });

  async function reason(id: string | undefined) {
    const command = new DescribePermissionSetProvisioningStatusCommand({
      InstanceArn: INSTANCE,
      ProvisionPermissionSetRequestId: id,
    });
    return (await bench.sso.send(command)).PermissionSetProvisioningStatus?.FailureReason;
  }
});
