// What was taken away without an end to explain it, kept on disk: a restart does not give another five.
import { wholeSeconds } from '../core/instant.ts';
import { readIfThere, writeWhole } from './whole-file.ts';

export type UnexplainedRemovals = {
  /** Names of permission sets of the last 24 hours. Throws for a file that cannot be read: it may have said "no more". */
  readonly recent: (now: Date) => ReadonlySet<string>;
  /** Returns when it is on disk: what happens next may be the crash. */
  readonly add: (name: string, now: Date) => void;
};

type Line = { readonly name: string; readonly at: string };

const DAY_MS = 86_400_000;

export function openUnexplainedRemovals(file: string): UnexplainedRemovals {
  const recent = (now: Date) => read(file).filter(({ at }) => now.getTime() - Date.parse(at) < DAY_MS);
  return {
    recent: (now) => new Set(recent(now).map(({ name }) => name)),
    add: (name, now) => {
      const others = recent(now).filter((one) => one.name !== name);
      writeWhole(file, JSON.stringify([...others, { name, at: wholeSeconds(now) }]));
    },
  };
}

export const NO_REMOVALS: UnexplainedRemovals = {
  recent: () => new Set(),
  add: () => {
    throw new Error('this process has no file for what it takes away');
  },
};

function read(file: string): readonly Line[] {
  const text = readIfThere(file);
  if (text === null) return [];
  const lines: unknown = JSON.parse(text);
  if (!Array.isArray(lines) || !lines.every(isLine)) throw new Error(`${file} is not what this app wrote`);
  return lines;
}

function isLine(value: unknown): value is Line {
  const { name, at } = (value ?? {}) as Partial<Record<'name' | 'at', unknown>>;
  return typeof name === 'string' && typeof at === 'string' && !Number.isNaN(Date.parse(at));
}
