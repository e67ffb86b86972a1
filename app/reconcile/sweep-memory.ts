// What the sweep remembers between passes; only the count of what it took away must outlive the process.
import type { Access, Examination } from '../aws/port.ts';
import type { Sighting } from '../core/sightings.ts';
import type { Unexplained } from '../core/sweep.ts';
import { NO_REMOVALS, type UnexplainedRemovals } from './unexplained-removals.ts';

/** What AWS and the engine's state hold under our mark; null for what could not be read. */
export type Seen = { readonly sets: readonly Access[] | null; readonly stacks: readonly string[] | null };

export type Removing = {
  readonly name: string;
  /** Against `max_removals`. */
  readonly counted: boolean;
  /** Its removal has begun: it is kept in mind until AWS has proved it, also when no list has it any more. */
  begun: boolean;
};

export type SweepMemory = {
  /** How old access that no grant explains must be. */
  readonly minAgeMs: number;
  readonly removals: UnexplainedRemovals;
  /** Git was fetched by the last pass: an old ledger explains less than there is. */
  fetched: boolean;
  /** By the last pass that could read them. */
  seen: Seen;
  unexplained: Unexplained<Access>;
  /** Of what no grant explains, by ARN or stack. */
  unexplainedSightings: ReadonlyMap<string, Sighting>;
  /** Live grants that AWS confirmed and that the listing has otherwise. */
  driftSightings: ReadonlyMap<string, Sighting>;
  /** ARN → what AWS told of it; it is asked once. */
  readonly examined: Map<string, Examination>;
  /** ARN → why AWS did not tell of it the last time. */
  readonly unexamined: Map<string, string>;
  /** ARN → that it is to go. */
  readonly removing: Map<string, Removing>;
  /** Grant id → when it was last compared with what was signed. */
  readonly compared: Map<string, number>;
};

export function createSweepMemory(minAgeMs = 600_000, removals = NO_REMOVALS): SweepMemory {
  return {
    minAgeMs,
    removals,
    fetched: false,
    seen: { sets: null, stacks: null },
    unexplained: { sets: [], stacks: [] },
    unexplainedSightings: new Map(),
    driftSightings: new Map(),
    examined: new Map(),
    unexamined: new Map(),
    removing: new Map(),
    compared: new Map(),
  };
}

export function sightingKey(what: Access | string): string {
  return typeof what === 'string' ? `stack ${what}` : what.arn;
}
