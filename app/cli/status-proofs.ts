// What proves a grant and its removal: AWS's answers as the app recorded them, or the plain words that there are none.
import type { Life } from '../audit/life.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { Ended, Granted } from '../reconcile/context.ts';
import type { Saved } from '../reconcile/watch-file.ts';
import { shown } from './terminal.ts';

type NotProven = { readonly kind: 'not-proven'; readonly why: string };

export type Proofs = {
  /** Of the access, by the app on this machine: Git does not hold it. */
  readonly granted: { readonly kind: 'proven'; readonly at: string; readonly requests: readonly string[] } | NotProven;
  /** Null while it lives. `recorded`: in the signed commit that took the file out. */
  readonly removed: { readonly kind: 'proven'; readonly proof: string; readonly recorded: boolean } | NotProven | null;
};

type SavedProofs = { readonly granted: Granted | null; readonly removed: Ended | null };

export function savedProofs(saved: Saved | null, id: string): SavedProofs {
  const of = <T extends { readonly grant: string }>(all: readonly T[] | undefined) =>
    all?.find((one) => one.grant === id) ?? null;
  return { granted: of(saved?.proofs.granted), removed: of(saved?.proofs.removed) };
}

export function proofsOf(life: Life, { granted, removed }: SavedProofs): Proofs {
  return {
    granted:
      granted === null
        ? { kind: 'not-proven', why: 'this machine has no record of it; the comment on the request may have' }
        : { kind: 'proven', at: wholeSeconds(granted.at), requests: granted.requests },
    removed: removalOf(life, removed),
  };
}

function removalOf(life: Life, pending: Ended | null): Proofs['removed'] {
  switch (life.state) {
    case 'active':
      return null;
    case 'removed':
      return life.proof === null
        ? { kind: 'not-proven', why: 'the record of its end holds no proof' }
        : { kind: 'proven', proof: life.proof, recorded: true };
    case 'unproven':
      return pending === null
        ? { kind: 'not-proven', why: 'its file was deleted without a record of the app' }
        : { kind: 'proven', proof: pending.proof, recorded: false };
    case 'ending':
      return pending === null
        ? { kind: 'not-proven', why: 'AWS has not been found empty twice yet' }
        : { kind: 'proven', proof: pending.proof, recorded: false };
  }
}

export function proofLines({ granted, removed }: Proofs): readonly (readonly [string, string])[] {
  const grant =
    granted.kind === 'proven' ? `proven ${granted.at} requests ${granted.requests.join(' ')}` : notProven(granted);
  return [
    ['proof of grant', shown(grant)],
    ...(removed === null ? [] : [['proof of removal', shown(removalText(removed))] as const]),
  ];
}

function removalText(removed: NonNullable<Proofs['removed']>): string {
  if (removed.kind === 'not-proven') return notProven(removed);
  return removed.recorded ? removed.proof : `${removed.proof} (by the app on this machine; not in the history yet)`;
}

function notProven({ why }: NotProven): string {
  return `not proven: ${why}`;
}
