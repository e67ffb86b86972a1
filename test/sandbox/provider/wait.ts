// Waiting for an asynchronous operation, as terraform-plugin-sdk helper/retry StateChangeConf waits.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './client.ts';

export type Progress = { readonly status: string | undefined; readonly failure: string | undefined };

export type Patience = {
  /** Before the first look, always. */
  readonly delay: number;
  /** Between looks, at least. */
  readonly minTimeout: number;
  readonly timeout: number;
};

/** account_assignment.go, creation and deletion alike. */
export const ASSIGNMENT_PATIENCE: Patience = { delay: 10_000, minTimeout: 5_000, timeout: 300_000 };
/** permission_set.go waitPermissionSetProvisioned. */
export const PROVISIONING_PATIENCE: Patience = { delay: 5_000, minTimeout: 0, timeout: 600_000 };

const LONGEST_PAUSE = 10_000;
const NOT_FOUND_CHECKS = 20;

export async function waitUntilDone(
  { waitScale, waitLimit }: Connection,
  { delay, minTimeout, timeout }: Patience,
  look: () => Promise<Progress | undefined>,
): Promise<void> {
  const until = performance.now() + (waitLimit ?? timeout);
  await sleep(delay * waitScale);
  let notFound = 0;
  for (let pause = 100; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const progress = await look();
    if (progress?.status === 'SUCCEEDED') return;
    if (progress?.status === 'FAILED') {
      throw new Error(`unexpected state 'FAILED', wanted target 'SUCCEEDED'. last error: ${progress.failure ?? ''}`);
    }
    notFound = progress === undefined ? notFound + 1 : 0;
    if (notFound > NOT_FOUND_CHECKS) throw new Error(`couldn't find resource (${NOT_FOUND_CHECKS + 1} retries)`);
    if (performance.now() > until) {
      throw new Error(`timeout while waiting for state to become 'SUCCEEDED' (last state: '${progress?.status}')`);
    }
    await sleep(Math.max(pause, minTimeout) * waitScale);
  }
}
