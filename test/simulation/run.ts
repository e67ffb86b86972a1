// `npm run chaos`: every fault point of every life, one fault in each run; `--json` prints one line.
import { playChaos } from './chaos.ts';

const json = process.argv.includes('--json');
const chaos = await playChaos((line) => (json ? console.error(line) : console.log(line)));
const { faultPoints, runs, orphans, overruns, unauthorized, notConverged } = chaos;
if (json) console.log(JSON.stringify(chaos));
else
  console.log(
    `${runs} runs with a fault at one of ${faultPoints} points: ${orphans} left something, ${overruns} lasted too long, ${unauthorized} gave what nobody granted, ${notConverged} did not come to rest`,
  );
process.exitCode = orphans + overruns + unauthorized + notConverged === 0 ? 0 : 1;
