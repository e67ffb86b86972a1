// What `breakglass revoke` leaves in the data folder of the app: the running app acts on it within seconds, a stopped one at its start.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { holdsFolder, openHolds } from '../reconcile/hold-files.ts';
import type { HoldScope } from '../reconcile/holds.ts';
import { endedFolder, openRevocations } from '../reconcile/revocations.ts';

export type Order = {
  readonly scopes: readonly HoldScope[];
  readonly grants: readonly GrantEntry[];
  readonly phrase: string;
  readonly at: Date;
  readonly until: Date;
};

export type Left =
  | { readonly kind: 'left'; readonly dataDir: string }
  /** The app runs elsewhere: it learns of it from AWS. */
  | { readonly kind: 'no-app-here' }
  /** AWS must be told all the same. */
  | { readonly kind: 'failed'; readonly reason: string };

export function leaveOrder(env: NodeJS.ProcessEnv, order: Order): Left {
  const dataDir = appFolder(env);
  if (dataDir === null) return { kind: 'no-app-here' };
  const { at, until, phrase } = order;
  let reason: string | null = null;
  const attempt = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  };
  attempt(() => {
    // First: it is what also ends grants that this command does not know yet.
    const holds = openHolds(holdsFolder(dataDir));
    for (const scope of order.scopes) attempt(() => holds.set({ scope, at, until, phrase }));
  });
  attempt(() => {
    const revocations = openRevocations(endedFolder(dataDir), {
      unwritten: (error) => {
        reason = error.message;
      },
    });
    for (const { id } of order.grants) revocations.set(id, phrase);
  });
  return reason === null ? { kind: 'left', dataDir } : { kind: 'failed', reason };
}

/** Answers whether there was anything to release; null where the app is not. */
export function releaseHolds(env: NodeJS.ProcessEnv, scopes: readonly HoldScope[], now: Date): boolean | null {
  const dataDir = appFolder(env);
  if (dataDir === null) return null;
  const holds = openHolds(holdsFolder(dataDir));
  return scopes.map((scope) => holds.release(scope, now)).includes(true);
}

function appFolder(env: NodeJS.ProcessEnv): string | null {
  const dataDir = resolve(env.BREAKGLASS_DATA_DIR ?? '.breakglass');
  return existsSync(join(dataDir, 'mirror.git')) ? dataDir : null;
}
