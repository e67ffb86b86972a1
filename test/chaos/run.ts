// `npm run chaos`: simulated lives with one fault each, then the real app, killed and failing at every one of its calls.
import { playChaos } from '../simulation/chaos.ts';
import { playLives } from './lives.ts';
import { KINDS } from './tape.ts';

const json = process.argv.includes('--json');
const say = (line: string) => (json ? console.error(line) : console.log(line));

const simulated = await playChaos(say);
const real = await playLives({ kinds: KINDS, each: 'every', anew: true, patienceMs: 60_000, say });
for (const { kind, sentence } of real.violations) say(`the real app: ${kind}: ${sentence}`);
const count = (kind: string) => real.violations.filter((one) => one.kind === kind).length;
const chaos = {
  faultPoints: simulated.faultPoints + real.points.size,
  runs: simulated.runs + real.faults.length,
  orphans: simulated.orphans + count('orphan'),
  overruns: simulated.overruns + count('overrun'),
  unauthorized: simulated.unauthorized + count('unauthorized'),
  notConverged: simulated.notConverged + count('not-converged'),
};
const { faultPoints, runs, orphans, overruns, unauthorized, notConverged } = chaos;
if (json) console.log(JSON.stringify(chaos));
else
  console.log(
    `${runs} faults at ${faultPoints} points (${real.points.size} of them calls of the real app, which was started ${real.starts} times): ${orphans} left something, ${overruns} lasted too long, ${unauthorized} gave what nobody granted, ${notConverged} did not come to rest`,
  );
process.exitCode = orphans + overruns + unauthorized + notConverged === 0 ? 0 : 1;
