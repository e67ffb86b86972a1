// Evidence that is not whole is refused by the name of what it lacks, and plain data is refused rather than guessed at.
import { describe, expect, test } from 'vitest';
import { readEvidence, writeEvidence } from '../../../app/core/decision/evidence.ts';
import { fromPlain, toPlain } from '../../../app/core/decision/plain.ts';
import { facts } from './facts-builder.ts';

const written: unknown = JSON.parse(
  JSON.stringify(
    writeEvidence({
      repository: { owner: 'acme', name: 'access' },
      seen: { tip: 'a', mergeBase: null, answers: { teams: [], people: [] } },
      facts: facts(),
    }),
  ),
);

type Bag = Record<string, unknown>;
const whole = () => structuredClone(written) as Bag & { facts: Bag; seen: Bag };

function reason(change: (evidence: ReturnType<typeof whole>) => void): string {
  const evidence = whole();
  change(evidence);
  const read = readEvidence(evidence);
  return read.kind === 'unusable' ? read.reason : read.kind;
}

test('the whole of it is evidence', () => {
  expect(reason(() => {})).toBe('evidence');
});

describe('what is missing or of another kind is named', () => {
  const LISTS = ['comments', 'reviews', 'pushes', 'teamProblems'];
  const RECORDS = ['pull', 'configured', 'self', 'change', 'ledger'];
  const RECORDS_OR_NULL = ['grantFile', 'inlinePolicy', 'mergedPolicy'];
  const TIMES = ['now'];
  const TIMES_OR_NULL = ['reopenedAt'];
  const MAPS = ['removals'];
  const all = [...LISTS, ...RECORDS, ...RECORDS_OR_NULL, ...TIMES, ...TIMES_OR_NULL, ...MAPS];

  test.each(all)('%s', (key) => {
    const words = `facts.${key} is missing or not of its kind`;
    const without = reason((evidence) => {
      delete evidence.facts[key];
    });
    expect(without).toBe(words);
    for (const wrong of [7, 'text', true])
      expect(reason(({ facts: bag }) => Object.assign(bag, { [key]: wrong }))).toBe(words);
    const empty = (value: unknown) => reason(({ facts: bag }) => Object.assign(bag, { [key]: value }));
    expect(empty([]) === words).toBe(!LISTS.includes(key));
    expect(empty(null) === words).toBe(![...RECORDS_OR_NULL, ...TIMES_OR_NULL].includes(key));
    expect(empty({}) === words).toBe(![...RECORDS, ...RECORDS_OR_NULL].includes(key));
    expect(empty({ $map: [] }) === words).toBe(![...RECORDS, ...RECORDS_OR_NULL, ...MAPS].includes(key));
  });

  test.each(['repository', 'seen', 'revoked', 'facts'])('%s', (key) => {
    const words = 'repository, seen, revoked or facts is missing';
    expect(reason((evidence) => void delete evidence[key])).toBe(words);
    expect(reason((evidence) => Object.assign(evidence, { [key]: 'text' }))).toBe(words);
    expect(reason((evidence) => Object.assign(evidence, { [key]: [] }))).toBe(words);
  });

  test.each(['teams', 'people'])('seen.answers.%s', (key) => {
    const words = 'seen.answers is missing or not of its kind';
    expect(reason(({ seen }) => Object.assign(seen, { answers: { teams: [], people: [], [key]: 'text' } }))).toBe(
      words,
    );
    expect(reason(({ seen }) => Object.assign(seen, { answers: 'text' }))).toBe(words);
  });

  test('another format, and no object at all', () => {
    const format = 'its format is not 1; breakglass explain --json writes that';
    expect(reason((evidence) => Object.assign(evidence, { format: 2 }))).toBe(format);
    for (const json of [null, [], 'text', 7])
      expect(readEvidence(json)).toEqual({ kind: 'unusable', reason: 'it is no JSON object' });
  });
});

test('who was revoked is asked by grant', () => {
  const evidence = whole();
  evidence.revoked = { $map: [['first', 'revoked by octocat']] };
  const read = readEvidence(evidence);
  if (read.kind === 'unusable') throw new Error(read.reason);
  const { revoked } = read.evidence.facts;
  expect([revoked?.('first'), revoked?.('second')]).toEqual(['revoked by octocat', undefined]);
});

describe('plain data', () => {
  test.each<readonly [unknown, unknown]>([
    [new Date(0), { $time: '1970-01-01T00:00:00.000Z' }],
    [new Map([['a', new Set([1])]]), { $map: [['a', { $set: [1] }]] }],
    [{ $time: 'x' }, { $object: [['$time', 'x']] }],
    [{ a: undefined, b: null }, { b: null }],
    [
      [true, 'x', 1.5],
      [true, 'x', 1.5],
    ],
  ])('%j is written as %j', (value, plain) => {
    expect(toPlain(value)).toEqual(plain);
  });

  test.each<readonly [unknown, string]>([
    [{ $time: 'never' }, '"$time" holds no time'],
    [{ $time: 7 }, '"$time" holds no time'],
    [{ $map: {} }, 'a marked value must be a list'],
    [{ $set: 'ab' }, 'a marked value must be a list'],
    [{ $map: [['a']] }, 'a pair has a key and a value'],
    [{ $map: [['a', 1, 2]] }, 'a pair has a key and a value'],
    [{ $other: [] }, '"$other" is no mark of this format'],
  ])('%j is refused', (json, words) => {
    expect(() => fromPlain(json)).toThrow(words);
  });

  test.each<readonly [unknown, string]>([
    [undefined, 'a undefined is no plain data'],
    [Number.POSITIVE_INFINITY, 'a number is no plain data'],
    [Uint8Array.of(1), 'a object is no plain data'],
    [() => 1, 'a function is no plain data'],
  ])('%s is no data', (value, words) => {
    expect(() => toPlain(value)).toThrow(words);
  });
});
