// Resolved grants as the ledger would give them, for tests of the engine and its program.
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';

export const INSTANCE = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
export const MONA = '90677c4f2a-5e1d3b53-9d4f-4c0e-8d2b-111111111111';
export const PAYMENTS = '111122223333';

export function resolved(id: string, changes: Partial<ResolvedGrant> = {}): ResolvedGrant {
  return {
    id,
    repositoryId: 1296269,
    permissionSetName: `bg-${id}`.slice(0, 32),
    instanceArn: INSTANCE,
    identityStoreId: 'd-1234567890',
    region: 'eu-central-1',
    portalUrl: 'https://d-1234567890.awsapps.com/start',
    userId: MONA,
    accountId: PAYMENTS,
    accountName: 'prod-payments',
    role: 'admin',
    managedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    statements: [],
    guards: [{ name: 'no-persistence', actions: ['sts:AssumeRole', 'iam:CreateUser'] }],
    sessionSeconds: 3600,
    deadline: inSeconds(3600),
    ...changes,
  };
}

export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');
}
