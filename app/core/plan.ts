// What is to be done in AWS, from what was signed and what is there: level-triggered, so a lost step is found again.
import { wholeSeconds } from './instant.ts';
import type { End } from './ledger/ends.ts';
import type { Ledger } from './ledger/ledger.ts';

/** What AWS holds under our mark for one grant. */
export type AccessFacts = {
  readonly arn: string;
  /** By its tag. */
  readonly grantId: string | null;
  readonly expiresAt: string | null;
  /** Tag that says that it was ended early. */
  readonly ended: string | null;
};

export type Step =
  | { readonly kind: 'end'; readonly id: string; readonly end: End }
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'extend'; readonly id: string };

export type PlanInput = {
  readonly ledger: Ledger;
  readonly ends: ReadonlyMap<string, End>;
  /** Grant ids with a stack in the engine's state. */
  readonly stacks: ReadonlySet<string>;
  readonly access: ReadonlyMap<string, AccessFacts>;
  readonly now: Date;
};

/** Removals first; among grants the one that ends first is first. */
export function plan({ ledger, ends, stacks, access, now }: PlanInput): readonly Step[] {
  const steps: Step[] = [];
  for (const entry of ledger.grants.values()) {
    const { id } = entry;
    const end = ends.get(id);
    const there = access.get(id);
    if (end !== undefined) {
      if (there !== undefined || stacks.has(id)) steps.push({ kind: 'end', id, end });
    } else if (there === undefined || !stacks.has(id)) {
      if (now < entry.deadline) steps.push({ kind: 'grant', id });
    } else if (there.expiresAt !== wholeSeconds(entry.deadline) || there.grantId !== id) {
      steps.push({ kind: 'extend', id });
    }
  }
  return steps.sort((a, b) => rank(a) - rank(b) || deadlineOf(ledger, a) - deadlineOf(ledger, b));
}

function rank(step: Step): number {
  return step.kind === 'end' ? 0 : 1;
}

function deadlineOf(ledger: Ledger, step: Step): number {
  return ledger.grants.get(step.id)?.deadline.getTime() ?? 0;
}
