// `npm run chaos`: simulated lives with one fault each, then the real app, killed and failing at every one of its calls.
import { playChaos } from '../simulation/chaos.ts';
import { playLives } from './lives.ts';
import { KINDS, MAKERS } from './tape.ts';

const json = process.argv.includes('--json');
const say = (line: string) => (json ? console.error(line) : console.log(line));

const simulated = await playChaos(say);
const real = await playLives({ kinds: KINDS, each: 'every', makers: MAKERS, anew: true, say });
for (const { kind, sentence } of real.violations) say(`the real app: ${kind}: ${sentence}`);
const count = (kind: string) => real.violations.filter((one) => one.kind === kind).length;
const chaos = {
  faultPoints: simulated.faultPoints + real.points.size,
  // The parts of the real life are one run each, with hundreds of faults in it.
  runs: simulated.runs + real.parts.size,
  orphans: simulated.orphans + count('orphan'),
  overruns: simulated.overruns + count('overrun'),
  unauthorized: simulated.unauthorized + count('unauthorized'),
  notConverged: simulated.notConverged + count('not-converged'),
};
const { faultPoints, runs, orphans, overruns, unauthorized, notConverged } = chaos;
if (json) console.log(JSON.stringify(chaos));
else
  console.log(
    `${runs} runs with faults at ${faultPoints} points, ${real.points.size} of them calls of the real app: ${orphans} left something, ${overruns} lasted too long, ${unauthorized} gave what nobody granted, ${notConverged} did not come to rest`,
  );
say(`the real app was started ${real.starts} times and met ${real.faults.length} faults`);
/** If nothing were seen of what the app calls, nothing would fail. */
const isSeen = real.points.size >= 100 && real.faults.length >= 300;
if (!isSeen) say(`only ${real.points.size} calls of the real app were seen: the watching is broken`);
process.exitCode = isSeen && orphans + overruns + unauthorized + notConverged === 0 ? 0 : 1;
