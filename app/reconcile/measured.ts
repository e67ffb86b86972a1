// What the reconcilers measure, in plain data: who counts it is no business of theirs.
import type { End } from '../core/ledger/ends.ts';
import type { AuthorizationRecord } from '../core/record/record.ts';

export type Measured =
  /** From the last approval to the merge, by GitHub's clock. */
  | { readonly kind: 'approval-to-merge'; readonly change: AuthorizationRecord['kind']; readonly seconds: number }
  /** From the first merge until AWS confirmed the access. */
  | { readonly kind: 'merge-to-granted'; readonly seconds: number }
  /** From the deadline, or an earlier end, until AWS proved the absence. */
  | { readonly kind: 'end-to-removed'; readonly end: End['kind']; readonly seconds: number };

export type Measure = (measured: Measured) => void;
