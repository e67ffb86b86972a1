// What was seen last, on disk: a restart must not wake people again, and `breakglass status` reads it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../core/ledger/ledger.ts';
import { isAlarmCode } from './alarm-codes.ts';
import type { OpenAlarm } from './alarms.ts';
import type { Context, Ended, Granted } from './context.ts';
import type { Trouble } from './standing.ts';
import type { Watch } from './watch.ts';
import { writeWhole } from './whole-file.ts';

type Kept<T> = T & { readonly grant: string };

export type Saved = Watch & {
  readonly saidAlarms: readonly string[];
  /** The issue that told of the last alarms. */
  readonly alarmIssue: number | null;
  readonly proofs: { readonly granted: readonly Kept<Granted>[]; readonly removed: readonly Kept<Ended>[] };
  /** How often a pass is made: one that is much older than this is made no more. */
  readonly passSeconds: number;
};

const fileOf = (dataDir: string) => join(dataDir, 'watch.json');

export function writeWatch(dataDir: string, saved: Saved): void {
  writeWhole(fileOf(dataDir), `${JSON.stringify(saved, null, 2)}\n`);
}

/** Null where there is none, or none that can be read: everything in it is found again. */
export function readWatch(dataDir: string): Saved | null {
  try {
    const read = JSON.parse(readFileSync(fileOf(dataDir), 'utf8'), revive) as Saved;
    const alarms = read.alarms.filter((one) => isAlarmCode(one.code) && one.since instanceof Date);
    return read.at instanceof Date && Array.isArray(read.saidAlarms) ? { ...read, alarms } : null;
  } catch {
    return null;
  }
}

const TIMES: readonly string[] = ['at', 'lastPass', 'since', 'until'];

function revive(key: string, value: unknown): unknown {
  if (!TIMES.includes(key) || typeof value !== 'string') return value;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** What the app remembers and Git does not say; the proofs of grants that are long recorded are not kept. */
export function rememberedBy({ memory }: Pick<Context, 'memory'>, ledger: Ledger | null, now: Date): Remembered {
  const isOld = (id: string) => {
    const removed = ledger?.grants.get(id)?.removed;
    return removed != null && now.getTime() - removed.at.getTime() > KEPT_MS;
  };
  const granted = [...memory.granted].filter(([id]) => !isOld(id));
  return {
    saidAlarms: [...memory.saidAlarms],
    alarmIssue: memory.alarmIssue.number,
    proofs: {
      granted: granted.map(([grant, proof]) => ({ grant, ...proof })),
      removed: [...memory.proven].map(([grant, proof]) => ({ grant, ...proof })),
    },
  };
}

const KEPT_MS = 90 * 86_400_000;

type Remembered = Pick<Saved, 'saidAlarms' | 'alarmIssue' | 'proofs'>;

/** What a new process goes on from. */
export function restoredAlarms(saved: Saved | null): readonly OpenAlarm[] {
  return saved?.alarms ?? [];
}

export function restoreMemory({ memory }: Pick<Context, 'memory'>, saved: Saved | null): void {
  for (const key of saved?.saidAlarms ?? []) memory.saidAlarms.add(key);
  memory.alarmIssue.number = saved?.alarmIssue ?? null;
  for (const { grant, ...granted } of saved?.proofs.granted ?? []) memory.granted.set(grant, granted);
  const failing: readonly Trouble[] = saved?.standing?.failing ?? [];
  for (const { grant, since, reason } of failing) memory.failing.set(grant, { since, reason });
}
