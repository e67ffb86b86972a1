// What AWS tells of a permission set that no grant explains: how old it is, and when it denies by itself.
import { evidenceOf } from './answer.ts';
import type { Instance } from './client.ts';
import { isNotFound } from './failure.ts';
import type { Examination } from './port.ts';

export const examineSet = async (instance: Instance, arn: string): Promise<Examination | null> => {
  const { sso, instanceArn } = instance;
  const set = { InstanceArn: instanceArn, PermissionSetArn: arn };
  try {
    const [described, policy] = await Promise.all([
      sso.describePermissionSet(set),
      sso.getInlinePolicyForPermissionSet(set),
    ]);
    return {
      // Without its age it is as young as can be: it waits.
      createdAt: described.PermissionSet?.CreatedDate ?? new Date(evidenceOf(described).at),
      inlinePolicy: policy.InlinePolicy || null,
    };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};
