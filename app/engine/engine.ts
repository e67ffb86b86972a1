// What the app asks of an engine: make one grant's access as signed, take one grant's access away, say which stacks exist.
export type EngineProgress =
  | { readonly kind: 'step'; readonly text: string }
  /** The engine reports the permission set: its ARN is known from here on. */
  | { readonly kind: 'permission-set'; readonly arn: string }
  /** The engine reports the account assignment as done; AWS's own answer is still to be read. */
  | { readonly kind: 'assigned'; readonly arn: string };

export type EngineOutcome =
  | { readonly kind: 'done'; readonly permissionSetArn: string | null; readonly milliseconds: number }
  /** The child found no valid authorization for this grant in the ledger: nothing was touched. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Something to try again; `interrupted` when a process was killed and AWS may hold what the state lacks. */
  | { readonly kind: 'failed'; readonly reason: string; readonly interrupted: boolean };

export type EngineOperation = {
  readonly grantId: string;
  /** 12 digits: at most one operation at once for an account. */
  readonly accountId: string;
  /** Identity Center UserId: grants of one person do not hold up those of others. */
  readonly userId?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: EngineProgress) => void;
  /** For the stack's outputs: AWS's own confirmation in words, once it is had; null when it is not. */
  readonly proof?: Promise<string | null>;
};

export type Engine = {
  /** Brings the access of an authorized, live grant to what its newest authorization says. Idempotent. */
  readonly grant: (operation: EngineOperation) => Promise<EngineOutcome>;
  /** What `grant` would do, as steps in `onProgress`; changes nothing in AWS and leaves no stack behind. */
  readonly preview: (operation: EngineOperation) => Promise<EngineOutcome>;
  /** Destroys the grant's stack and removes it from the state. Needs no authorization. Idempotent. */
  readonly end: (operation: EngineOperation) => Promise<EngineOutcome>;
  /** Grant ids of the stacks in the state. */
  readonly stacks: () => Promise<readonly string[]>;
  /** Permission set ARN of a stack, when its state names one. */
  readonly permissionSetArn: (grantId: string) => Promise<string | null>;
  /** Waits for running operations; after `graceMs` they are aborted. */
  readonly close: (graceMs: number) => Promise<void>;
  readonly versions: () => Promise<{ readonly cli: string; readonly sdk: string; readonly aws: string }>;
};
