// What the supervisor and a child say to each other over IPC.
import type { LedgerSource } from '../git/authorized.ts';
import type { EngineOutcome, EngineProgress } from './engine.ts';

/** The same for every operation of an engine: a child gets it before it has anything to do, and loads the engine. */
export type ChildSettings = {
  readonly source: LedgerSource;
  readonly stateUrl: string;
  /** `passphrase`, or the URL of a key service such as `awskms://alias/breakglass?region=eu-central-1`. */
  readonly secretsProvider: string;
  /** One folder per stack, kept as long as the stack: it holds the stack's settings. */
  readonly workRoot: string;
  /** The CLI's file, or its name on PATH. */
  readonly pulumi: { readonly file: string; readonly version: string };
  /** Folder of a `pulumi-resource-aws` to use in place of the released plugin. */
  readonly awsPlugin: string | null;
  readonly hardLimitMs: number;
};

export type OperationRequest = { readonly action: 'grant' | 'preview' | 'end'; readonly grantId: string };

export type ToChild =
  | { readonly kind: 'prepare'; readonly settings: ChildSettings }
  | { readonly kind: 'start'; readonly request: OperationRequest }
  /** The access as AWS confirmed it to the supervisor, or null. */
  | { readonly kind: 'proof'; readonly proof: string | null }
  | { readonly kind: 'abort' };

/** How an operation ended, as its child saw it; the supervisor adds the time. */
export type ChildOutcome =
  | { readonly kind: 'done'; readonly permissionSetArn: string | null }
  | Exclude<EngineOutcome, { readonly kind: 'done' }>;

export type FromChild =
  | { readonly kind: 'progress'; readonly progress: EngineProgress }
  | { readonly kind: 'outcome'; readonly outcome: ChildOutcome };

/** The environment variable that marks every process of one operation, plugins included. */
export const OPERATION_MARK = 'BREAKGLASS_OPERATION';
/** The supervisor of an operation, `<pid>-<start time>`: what a dead one leaves behind is found by it. */
export const SUPERVISOR_MARK = 'BREAKGLASS_SUPERVISOR';
