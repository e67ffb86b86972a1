// Every life of a grant with one fault at one call: after at most two passes the right access and nothing else, one record.
// Here at the first call of each point, for time; `npm run chaos` plays the second as well.
import { describe, expect, test } from 'vitest';
import { faultsOf, playLife, seedOf } from './chaos.ts';
import { registry } from './faults.ts';
import { LIVES } from './lives.ts';

const points = new Set<string>();
let runs = 0;
const kills = { played: 0, judged: 0 };
const tooLate: string[] = [];

describe.each(LIVES)('$name', (life) => {
  test('ends as it should when nothing fails', async () => {
    expect((await playLife(life, null, seedOf(life, 599))).violations).toEqual([]);
  });

  test('and with each fault at the first call of each point', async () => {
    const wrong: string[] = [];
    for (const fault of await faultsOf(life, 1)) {
      points.add(fault.point);
      runs += 1;
      const { violations, isJudged, isTooLate } = await playLife(life, fault, fault.seed);
      if (isTooLate) tooLate.push(`${life.name}: ${fault.kind} at ${fault.point}`);
      if (fault.kind.startsWith('crash')) kills.played += 1;
      if (isJudged) kills.judged += 1;
      for (const { sentence } of violations)
        wrong.push(`${fault.kind} at call ${fault.after + 1} of ${fault.point}: ${sentence}`);
    }
    expect(wrong).toEqual([]);
  }, 300_000);
});

/** Declared by a port and not called in any life, each for a reason. */
const NOT_IN_ANY_LIFE: Readonly<Record<string, string>> = {
  'engine.close': 'only when the process is told to stop',
  'engine.preview': 'only a command asks for it',
  'engine.versions': 'only a command asks for it',
  'github.deleteComment': 'only where two comments were written',
  'github.issue': 'only where somebody closed the issue of the alarms',
  'github.token': 'for the git command, which the simulation does without',
  'provider.detach': 'only hands attach what is detached again, and the SDK does that',
  'provider.listSets': 'the state knows the one set of a stack',
  'sdk.assign': 'only the engine gives access',
  'sdk.attach': 'only the engine gives access',
  'sdk.createSet': 'only the engine gives access',
};

describe('the registry of fault points', () => {
  test('was filled by the lives themselves', () => {
    expect(points.size).toBeGreaterThanOrEqual(60);
    expect(runs).toBeGreaterThanOrEqual(2500);
  });

  test('and the access was judged after a restart and one pass, but where a hand meddled', () => {
    expect(kills.judged / kills.played).toBeGreaterThan(0.8);
  });

  test('and no access only after its own end, when whatever happened is right', () => {
    expect(tooLate).toEqual([]);
  });

  test('misses no verb of any port, but for those that are named', () => {
    const missed = [...registry.declared].filter((point) => !points.has(point)).sort();
    expect(missed).toEqual(Object.keys(NOT_IN_ANY_LIFE).sort());
  });
});
