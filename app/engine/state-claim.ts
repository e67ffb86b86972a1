// One process per `file://` state: the engine's own locks are per stack, and a second app would not know of our queue.
import { join } from 'node:path';
import type { Claim, ClaimTimes } from './claim.ts';
import { claimFile } from './claim.ts';

/** Claims the state below `dataDir` for this process; a second one is told by whom it is held, and stands by. */
export function claimState(dataDir: string, times?: ClaimTimes): Promise<Claim> {
  return claimFile(join(dataDir, 'claim.json'), times);
}
