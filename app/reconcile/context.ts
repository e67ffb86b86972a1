// What every reconciler works with: the world through its ports, and the little that one process remembers.
import type { Logger } from 'pino';
import type { Access, IdentityCenter } from '../aws/port.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Settings } from '../core/policy/policy.ts';
import type { Signer } from '../core/record/authorization.ts';
import type { Engine } from '../engine/engine.ts';
import type { Mirror } from '../git/mirror.ts';
import type { GitHub } from '../github/port.ts';
import type { Alarms } from './alarms.ts';
import { type Holds, NO_HOLDS } from './holds.ts';
import { type LookedMemory, newLooked } from './looked.ts';
import type { Measure } from './measured.ts';
import type { Examine } from './policy-examination.ts';
import type { GuardMemory } from './repository-guard.ts';
import type { Revocations } from './revocations.ts';
import { createSweepMemory, type SweepMemory } from './sweep-memory.ts';
import type { Telling } from './tell.ts';

export type Configured = {
  readonly repositoryId: number;
  readonly branch: string;
  readonly genesis: string;
  readonly fingerprints: readonly string[];
};

/** When AWS confirmed an access to the app, and the ids of the requests that it answered. */
export type Granted = { readonly at: Date; readonly requests: readonly string[] };

/** An ended grant whose absence AWS has proved, as text for the record. */
export type Ended = { readonly ended: string; readonly proof: string };

/**
 * Only what may be lost: each of these is found again by reading Git, GitHub and AWS. The one thing that must not be
 * lost, that a grant was ended early, is on disk, and in AWS as a tag, before anything else is done about it.
 */
export type Memory = {
  /** On disk, as AWS's tag goes with the permission set and a comment can be deleted. */
  readonly revoked: Revocations;
  /** What an operator ordered in a compromise, on disk as well. */
  readonly holds: Holds;
  /** Grant id → proof, until the removal is recorded. */
  readonly proven: Map<string, Ended>;
  /** Grant id → what is being done for it, as long as it is not known to have ended: its end aborts that. */
  readonly running: Map<string, AbortController>;
  /** Grant id → its comments that are being written. */
  readonly telling: Map<string, Telling>;
  /** Requests and extensions of live grants: where a /revoke is said. */
  livePulls: Set<number>;
  /** Grants whose state AWS confirmed to this process, with the deadline it confirmed. */
  readonly confirmed: Map<string, string>;
  /** Grants whose comment says that the end is recorded. */
  readonly settled: Set<string>;
  /** Pull request → GitHub's words when it last refused to merge. */
  readonly blocked: Map<number, string>;
  /** Grant id → open pull request that removes it. */
  readonly removals: Map<string, number>;
  /** Alarms of the history that somebody was told of; kept on disk, as history itself never forgets. */
  readonly saidAlarms: Set<string>;
  /** The issue that tells of the alarms, as this process saw it last; `quiet` when nothing is to be told. */
  readonly alarmIssue: { number: number | null; quiet: boolean };
  /** Grants whose last attempt failed: since when, by GitHub's clock, and why. */
  readonly failing: Map<string, { readonly since: Date; readonly reason: string }>;
  /** Ended grants whose access this process saw in AWS: only their removal is measured, not a proof said again. */
  readonly seenToEnd: Set<string>;
  /** Grant id → AWS's first confirmation of its access; kept on disk for `breakglass status`. */
  readonly granted: Map<string, Granted>;
  /** Grants that this process saw become active. */
  readonly measured: Set<string>;
  /** Ends on disk that this process has acted on, and the holds as it saw them last. */
  readonly endsSeen: Set<string>;
  holdsSeen: string;
  /** The listing of AWS under way: one at a time, over as many passes as it takes. */
  listing: Promise<readonly Access[]> | null;
  /** Grant id → what AWS had otherwise than signed, until it is put right and said. */
  readonly drifted: Map<string, readonly string[]>;
  readonly sweep: SweepMemory;
  readonly guard: GuardMemory;
  /** What need not be asked of GitHub again in the next pass. */
  readonly looked: LookedMemory;
  /** App and head of the foreign checks that were said. */
  readonly foreignChecks: Set<string>;
  /** Comments that were answered with a reaction. */
  readonly answered: Set<number>;
  /** Grants whose comment GitHub did not take: it is said again. */
  readonly unsaid: Set<string>;
};

export type EngineState =
  | { readonly kind: 'ready'; readonly engine: Engine }
  /** Another process holds the state and does the work. */
  | { readonly kind: 'standby' }
  /** The state is ours but the engine does not start: nothing can be granted, but access is still taken away, by SDK. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export type Context = {
  readonly configured: Configured;
  readonly github: GitHub;
  readonly mirror: Mirror;
  readonly identityCenter: (settings: Settings['identityCenter']) => IdentityCenter;
  readonly engine: () => EngineState;
  /** Null when the private key belongs to no key of the policy that may sign now. */
  readonly signer: (ledger: Ledger) => Signer | null;
  readonly enqueue: (key: string, delayMs?: number) => void;
  /** Looks at a proposed policy apart from everything else: it may be hostile, and takes its time. */
  readonly examine: Examine;
  /** The ledger at the mirror's tip, verified; throws when the root cannot be trusted. */
  readonly ledger: () => Promise<Ledger>;
  /** Why nothing new may be merged, where the branch was rewritten; by the last `ledger()`. */
  readonly frozen: () => string | null;
  /** One merge at a time: budgets are counted over what is already merged. */
  readonly exclusively: <T>(run: () => Promise<T>) => Promise<T>;
  readonly memory: Memory;
  readonly alarms: Alarms;
  readonly measure: Measure;
  readonly log: Logger;
};

export function createMemory(
  revoked: Revocations,
  holds: Holds = NO_HOLDS,
  sweep: SweepMemory = createSweepMemory(),
): Memory {
  return {
    revoked,
    holds,
    proven: new Map(),
    running: new Map(),
    telling: new Map(),
    livePulls: new Set(),
    confirmed: new Map(),
    settled: new Set(),
    blocked: new Map(),
    removals: new Map(),
    saidAlarms: new Set(),
    alarmIssue: { number: null, quiet: false },
    failing: new Map(),
    seenToEnd: new Set(),
    granted: new Map(),
    measured: new Set(),
    endsSeen: new Set(),
    holdsSeen: '[]',
    listing: null,
    drifted: new Map(),
    sweep,
    guard: { lookedAt: null, unreadSince: null },
    looked: newLooked(),
    foreignChecks: new Set(),
    answered: new Set(),
    unsaid: new Set(),
  };
}
