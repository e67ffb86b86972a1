// What the simulation and the process of the real engine say to each other.
import type { EngineOutcome, EngineProgress } from '../../../app/engine/engine.ts';

export type Setup = {
  readonly dataDir: string;
  /** AWS and the service of its keys, as an environment. */
  readonly aws: Readonly<Record<string, string>>;
  readonly secretsProvider: string;
  /** Where the engine's children ask whether a grant is authorized. */
  readonly authorizations: string;
  /** Processes that had this engine before and were killed. */
  readonly dead: readonly number[];
};

export type ToEngine =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly action: 'grant' | 'end';
      readonly grantId: string;
      readonly accountId: string;
      readonly userId: string | null;
    }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

export type FromEngine =
  /** With the operations of dead processes that it has not ended. */
  | { readonly kind: 'ready'; readonly left: number }
  | { readonly kind: 'starts'; readonly grantId: string; readonly operation: string }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: EngineProgress }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: EngineOutcome };
