// Finds permission sets by name for many at once: AWS has no such question, so one listing answers all who wait for it.
import type { Instance } from './client.ts';
import { inShare } from './limiter.ts';

export type NamedSet = { readonly arn: string; readonly name: string };

/** Null when a listing that began after the call has ended without it. */
export type NameSearch = (name: string) => Promise<NamedSet | null>;

type Waiting = {
  readonly name: string;
  /** The first listing that may say "there is none". */
  readonly from: number;
  readonly resolve: (found: NamedSet | null) => void;
  readonly reject: (error: unknown) => void;
};

const searches = new WeakMap<Instance, NameSearch>();

/** A hundred grants that end together each look for what is left of them: that were a hundred listings of everything. */
export const nameSearch = (instance: Instance, list: () => AsyncIterable<NamedSet>): NameSearch => {
  const known = searches.get(instance) ?? createSearch(list);
  searches.set(instance, known);
  return known;
};

const createSearch = (list: () => AsyncIterable<NamedSet>): NameSearch => {
  let waiting: readonly Waiting[] = [];
  let round = 0;
  let running = false;
  const answer = (which: (one: Waiting) => boolean, how: (one: Waiting) => void): void => {
    const answered = waiting.filter(which);
    waiting = waiting.filter((one) => !which(one));
    for (const one of answered) how(one);
  };
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      round += 1;
      const due = ({ from }: Waiting): boolean => from <= round;
      try {
        for await (const set of list()) {
          // Also for who came meanwhile: that it is there is news at any time.
          answer(
            ({ name }) => name === set.name,
            ({ resolve }) => resolve(set),
          );
          if (waiting.length === 0) break;
        }
        answer(due, ({ resolve }) => resolve(null));
      } catch (error) {
        answer(due, ({ reject }) => reject(error));
      }
    }
    running = false;
  };
  return (name) =>
    new Promise((resolve, reject) => {
      waiting = [...waiting, { name, from: round + 1, resolve, reject }];
      // Not in the share of whoever asks first, with a hundred calls before its own.
      if (!running) void inShare('names', run);
    });
};
