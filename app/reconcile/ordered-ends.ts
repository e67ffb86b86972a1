// Looks every two seconds for ends that another process of this host ordered: `breakglass revoke` writes them to disk.
import { endOf } from '../core/ledger/ends.ts';
import type { Again } from '../queue/queue.ts';
import type { Context } from './context.ts';
import { endEarly } from './early-end.ts';

/** Read, not watched: folders on a network disk tell nobody of a change. Two short listings cost nothing. */
const LOOK_MS = 2_000;

export async function reconcileOrderedEnds(context: Context): Promise<Again> {
  const { memory } = context;
  const holds = JSON.stringify(memory.holds.list());
  const isNew = (id: string) => !memory.endsSeen.has(id);
  if (holds === memory.holdsSeen && !memory.revoked.list().some(isNew)) return { again: LOOK_MS };
  // Reading the ledger remembers whatever a hold concerns.
  const ledger = await context.ledger();
  for (const id of memory.revoked.list().filter(isNew)) {
    const entry = ledger.grants.get(id);
    const phrase = memory.revoked.get(id);
    // A grant that our mirror has not yet: it is looked for again.
    if (entry === undefined || phrase === undefined) continue;
    memory.endsSeen.add(id);
    const end = endOf(entry, ledger.policy.value, context.github.now(), phrase);
    if (end?.early && entry.removed?.record == null) endEarly(context, entry, phrase);
  }
  memory.holdsSeen = holds;
  return { again: LOOK_MS };
}
