// The ledger at the mirror's tip, verified from the root once for each tip. What was verified last goes on counting where
// the branch was rewritten, and where the mirror cannot be read: ends must not wait for a disk.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ledger } from '../core/ledger/ledger.ts';
import { readLedger } from '../git/ledger.ts';
import { compareWithTrusted, readTrusted, type TrustedTip, trust } from '../git/trusted-tip.ts';
import type { Alarms } from './alarms.ts';
import type { Context } from './context.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

export type LedgerFrom = {
  /** The mirror. */
  readonly dir: string;
  readonly root: Context['configured'];
  readonly tip: () => Promise<string>;
};

export function ledgerReader(from: LedgerFrom, alarms: Alarms): Pick<Context, 'ledger' | 'frozen'> {
  let last: { readonly tip: string; readonly ledger: Promise<Ledger> } | null = null;
  let verifiedLast: Ledger | null = null;
  let frozen: string | null = null;
  const keep = keeper(from.dir);
  const readNow = async (): Promise<Ledger> => {
    const tip = await from.tip();
    await restoreTrusted(from.dir);
    const compared = await compareWithTrusted(from.dir, tip);
    const now = compared.kind === 'rewritten' ? compared.trusted : compared.tip;
    const sentence = whyFrozen(compared);
    alarms.hold('history-rewritten', sentence === null ? [] : [{ subject: compared.tip, sentence }]);
    if (last?.tip !== now) last = { tip: now, ledger: verified(from, now) };
    const reading = last;
    const ledger = await reading.ledger.catch((error: unknown) => {
      if (last === reading) last = null;
      throw error;
    });
    if (compared.kind !== 'lost') await keep(now);
    frozen = sentence;
    return ledger;
  };
  const ledger = async (): Promise<Ledger> => {
    try {
      verifiedLast = await readNow();
      alarms.clear('ledger-unreadable');
      return verifiedLast;
    } catch (error) {
      if (verifiedLast === null) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      frozen = `the ledger cannot be read: ${reason}. Ends go on by what was verified last (${verifiedLast.tip}); nothing new is granted`;
      alarms.raise('ledger-unreadable', from.dir, frozen, { error: reason });
      return verifiedLast;
    }
  };
  return { ledger, frozen: () => frozen };
}

function whyFrozen(compared: TrustedTip): string | null {
  if (compared.kind === 'follows') return null;
  if (compared.kind === 'lost') return compared.sentence;
  const { tip, trusted } = compared;
  return `the branch was rewritten: ${tip} does not follow from ${trusted}, which was verified before. Ends go on; nothing new is granted until an administrator puts ${trusted} back (git push --force origin ${trusted}:<branch>)`;
}

async function verified({ dir, root }: LedgerFrom, tip: string): Promise<Ledger> {
  const folded = await readLedger(dir, root, tip);
  if (folded.kind === 'no-root') throw new Error(`the ledger cannot be trusted: ${folded.reason}`);
  return folded.ledger;
}

/** A lock that a killed git has left is stale after ten seconds (app/git/stale-lock.ts). */
const KEEP_AGAIN_MS = 15_000;

/**
 * Keeps a verified tip, once. Never throws: on a full disk, which the failing fetch tells, ends must go on, and the next tip
 * is compared with the last one kept. What could not be kept is tried again, as the branch may stand still for days.
 */
function keeper(dir: string): (tip: string) => Promise<void> {
  let last: { readonly tip: string; readonly done: Promise<void>; againMs: number } | null = null;
  return async (tip) => {
    if (last?.tip !== tip || performance.now() >= last.againMs) {
      const keeping = { tip, done: Promise.resolve(), againMs: Number.POSITIVE_INFINITY };
      keeping.done = keepTrusted(dir, tip).catch(() => {
        keeping.againMs = performance.now() + KEEP_AGAIN_MS;
      });
      last = keeping;
    }
    await last.done;
  };
}

async function keepTrusted(dir: string, tip: string): Promise<void> {
  await trust(dir, tip);
  writeWhole(copyOf(dir), `${tip}\n`);
}

/** Beside the mirror: one that is deleted is made anew, and must not take what was verified with it. */
const copyOf = (dir: string): string => join(dirname(dir), 'verified-last');

/**
 * As a file, not through git, which refuses a commit that it has not: the comparison then says that it was lost, and the
 * engine's child refuses as well. Only once the branch is there: git fetches nothing beside a ref of a missing commit, until
 * that commit is put back.
 */
async function restoreTrusted(dir: string): Promise<void> {
  // Null before the first; whatever else it says is put back as it is.
  const copy = readIfThere(copyOf(dir));
  if (copy === null) return;
  // Also in place of one that is damaged.
  if ((await readTrusted(dir).catch(() => null)) !== null) return;
  const file = join(dir, 'refs', 'breakglass', 'trusted');
  if (readIfThere(file) === copy) return;
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, copy);
}
