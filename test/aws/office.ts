// An organisation on the AWS double, the identity center under test, and a grant made by raw SDK calls.
import { setTimeout as sleep } from 'node:timers/promises';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import { pino } from 'pino';
import { createIdentityCenter, type IdentityCenterOptions } from '../../app/aws/identity-center.ts';
import { createLimiter } from '../../app/aws/limiter.ts';
import type { IdentityCenter } from '../../app/aws/port.ts';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import { type AwsDouble, startAws } from '../sandbox/aws/index.ts';

export const instanceArn = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
export const mona = '90672a1b3c-11111111-2222-3333-4444-555555555555';
export const hubot = '90672a1b3c-66666666-7777-8888-9999-000000000000';
export const account = '111122223333';
export const elsewhere = '444455556666';
export const repositoryId = 1296269;

export const allow = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Work', Effect: 'Allow', Action: ['s3:Get*', 's3:List*'], Resource: '*' },
    {
      Sid: 'Deadline',
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' } },
    },
  ],
});
export const denyAll = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Sid: 'Ended', Effect: 'Deny', Action: '*', Resource: '*' }],
});

export type Office = {
  readonly aws: AwsDouble;
  readonly sso: SSOAdmin;
  readonly centre: (options?: Partial<IdentityCenterOptions>) => IdentityCenter;
  /** A set with inline policy and, unless told otherwise, an assignment to Mona; answers its ARN. */
  readonly grant: (
    name: string,
    options?: { readonly ledger?: string; readonly assigned?: boolean },
  ) => Promise<string>;
  readonly calls: () => readonly string[];
  readonly close: () => Promise<void>;
};

export const openOffice = async (pageSize = 100): Promise<Office> => {
  const aws = await startAws({
    region: 'eu-west-1',
    instanceArn,
    identityStoreId: 'd-90672a1b3c',
    users: [
      { userId: mona, userName: 'mona', displayName: 'Mona', email: 'mona@example.com' },
      { userId: hubot, userName: 'hubot', displayName: 'Hubot', email: 'hubot@example.com' },
    ],
    accounts: [
      { id: '999999999999', name: 'management' },
      { id: account, name: 'prod-payments' },
      { id: elsewhere, name: 'prod-web' },
    ],
    latency: 20,
    pageSize,
  });
  Object.assign(process.env, aws.environment);
  const sso = new SSOAdmin({ region: 'eu-west-1' });
  return {
    aws,
    sso,
    centre: (options = {}) =>
      createIdentityCenter({
        region: 'eu-west-1',
        instanceArn,
        identityStoreId: 'd-90672a1b3c',
        repositoryId,
        log: pino({ level: 'silent' }),
        proofGapMs: 40,
        pollMs: 5,
        patienceMs: 2_000,
        limiter: createLimiter({ ownPerSecond: 1000, sweepPerSecond: 1000 }),
        ...options,
      }),
    grant: (name, options = {}) => makeGrant(sso, name, options),
    calls: () => aws.log.map(({ operation }) => operation),
    close: async () => {
      sso.destroy();
      await aws.close();
    },
  };
};

const makeGrant = async (
  sso: SSOAdmin,
  name: string,
  { ledger = String(repositoryId), assigned = true }: { readonly ledger?: string; readonly assigned?: boolean },
): Promise<string> => {
  const tags = {
    'breakglass:ledger': ledger,
    'breakglass:grant': `g-${name}`,
    'breakglass:expires-at': '2099-01-01T00:00:00Z',
  };
  const { PermissionSet } = await sso.createPermissionSet({
    InstanceArn: instanceArn,
    Name: name,
    SessionDuration: 'PT1H',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
  const arn = PermissionSet?.PermissionSetArn ?? '';
  await sso.putInlinePolicyToPermissionSet({ InstanceArn: instanceArn, PermissionSetArn: arn, InlinePolicy: allow });
  if (assigned) await assign(sso, arn, account);
  return arn;
};

/** Begins an assignment to Mona and, unless told otherwise, waits until AWS has made it. */
export const assign = async (sso: SSOAdmin, arn: string, target: string, wait = true): Promise<void> => {
  const { AccountAssignmentCreationStatus } = await sso.createAccountAssignment({
    InstanceArn: instanceArn,
    PermissionSetArn: arn,
    PrincipalId: mona,
    PrincipalType: 'USER',
    TargetId: target,
    TargetType: 'AWS_ACCOUNT',
  });
  let status = AccountAssignmentCreationStatus;
  while (wait && status?.Status === 'IN_PROGRESS') {
    await sleep(5);
    const look = { InstanceArn: instanceArn, AccountAssignmentCreationRequestId: status.RequestId };
    status = (await sso.describeAccountAssignmentCreationStatus(look)).AccountAssignmentCreationStatus;
  }
  if (wait && status?.Status !== 'SUCCEEDED') throw new Error(`The double did not assign: ${status?.FailureReason}`);
};

export const resolved = (name: string, change: Partial<ResolvedGrant> = {}): ResolvedGrant => ({
  id: `g-${name}`,
  repositoryId,
  permissionSetName: name,
  instanceArn,
  identityStoreId: 'd-90672a1b3c',
  region: 'eu-west-1',
  portalUrl: 'https://example.awsapps.com/start',
  userId: mona,
  accountId: account,
  accountName: 'prod-payments',
  role: 'read-only',
  managedPolicies: [],
  statements: [],
  guards: [],
  sessionSeconds: 3600,
  deadline: '2099-01-01T00:00:00Z',
  ...change,
});
