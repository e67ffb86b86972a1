// A process that claims a state and stays.
import { claimState } from '../../app/engine/state-claim.ts';

const claim = await claimState(process.argv[2] ?? '');
setInterval(() => undefined, 1_000);
process.send?.(claim.kind);
