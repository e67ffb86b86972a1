// Proves by AWS's own answers that a grant's access is exactly what was signed, and nothing beside it.
import type { ResolvedGrant } from '../core/grant/resolved.ts';
import type { Instance } from './client.ts';
import { readContent } from './content.ts';
import { differencesOf } from './difference.ts';
import { isNotFound } from './failure.ts';
import type { Comparison, GrantProof } from './port.ts';

export const proveGrant = async (
  instance: Instance,
  grant: ResolvedGrant,
  arn: string,
  inlinePolicy: string,
): Promise<GrantProof> => {
  try {
    const found = await readContent(instance, arn, grant.accountId);
    const differences = differencesOf(found, grant, inlinePolicy);
    if (differences.length > 0)
      return { kind: 'not-proven', reason: differences.map(({ sentence }) => sentence).join(' ') };
    const at = found.evidence.reduce((latest, { at }) => (at > latest ? at : latest), '');
    return { kind: 'proven', at, evidence: found.evidence };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'not-proven', reason: `AWS has no permission set ${arn}.` };
    throw error;
  }
};

/** The same reading for the sweep, which wants all that differs. */
export const compareGrant = async (
  instance: Instance,
  grant: ResolvedGrant,
  arn: string,
  inlinePolicy: string,
): Promise<Comparison> => {
  try {
    const found = await readContent(instance, arn, grant.accountId);
    const differences = differencesOf(found, grant, inlinePolicy);
    return { kind: 'compared', differences: [...new Set(differences.map(({ sentence }) => sentence))] };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'gone' };
    throw error;
  }
};
