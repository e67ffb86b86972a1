// The AWS double: IAM Identity Center and its identity store behind AWS's own wire protocol, with faults on demand.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Administrator, createAdministrator } from './administrator.ts';
import type { Decision } from './evaluate.ts';
import { createFaults, type Fault, type Planted } from './faults.ts';
import { inProgress } from './operations.ts';
import type { Organisation } from './organisation.ts';
import { createAwsServer, type Desk, type Hook, type LogEntry } from './server.ts';
import { chainInto, type OtherRole, type Session, signInto, whatCanSession, whatCanUser } from './sessions.ts';
import {
  type Assignment,
  createWorld,
  type HistoryEntry,
  type Operation,
  type PermissionSet,
  type Role,
} from './world.ts';

export type { Fault, Mishap, Planted } from './faults.ts';
export type { Account, Organisation, Quotas, User } from './organisation.ts';
export type { LogEntry, RequestEvent } from './server.ts';
export type { OtherRole, Session } from './sessions.ts';
export type { Assignment, HistoryEntry, Operation, PermissionSet, Role } from './world.ts';

export type AwsDouble = {
  readonly url: string;
  /** What a process needs in its environment to talk to this double and to nobody else. */
  readonly environment: Readonly<Record<string, string>>;
  readonly plant: (fault: Fault) => Planted;
  readonly clearFaults: () => void;
  /** Every connection is reset until `up`. What AWS has begun goes on. */
  readonly down: () => void;
  readonly up: () => void;
  readonly onRequest: (hook: Hook) => () => void;
  /** Lets the operations end that `operation-stalls` holds up. */
  readonly release: () => void;
  readonly administrator: Administrator;
  readonly sets: () => readonly PermissionSet[];
  readonly roles: () => readonly Role[];
  readonly assignments: () => readonly Assignment[];
  readonly operations: () => readonly Operation[];
  readonly history: readonly HistoryEntry[];
  readonly log: readonly LogEntry[];
  /** When no asynchronous operation is under way. */
  readonly settled: () => Promise<void>;
  readonly whatCan: (
    user: string,
    account: string,
    action: string,
    at?: Date,
    options?: { readonly session?: Session; readonly resource?: string },
  ) => Decision;
  /** `set` is an ARN or a name. Throws where the portal would not offer the role. */
  readonly signIn: (user: string, account: string, set: string) => Session;
  /** Role chaining; throws where sts:AssumeRole is denied. */
  readonly assumeRole: (session: Session, role: OtherRole) => Session;
  readonly close: () => Promise<void>;
};

export async function startAws(organisation: Organisation): Promise<AwsDouble> {
  const world = createWorld(organisation);
  const faults = createFaults();
  let isDown = false;
  const desk: Desk = { world, faults, hooks: new Set(), log: [], isDown: () => isDown };
  const server = createAwsServer(desk);
  server.listen(organisation.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${portOf(server.address())}`;
  return {
    url,
    environment: environmentFor(url, organisation.region),
    plant: faults.plant,
    clearFaults: faults.clear,
    down: () => {
      isDown = true;
      server.closeAllConnections();
    },
    up: () => {
      isDown = false;
    },
    onRequest: (hook) => {
      desk.hooks.add(hook);
      return () => desk.hooks.delete(hook);
    },
    release: () => {
      for (const end of world.stalled) end();
      world.stalled.clear();
    },
    administrator: createAdministrator(world),
    sets: () => [...world.sets.values()],
    roles: () => [...world.roles.values()],
    assignments: () => world.assignments,
    operations: () => [...world.operations.values()],
    history: world.history,
    log: desk.log,
    settled: async () => {
      while (inProgress(world).length > 0) await sleep(5);
    },
    whatCan: (user, account, action, at = world.now(), options = {}) => {
      const asked = { action, at, resource: options.resource ?? '*' };
      return options.session === undefined
        ? whatCanUser(world, { ...asked, user, account })
        : whatCanSession(world, options.session, asked);
    },
    signIn: (user, account, set) => signInto(world, user, account, set),
    assumeRole: (session, role) => chainInto(world, session, role),
    close: async () => {
      for (const timer of world.timers) clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Metadata and profile files are shut out, so that a machine's own credentials are never used by a test. */
export function environmentFor(url: string, region: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIASANDBOX',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('The AWS double listens on no port.');
  return address.port;
}
