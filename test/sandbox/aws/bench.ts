// An organisation and SDK clients for the double's own tests.
import { IdentitystoreClient } from '@aws-sdk/client-identitystore';
import {
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  ProvisionPermissionSetCommand,
  PutInlinePolicyToPermissionSetCommand,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import { type AwsDouble, type Organisation, startAws } from './index.ts';

export const MONA = '9067070b0b-5e1d3b53-9d4f-4c0e-8d2b-111111111111';
export const HUBOT = '9067070b0b-5e1d3b53-9d4f-4c0e-8d2b-222222222222';
export const INSTANCE = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
export const STORE = 'd-1234567890';
export const PAYMENTS = '111122223333';
export const LEDGER = '444455556666';
export const MANAGEMENT = '999999999999';

export type Bench = {
  readonly aws: AwsDouble;
  readonly sso: SSOAdminClient;
  readonly store: IdentitystoreClient;
  readonly createSet: (name: string, inlinePolicy?: string) => Promise<string>;
  readonly assignment: (
    set: string,
    changes?: { readonly account?: string; readonly user?: string },
  ) => AssignmentInput;
  /** Waits until AWS has done it. */
  readonly assign: (set: string, changes?: { readonly account?: string; readonly user?: string }) => Promise<void>;
  readonly unassign: (set: string) => Promise<void>;
  readonly put: (set: string, inlinePolicy: string) => Promise<void>;
  readonly provision: (set: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type AssignmentInput = {
  readonly InstanceArn: string;
  readonly PermissionSetArn: string;
  readonly PrincipalType: 'USER';
  readonly PrincipalId: string;
  readonly TargetType: 'AWS_ACCOUNT';
  readonly TargetId: string;
};

export async function startBench(changes: Partial<Organisation> = {}): Promise<Bench> {
  const aws = await startAws({
    region: 'eu-west-1',
    instanceArn: INSTANCE,
    identityStoreId: STORE,
    users: [
      { userId: MONA, userName: 'mona', displayName: 'Mona Lisa', email: 'mona@example.com' },
      { userId: HUBOT, userName: 'hubot', displayName: 'Hubot', email: 'hubot@example.com' },
    ],
    accounts: [
      { id: MANAGEMENT, name: 'management' },
      { id: PAYMENTS, name: 'payments' },
      { id: LEDGER, name: 'ledger' },
    ],
    // More than a busy machine needs for the next request.
    latency: 60,
    ...changes,
  });
  const settings = {
    endpoint: aws.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const sso = new SSOAdminClient(settings);
  const store = new IdentitystoreClient(settings);
  const assignment: Bench['assignment'] = (set, { account = PAYMENTS, user = MONA } = {}) => ({
    InstanceArn: INSTANCE,
    PermissionSetArn: set,
    PrincipalType: 'USER',
    PrincipalId: user,
    TargetType: 'AWS_ACCOUNT',
    TargetId: account,
  });
  const put: Bench['put'] = async (set, InlinePolicy) => {
    const input = { InstanceArn: INSTANCE, PermissionSetArn: set, InlinePolicy };
    await sso.send(new PutInlinePolicyToPermissionSetCommand(input));
  };
  return {
    aws,
    sso,
    store,
    assignment,
    put,
    createSet: async (name, inlinePolicy) => {
      const created = await sso.send(new CreatePermissionSetCommand({ InstanceArn: INSTANCE, Name: name }));
      const arn = created.PermissionSet?.PermissionSetArn ?? '';
      if (inlinePolicy !== undefined) await put(arn, inlinePolicy);
      return arn;
    },
    assign: async (set, where) => {
      await sso.send(new CreateAccountAssignmentCommand(assignment(set, where)));
      await aws.settled();
    },
    unassign: async (set) => {
      await sso.send(new DeleteAccountAssignmentCommand(assignment(set)));
      await aws.settled();
    },
    provision: async (set) => {
      const input = { InstanceArn: INSTANCE, PermissionSetArn: set, TargetType: 'ALL_PROVISIONED_ACCOUNTS' as const };
      await sso.send(new ProvisionPermissionSetCommand(input));
      await aws.settled();
    },
    close: async () => {
      sso.destroy();
      store.destroy();
      await aws.close();
    },
  };
}

export function allow(action: string, deadline?: string): string {
  const Statement: object[] = [{ Effect: 'Allow', Action: action, Resource: '*' }];
  if (deadline !== undefined) {
    const Condition = { DateGreaterThanEquals: { 'aws:CurrentTime': deadline } };
    Statement.push({ Effect: 'Deny', Action: '*', Resource: '*', Condition });
  }
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
