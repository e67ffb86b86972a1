// An engine without Pulumi: the schedule of the real one, and the calls that its plugin makes, so that hundreds cost seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import type { Engine, EngineOperation, EngineOutcome } from '../../app/engine/engine.ts';
import { createSchedule, type Turn } from '../../app/engine/schedule.ts';
import { inlinePolicy } from '../../pulumi/statements.ts';

export type Ran = {
  readonly action: Turn['action'];
  readonly grantId: string;
  readonly accountId: string;
  readonly asked: number;
  readonly from: number;
  until: number;
};

export type ThinEngine = Engine & { readonly ran: readonly Ran[] };

export type ThinOptions = {
  readonly url: string;
  readonly grants: ReadonlyMap<string, ResolvedGrant>;
  /** Grant id → permission set, as the state has it. */
  readonly state: Map<string, string>;
  readonly operations: number;
};

export function thinEngine({ url, grants, state, operations }: ThinOptions): ThinEngine {
  const credentials = { accessKeyId: 'ENGINE', secretAccessKey: 'x' };
  const sso = new SSOAdmin({ region: 'eu-central-1', endpoint: url, credentials, maxAttempts: 8 });
  const schedule = createSchedule(operations);
  const ran: Ran[] = [];
  const perform = async (
    action: 'grant' | 'end',
    { grantId, accountId, userId, signal, onProgress }: EngineOperation,
  ): Promise<EngineOutcome> => {
    const turn = {
      action,
      accountId,
      ...(userId === undefined ? {} : { userId }),
      ...(signal === undefined ? {} : { signal }),
    };
    const asked = Date.now();
    const outcome = await schedule.run(turn, async (): Promise<EngineOutcome> => {
      const run: Ran = { action, grantId, accountId, asked, from: Date.now(), until: Number.POSITIVE_INFINITY };
      ran.push(run);
      const grant = grants.get(grantId);
      if (grant === undefined) return { kind: 'refused', reason: 'no such grant' };
      if (action === 'grant') await make(sso, grant, state);
      else await unmake(sso, grant, state);
      run.until = Date.now();
      const arn = state.get(grantId) ?? null;
      if (arn !== null) onProgress?.({ kind: 'assigned', arn });
      return { kind: 'done', permissionSetArn: arn, milliseconds: 0 };
    });
    return outcome === 'cancelled' ? { kind: 'failed', reason: 'stopped', interrupted: false } : outcome;
  };
  return {
    ran,
    grant: (operation) => perform('grant', operation),
    preview: () => Promise.reject(new Error('not here')),
    end: (operation) => perform('end', operation),
    stacks: async () => [...state.keys()],
    permissionSetArn: async (id) => state.get(id) ?? null,
    close: () => schedule.idle(),
    versions: async () => ({ cli: '0', sdk: '0', aws: '0' }),
  };
}

async function make(sso: SSOAdmin, grant: ResolvedGrant, state: Map<string, string>): Promise<void> {
  const { instanceArn: InstanceArn } = grant;
  const tags = {
    'breakglass:ledger': String(grant.repositoryId),
    'breakglass:grant': grant.id,
    'breakglass:expires-at': grant.deadline,
  };
  const { PermissionSet } = await sso.createPermissionSet({
    InstanceArn,
    Name: grant.permissionSetName,
    SessionDuration: 'PT1H',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  });
  const PermissionSetArn = PermissionSet?.PermissionSetArn ?? '';
  state.set(grant.id, PermissionSetArn);
  const set = { InstanceArn, PermissionSetArn };
  for (const ManagedPolicyArn of grant.managedPolicies)
    await sso.attachManagedPolicyToPermissionSet({ ...set, ManagedPolicyArn });
  const policy = inlinePolicy(grant);
  if (policy.kind !== 'ok') throw new Error('too large');
  await sso.putInlinePolicyToPermissionSet({ ...set, InlinePolicy: policy.document });
  const { AccountAssignmentCreationStatus } = await sso.createAccountAssignment({ ...set, ...target(grant) });
  await until(async () => {
    const AccountAssignmentCreationRequestId = AccountAssignmentCreationStatus?.RequestId;
    const input = { InstanceArn, AccountAssignmentCreationRequestId };
    return (await sso.describeAccountAssignmentCreationStatus(input)).AccountAssignmentCreationStatus?.Status;
  });
}

async function unmake(sso: SSOAdmin, grant: ResolvedGrant, state: Map<string, string>): Promise<void> {
  const { instanceArn: InstanceArn } = grant;
  const set = { InstanceArn, PermissionSetArn: state.get(grant.id) ?? '' };
  const { AccountAssignmentDeletionStatus } = await sso.deleteAccountAssignment({ ...set, ...target(grant) });
  await until(async () => {
    const AccountAssignmentDeletionRequestId = AccountAssignmentDeletionStatus?.RequestId;
    const input = { InstanceArn, AccountAssignmentDeletionRequestId };
    return (await sso.describeAccountAssignmentDeletionStatus(input)).AccountAssignmentDeletionStatus?.Status;
  });
  await sso.deletePermissionSet(set);
  state.delete(grant.id);
}

function target({ accountId, userId }: ResolvedGrant) {
  return {
    TargetId: accountId,
    TargetType: 'AWS_ACCOUNT' as const,
    PrincipalType: 'USER' as const,
    PrincipalId: userId,
  };
}

async function until(status: () => Promise<string | undefined>): Promise<void> {
  while ((await status()) === 'IN_PROGRESS') await sleep(20);
}
