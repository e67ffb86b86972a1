// What AWS holds for one grant, asked once with the operator's own credentials.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { inlinePolicy } from '../../pulumi/statements.ts';
import { createIdentityCenter } from '../aws/identity-center.ts';
import type { Access, Evidence, IdentityCenter } from '../aws/port.ts';
import type { ResolvedGrant } from '../core/grant/resolved.ts';

export type Held =
  | { readonly kind: 'absent' }
  /** Exactly as signed, and not ended early. */
  | { readonly kind: 'as-signed'; readonly arn: string; readonly at: string; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'denied'; readonly arn: string; readonly reason: string }
  | { readonly kind: 'differs'; readonly arn: string; readonly reason: string }
  /** A permission set with our name and without our tag: reported, never touched. */
  | { readonly kind: 'foreign'; readonly arn: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Place = Pick<ResolvedGrant, 'region' | 'instanceArn' | 'identityStoreId' | 'repositoryId'>;

export function operatorCenter(grant: Place, env: NodeJS.ProcessEnv): IdentityCenter {
  const { region, instanceArn, identityStoreId, repositoryId } = grant;
  const cacheFile = nameCache(env);
  return createIdentityCenter({
    region,
    instanceArn,
    identityStoreId,
    repositoryId,
    log: pino({ level: 'silent' }),
    cacheFile,
  });
}

export async function askHeld(center: IdentityCenter, grant: ResolvedGrant): Promise<Held> {
  try {
    const access = await center.find(grant.permissionSetName);
    return access === null ? { kind: 'absent' } : await judge(center, grant, access);
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function judge(center: IdentityCenter, grant: ResolvedGrant, access: Access): Promise<Held> {
  const { arn } = access;
  if (access.ledger !== String(grant.repositoryId)) return { kind: 'foreign', arn };
  if (access.ended !== null) return { kind: 'denied', arn, reason: access.ended };
  const policy = inlinePolicy(grant);
  if (policy.kind === 'too-large')
    return { kind: 'differs', arn, reason: 'The inline policy of the grant is larger than AWS takes.' };
  const proof = await center.proveGranted(grant, arn, policy.document);
  if (proof.kind === 'not-proven') return { kind: 'differs', arn, reason: proof.reason };
  return { kind: 'as-signed', arn, at: proof.at, evidence: proof.evidence };
}

/** The app's own where it lies on this machine: names of permission sets never change, and reading them all takes minutes. */
function nameCache(env: NodeJS.ProcessEnv): string {
  const ofApp = join(env.BREAKGLASS_DATA_DIR ?? '.breakglass', 'permission-set-names.json');
  if (existsSync(ofApp)) return ofApp;
  const folder = env.BREAKGLASS_CACHE ?? join(homedir(), '.cache', 'breakglass');
  mkdirSync(folder, { recursive: true });
  return join(folder, 'permission-set-names.json');
}
