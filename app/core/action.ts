// One effect on GitHub, as data: `perform` is the only writer.
import type { RecordDraft } from './decision/decide.ts';
import type { CheckContent, Reaction } from './decision/people.ts';

export type Action =
  | { readonly kind: 'set-check'; readonly sha: string; readonly content: CheckContent }
  /** The one sticky comment of a pull request: created, updated, or left alone when it says the same. */
  | { readonly kind: 'set-comment'; readonly pull: number; readonly body: string }
  | { readonly kind: 'react'; readonly commentId: number; readonly reaction: Reaction }
  | { readonly kind: 'close'; readonly pull: number }
  | {
      readonly kind: 'merge';
      readonly pull: number;
      readonly head: string;
      readonly title: string;
      readonly draft: RecordDraft;
    };
