// One sequence of SSO Admin calls, for moto and for the double alike, with what each call was answered.
import * as sso from '@aws-sdk/client-sso-admin';

export type Step = { readonly call: string; readonly outcome: unknown };

const USER = '9067070b0b-5e1d3b53-9d4f-4c0e-8d2b-111111111111';
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const POLICY = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] });

export type Stage = {
  readonly client: sso.SSOAdminClient;
  readonly account: string;
  /** Lets asynchronous operations end, where they are asynchronous. */
  readonly settled: () => Promise<void>;
};

export async function runScript({ client, account, settled }: Stage): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const instances = await client.send(new sso.ListInstancesCommand({}));
  const InstanceArn = instances.Instances?.[0]?.InstanceArn ?? '';
  let arn = '';
  const names = () => [[arn, '<set>'] as const, [InstanceArn, '<instance>'] as const, [account, '<account>'] as const];
  const step = async <T>(call: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await ask();
      await settled();
      steps.push({ call, outcome: neutral(answer, names()) });
      return answer;
    } catch (error) {
      steps.push({ call, outcome: error instanceof Error ? error.name : String(error) });
      return undefined;
    }
  };

  const create = {
    InstanceArn,
    Name: 'bg-contract',
    Description: 'x',
    SessionDuration: 'PT2H',
    RelayState: 'https://a.b',
  };
  const created = await client.send(new sso.CreatePermissionSetCommand(create));
  arn = created.PermissionSet?.PermissionSetArn ?? '';
  steps.push({ call: 'CreatePermissionSet', outcome: neutral(created, names()) });
  const on = { InstanceArn, PermissionSetArn: arn };
  const managed = { ...on, ManagedPolicyArn: READ_ONLY };
  const customer = { ...on, CustomerManagedPolicyReference: { Name: 'deployer', Path: '/team/' } };
  const assignment = {
    ...on,
    PrincipalType: 'USER' as const,
    PrincipalId: USER,
    TargetType: 'AWS_ACCOUNT' as const,
    TargetId: account,
  };
  const principal = { InstanceArn, PrincipalType: 'USER' as const, PrincipalId: USER };
  const update = { ...on, SessionDuration: 'PT4H', Description: 'y', RelayState: 'https://c.d' };

  await step('DescribePermissionSet', () => client.send(new sso.DescribePermissionSetCommand(on)));
  await step('UpdatePermissionSet', () => client.send(new sso.UpdatePermissionSetCommand(update)));
  await step('DescribePermissionSet, updated', () => client.send(new sso.DescribePermissionSetCommand(on)));
  await step('ListPermissionSets', () => client.send(new sso.ListPermissionSetsCommand({ InstanceArn })));
  await step('GetInlinePolicy, none', () => client.send(new sso.GetInlinePolicyForPermissionSetCommand(on)));
  await step('PutInlinePolicy', () =>
    client.send(new sso.PutInlinePolicyToPermissionSetCommand({ ...on, InlinePolicy: POLICY })),
  );
  await step('GetInlinePolicy', () => client.send(new sso.GetInlinePolicyForPermissionSetCommand(on)));
  await step('AttachManagedPolicy', () => client.send(new sso.AttachManagedPolicyToPermissionSetCommand(managed)));
  await step('AttachManagedPolicy, again', () =>
    client.send(new sso.AttachManagedPolicyToPermissionSetCommand(managed)),
  );
  await step('ListManagedPolicies', () => client.send(new sso.ListManagedPoliciesInPermissionSetCommand(on)));
  await step('AttachCustomerPolicy', () =>
    client.send(new sso.AttachCustomerManagedPolicyReferenceToPermissionSetCommand(customer)),
  );
  await step('AttachCustomerPolicy, again', () =>
    client.send(new sso.AttachCustomerManagedPolicyReferenceToPermissionSetCommand(customer)),
  );
  await step('ListCustomerPolicies', () =>
    client.send(new sso.ListCustomerManagedPolicyReferencesInPermissionSetCommand(on)),
  );

  const begun = await step('CreateAccountAssignment', () =>
    client.send(new sso.CreateAccountAssignmentCommand(assignment)),
  );
  const request = begun?.AccountAssignmentCreationStatus?.RequestId;
  await step('DescribeCreationStatus', () =>
    client.send(
      new sso.DescribeAccountAssignmentCreationStatusCommand({
        InstanceArn,
        AccountAssignmentCreationRequestId: request,
      }),
    ),
  );
  const list = { ...on, AccountId: account };
  await step('ListAccountAssignments', () => client.send(new sso.ListAccountAssignmentsCommand(list)));
  await step('ListAccountAssignmentsForPrincipal', () =>
    client.send(new sso.ListAccountAssignmentsForPrincipalCommand(principal)),
  );
  await step('ListAccountAssignmentsForPrincipal, elsewhere', () =>
    client.send(
      new sso.ListAccountAssignmentsForPrincipalCommand({ ...principal, Filter: { AccountId: '000000000000' } }),
    ),
  );
  await step('ProvisionPermissionSet', () =>
    client.send(new sso.ProvisionPermissionSetCommand({ ...on, TargetType: 'AWS_ACCOUNT', TargetId: account })),
  );
  await step('ListAccountsForProvisionedPermissionSet', () =>
    client.send(new sso.ListAccountsForProvisionedPermissionSetCommand(on)),
  );
  await step('ListPermissionSetsProvisionedToAccount', () =>
    client.send(new sso.ListPermissionSetsProvisionedToAccountCommand({ InstanceArn, AccountId: account })),
  );
  await runEnd({ client, on, managed, customer, assignment, list, step });
  return steps;
}

