// What AWS and the engine's state hold under our mark, listed as a whole.
import type { Access } from '../aws/port.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Context } from './context.ts';
import { withinMs } from './within.ts';

/** The first listing of a large organisation takes minutes, as every name must be asked for: nothing waits for it. */
export async function listSetsSoon(context: Context): Promise<readonly Access[]> {
  const { memory } = context;
  memory.listing ??= listSets(context).finally(() => {
    memory.listing = null;
  });
  const listed = await withinMs(LISTING_PATIENCE_MS, memory.listing, null);
  if (listed === null) throw new Error('AWS is still being asked for the names of its permission sets');
  return listed;
}

const LISTING_PATIENCE_MS = 15_000;

/** With our ledger tag only: what another installation or a person made is none of our business. */
async function listSets(context: Context): Promise<readonly Access[]> {
  const { settings } = (await context.ledger()).policy.value;
  const all = await context.identityCenter(settings.identityCenter).list();
  return all.filter((one) => one.ledger === String(context.configured.repositoryId));
}

/** Null while there is no engine to ask. A store that hangs does so for a minute, in which ends by policy would wait. */
export async function listStacks({ engine }: Context): Promise<readonly string[] | null> {
  const state = engine();
  if (state.kind !== 'ready') return null;
  const listed = await withinMs(LISTING_PATIENCE_MS, state.engine.stacks(), null);
  if (listed === null) throw new Error("the engine's state has not answered yet");
  return listed;
}

/** By name: a second set that copies the tags of a grant is not its access. */
export function accessByGrant(ledger: Ledger, sets: readonly Access[]): ReadonlyMap<string, Access> {
  const byName = new Map(sets.map((set) => [set.name, set]));
  return new Map(
    [...ledger.grants.values()].flatMap(({ id, resolved }) => {
      const set = byName.get(resolved.permissionSetName);
      return set === undefined ? [] : [[id, set] as const];
    }),
  );
}
