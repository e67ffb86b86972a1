// `npm run attacks`: plays every attack and prints how many were refused; with --json as one line.
import { playAttacks, WORLDS } from './all.ts';
import { playWorld } from './world.ts';

const json = process.argv.includes('--json');
const names = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (process.argv.includes('--apart')) await playOne(names[0] ?? '');
else await playAll();

/** For the process that plays them all: what was seen in one world, as JSON. */
async function playOne(name: string): Promise<void> {
  const world = WORLDS.find((one) => one.name === name);
  if (world === undefined) throw new Error(`there is no world "${name}"`);
  const played = JSON.stringify(await playWorld(world));
  await new Promise((resolve) => process.stdout.write(`${played}\n`, resolve));
  // Whatever of the doubles still keeps it running.
  process.exit(0);
}

async function playAll(): Promise<void> {
  const result = await playAttacks(names, say);
  const summary = { cases: result.cases, refused: result.refused, leaked: result.leaked };
  for (const line of result.problems) say(line);
  process.stdout.write(
    json
      ? `${JSON.stringify(summary)}\n`
      : `${result.cases} attacks: ${result.refused} refused as they must be, ${result.leaked} leaked; ${result.honest} honest cases beside them were granted.\n`,
  );
  process.exitCode = result.problems.length === 0 && result.cases === result.refused ? 0 : 1;
}