type Scene = {
  readonly client: sso.SSOAdminClient;
  readonly on: { readonly InstanceArn: string; readonly PermissionSetArn: string };
  readonly managed: sso.DetachManagedPolicyFromPermissionSetCommandInput;
  readonly customer: sso.DetachCustomerManagedPolicyReferenceFromPermissionSetCommandInput;
  readonly assignment: sso.DeleteAccountAssignmentCommandInput;
  readonly list: sso.ListAccountAssignmentsCommandInput;
  readonly step: <T>(call: string, ask: () => Promise<T>) => Promise<T | undefined>;
};

async function runEnd({ client, on, managed, customer, assignment, list, step }: Scene): Promise<void> {
  const begun = await step('DeleteAccountAssignment', () =>
    client.send(new sso.DeleteAccountAssignmentCommand(assignment)),
  );
  const AccountAssignmentDeletionRequestId = begun?.AccountAssignmentDeletionStatus?.RequestId;
  await step('DescribeDeletionStatus', () =>
    client.send(
      new sso.DescribeAccountAssignmentDeletionStatusCommand({
        InstanceArn: on.InstanceArn,
        AccountAssignmentDeletionRequestId,
      }),
    ),
  );
  await step('ListAccountAssignments, deleted', () => client.send(new sso.ListAccountAssignmentsCommand(list)));
  await step('DetachManagedPolicy', () => client.send(new sso.DetachManagedPolicyFromPermissionSetCommand(managed)));
  await step('DetachManagedPolicy, again', () =>
    client.send(new sso.DetachManagedPolicyFromPermissionSetCommand(managed)),
  );
  await step('DetachCustomerPolicy', () =>
    client.send(new sso.DetachCustomerManagedPolicyReferenceFromPermissionSetCommand(customer)),
  );
  await step('DetachCustomerPolicy, again', () =>
    client.send(new sso.DetachCustomerManagedPolicyReferenceFromPermissionSetCommand(customer)),
  );
  await step('DeleteInlinePolicy', () => client.send(new sso.DeleteInlinePolicyFromPermissionSetCommand(on)));
  await step('GetInlinePolicy, deleted', () => client.send(new sso.GetInlinePolicyForPermissionSetCommand(on)));
  await step('DeletePermissionSet', () => client.send(new sso.DeletePermissionSetCommand(on)));
  await step('DescribePermissionSet, deleted', () => client.send(new sso.DescribePermissionSetCommand(on)));
  await step('PutInlinePolicy, deleted', () =>
    client.send(new sso.PutInlinePolicyToPermissionSetCommand({ ...on, InlinePolicy: POLICY })),
  );
  await step('DeletePermissionSet, again', () => client.send(new sso.DeletePermissionSetCommand(on)));
  const { InstanceArn } = on;
  await step('ListPermissionSets, deleted', () => client.send(new sso.ListPermissionSetsCommand({ InstanceArn })));
}

/** Without what is any server's own: names, ids, times, the SDK's metadata, and absent members. */
function neutral(value: unknown, names: readonly (readonly [string, string])[]): unknown {
  if (value instanceof Date) return '<time>';
  if (Array.isArray(value)) return value.map((one) => neutral(one, names));
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(
      ([name, member]) => name !== '$metadata' && member !== undefined && member !== null,
    );
    return Object.fromEntries(members.map(([name, member]) => [name, neutral(member, names)]));
  }
  if (typeof value !== 'string') return value;
  const known = names.find(([name]) => name === value);
  return known?.[1] ?? value.replace(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '<id>');
}
