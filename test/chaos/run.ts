// `npm run chaos`: simulated lives with one fault each, then the real app, killed and failing at every one of its calls.
import { bundlePrograms } from '../sandbox/bundle.ts';
import { playChaos } from '../simulation/chaos.ts';
import { playLives } from './lives.ts';
import { KINDS, type Maker } from './tape.ts';

const json = process.argv.includes('--json');
const say = (line: string) => (json ? console.error(line) : console.log(line));

// The app is started some five hundred times.
await bundlePrograms();
const simulated = await playChaos(say);
/** At the same time, as either waits most of its own for retries. */
const MAKERS: readonly (readonly Maker[])[] = [['app'], ['child', 'plugin']];
const lives = await Promise.all(
  MAKERS.map((makers) =>
    playLives({
      kinds: KINDS,
      each: 'every',
      makers,
      anew: true,
      say: (line) => say(`${makers.join(' and ')}: ${line}`),
    }),
  ),
);
const violations = lives.flatMap((one) => one.violations);
const points = new Set(lives.flatMap((one) => [...one.points]));
const sum = (of: (life: (typeof lives)[number]) => number) => lives.reduce((total, life) => total + of(life), 0);
for (const { kind, sentence } of violations) say(`the real app: ${kind}: ${sentence}`);
const count = (kind: string) => violations.filter((one) => one.kind === kind).length;
const chaos = {
  faultPoints: simulated.faultPoints + points.size,
  // The parts of the real lives are one run each, with hundreds of faults in it.
  runs: simulated.runs + sum((life) => life.parts.size),
  orphans: simulated.orphans + count('orphan'),
  overruns: simulated.overruns + count('overrun'),
  unauthorized: simulated.unauthorized + count('unauthorized'),
  notConverged: simulated.notConverged + count('not-converged'),
};
const { faultPoints, runs, orphans, overruns, unauthorized, notConverged } = chaos;
if (json) console.log(JSON.stringify(chaos));
else
  console.log(
    `${runs} runs with faults at ${faultPoints} points, ${points.size} of them calls of the real app: ${orphans} left something, ${overruns} lasted too long, ${unauthorized} gave what nobody granted, ${notConverged} did not come to rest`,
  );
const [starts, faults] = [sum((life) => life.starts), sum((life) => life.faults.length)];
say(`the real app was started ${starts} times and met ${faults} faults`);
/** If nothing were seen of what the app calls, nothing would fail. */
const kinds = new Set(lives.flatMap((one) => one.faults.map((fault) => fault.split(' ')[1])));
const isPlayed = lives.every(({ parts }) => [...parts].every(([part, struck]) => part === 'starting' || struck > 0));
const isSeen = points.size >= 100 && faults >= 300 && KINDS.every((kind) => kinds.has(kind)) && isPlayed;
if (!isSeen)
  say(`only ${[...kinds].join(', ')} at ${points.size} calls of the real app were seen: the watching is broken`);
process.exitCode = isSeen && orphans + overruns + unauthorized + notConverged === 0 ? 0 : 1;
