// `npm run attacks`: plays every attack and prints how many were refused; with --json as one line.
import { playAttacks } from './all.ts';

const json = process.argv.includes('--json');
const names = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const result = await playAttacks(names, say);
const summary = { cases: result.cases, refused: result.refused, leaked: result.leaked };
for (const line of result.problems) say(line);
process.stdout.write(
  json
    ? `${JSON.stringify(summary)}\n`
    : `${result.cases} attacks: ${result.refused} refused as they must be, ${result.leaked} leaked; ${result.honest} honest cases beside them were granted.\n`,
);
process.exitCode = result.problems.length === 0 && result.cases === result.refused ? 0 : 1;
