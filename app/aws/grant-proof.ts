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
  const looked = await look(instance, grant, arn, inlinePolicy);
  if (looked === null) return { kind: 'not-proven', reason: `AWS has no permission set ${arn}.` };
  const { evidence, sentences } = looked;
  if (sentences.length > 0) return { kind: 'not-proven', reason: sentences.join(' ') };
  const at = evidence.reduce((latest, { at }) => (at > latest ? at : latest), '');
  return { kind: 'proven', at, evidence };
};

/** The same reading for the sweep, which wants all that differs. */
export const compareGrant = async (
  instance: Instance,
  grant: ResolvedGrant,
  arn: string,
  inlinePolicy: string,
): Promise<Comparison> => {
  const looked = await look(instance, grant, arn, inlinePolicy);
  return looked === null ? { kind: 'gone' } : { kind: 'compared', differences: [...new Set(looked.sentences)] };
};

/** A sentence for each difference from what was signed; null where AWS has no such set. */
const look = async (instance: Instance, grant: ResolvedGrant, arn: string, inlinePolicy: string) => {
  try {
    const found = await readContent(instance, arn, grant.accountId);
    const sentences = differencesOf(found, grant, inlinePolicy).map(({ sentence }) => sentence);
    return { evidence: found.evidence, sentences };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};
