// Policies of a permission set. None of this reaches a role before the set is provisioned again.
import { type Call, type Handler, namedSet, pageSize } from './call.ts';
import { type Output, optionalText, structure, text } from './input.ts';
import { page } from './paging.ts';
import { readPolicy } from './policy-document.ts';
import { refuse } from './refusal.ts';
import type { Content, CustomerPolicy, PermissionSet } from './world.ts';

export const POLICIES: Readonly<Record<string, Handler>> = {
  PutInlinePolicyToPermissionSet: putInline,
  GetInlinePolicyForPermissionSet: (call) => ({ InlinePolicy: namedSet(call).content.inlinePolicy }),
  DeleteInlinePolicyFromPermissionSet: (call) => {
    const set = namedSet(call);
    if (set.content.inlinePolicy === '') {
      refuse('ResourceNotFoundException', `Could not find inline policy of PermissionSet ${set.arn}`);
    }
    return edit(set, { inlinePolicy: '' });
  },
  AttachManagedPolicyToPermissionSet: attachManaged,
  DetachManagedPolicyFromPermissionSet: detachManaged,
  ListManagedPoliciesInPermissionSet: (call) => {
    const attached = namedSet(call).content.managedPolicies.map((Arn) => ({ Name: Arn.split('/').at(-1), Arn }));
    const { items, ...next } = page(attached, call.input, pageSize(call.world));
    return { AttachedManagedPolicies: items, ...next };
  },
  AttachCustomerManagedPolicyReferenceToPermissionSet: attachCustomer,
  DetachCustomerManagedPolicyReferenceFromPermissionSet: detachCustomer,
  ListCustomerManagedPolicyReferencesInPermissionSet: (call) => {
    const { items, ...next } = page(namedSet(call).content.customerPolicies, call.input, pageSize(call.world));
    return { CustomerManagedPolicyReferences: items, ...next };
  },
};

function putInline(call: Call): Output {
  const set = namedSet(call);
  const document = text(call.input, 'InlinePolicy');
  if (document.replace(/\s/g, '').length > call.world.quotas.inlinePolicyLength) {
    refuse('ServiceQuotaExceededException', 'The inline policy exceeds the maximum size of 10,240 characters.');
  }
  try {
    readPolicy(document);
  } catch (error) {
    refuse('ValidationException', `Malformed policy document: ${error instanceof Error ? error.message : error}`);
  }
  return edit(set, { inlinePolicy: document });
}

function attachManaged(call: Call): Output {
  const set = namedSet(call);
  const arn = text(call.input, 'ManagedPolicyArn');
  const attached = set.content.managedPolicies;
  if (attached.includes(arn)) refuse('ConflictException', `Policy ${arn} is already attached to ${set.arn}`);
  checkRoom(call, set);
  return edit(set, { managedPolicies: [...attached, arn] });
}

function detachManaged(call: Call): Output {
  const set = namedSet(call);
  const arn = text(call.input, 'ManagedPolicyArn');
  const attached = set.content.managedPolicies;
  if (!attached.includes(arn)) refuse('ResourceNotFoundException', `Could not find policy ${arn} in ${set.arn}`);
  return edit(set, { managedPolicies: attached.filter((other) => other !== arn) });
}

function attachCustomer(call: Call): Output {
  const set = namedSet(call);
  const policy = reference(call);
  const attached = set.content.customerPolicies;
  if (attached.some((other) => samePolicy(other, policy))) {
    refuse('ConflictException', `Policy ${policy.Path}${policy.Name} is already attached to ${set.arn}`);
  }
  checkRoom(call, set);
  return edit(set, { customerPolicies: [...attached, policy] });
}

function detachCustomer(call: Call): Output {
  const set = namedSet(call);
  const policy = reference(call);
  const rest = set.content.customerPolicies.filter((other) => !samePolicy(other, policy));
  if (rest.length === set.content.customerPolicies.length) {
    refuse('ResourceNotFoundException', `Could not find policy ${policy.Path}${policy.Name} in ${set.arn}`);
  }
  return edit(set, { customerPolicies: rest });
}

function reference({ input }: Call): CustomerPolicy {
  const policy = structure(input, 'CustomerManagedPolicyReference') ?? {};
  const name = policy.Name;
  if (typeof name !== 'string' || !/^[\w+=,.@-]{1,128}$/.test(name))
    refuse('ValidationException', 'Invalid policy name');
  return { Name: String(name), Path: optionalText(policy, 'Path') ?? '/' };
}

function checkRoom({ world }: Call, { content }: PermissionSet): void {
  if (content.managedPolicies.length + content.customerPolicies.length < world.quotas.managedPolicies) return;
  refuse('ServiceQuotaExceededException', 'You have exceeded AWS SSO limits. Cannot attach more managed policies.');
}

function edit(set: PermissionSet, change: Partial<Content>): Output {
  set.content = { ...set.content, ...change };
  return {};
}

function samePolicy(one: CustomerPolicy, other: CustomerPolicy): boolean {
  return one.Name === other.Name && one.Path === other.Path;
}
