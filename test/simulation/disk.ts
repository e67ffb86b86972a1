// What a process leaves on disk for the next one: its mirror, early ends, holds, the engine's state, what it said.
import type { Saved } from '../../app/reconcile/watch-file.ts';

export type Stack = {
  arn: string | null;
  expiresAt: string | null;
  inline: string | null;
  managed: readonly string[];
  assignment: { readonly account: string; readonly user: string } | null;
  /** An operation on it began and was not seen to end. */
  pending: boolean;
};

export type Files = {
  readonly read: (name: string) => string | undefined;
  readonly list: (folder: string) => readonly string[];
  readonly write: (name: string, text: string) => void;
  readonly remove: (name: string) => void;
};

export type Disk = {
  readonly files: Files;
  readonly stacks: Map<string, Stack>;
  /** Refs of the mirror. */
  readonly refs: { tip: string | null; trusted: string | null; readonly heads: Map<number, string> };
  /** What `watch.json` holds of the process before this one. */
  watch: Saved | null;
};

export function createDisk(): Disk {
  const texts = new Map<string, string>();
  return {
    files: {
      read: (name) => texts.get(name),
      list: (folder) =>
        [...texts.keys()].flatMap((name) => (name.startsWith(folder) ? [name.slice(folder.length)] : [])),
      write: (name, text) => void texts.set(name, text),
      remove: (name) => void texts.delete(name),
    },
    stacks: new Map(),
    refs: { tip: null, trusted: null, heads: new Map() },
    watch: null,
  };
}
