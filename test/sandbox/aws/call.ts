// One call as its handler sees it, and the checks that every operation on the instance begins with.
import { type Input, type Output, text } from './input.ts';
import type { Fate } from './operations.ts';
import { refuse } from './refusal.ts';
import { findSet, type PermissionSet, type World } from './world.ts';

export type Call = {
  readonly world: World;
  readonly operation: string;
  readonly input: Input;
  /** Access key id that signed the call. */
  readonly actor: string;
  readonly requestId: string;
  /** What becomes of the asynchronous operation that this call begins, if it begins one. */
  readonly fate: Fate;
};

export type Handler = (call: Call) => Output;

export function checkInstance({ world, input }: Call): void {
  const instance = text(input, 'InstanceArn');
  if (instance !== world.organisation.instanceArn) {
    refuse('AccessDeniedException', `User is not authorized to access instance ${instance}`);
  }
}

export function namedSet(call: Call): PermissionSet {
  checkInstance(call);
  return findSet(call.world, text(call.input, 'PermissionSetArn'));
}

/** Times travel as seconds since 1970, with a fraction. */
export function seconds(date: Date): number {
  return date.getTime() / 1000;
}

export function pageSize(world: World): number {
  return world.organisation.pageSize ?? 100;
}
