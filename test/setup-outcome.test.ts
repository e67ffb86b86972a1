// How the closing line of a test run counts: what did not load is a failure, what was not run is named.
import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome.ts';

const test = (fullName: string, status: string) => ({ fullName, status });
const file = (status: string, ...assertionResults: readonly { fullName: string; status: string }[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults,
});

describe('the outcome of a test run', () => {
  it.each([
    ['all passed', [file('passed', test('a', 'passed'), test('b', 'passed'))], { passed: 2, failed: 0, notRun: [] }],
    ['one failed', [file('failed', test('a', 'passed'), test('b', 'failed'))], { passed: 1, failed: 1, notRun: [] }],
    [
      'a file that does not load',
      [file('failed'), file('passed', test('a', 'passed'))],
      { passed: 1, failed: 1, notRun: [] },
    ],
    [
      'a hook that failed after its tests passed',
      [file('failed', test('a', 'passed'))],
      { passed: 1, failed: 1, notRun: [] },
    ],
    [
      'not run',
      [file('passed', test('a', 'passed'), test(' real AWS', 'skipped'), test('later', 'todo'))],
      { passed: 1, failed: 0, notRun: ['real AWS', 'later'] },
    ],
    ['nothing at all', [], { passed: 0, failed: 0, notRun: [] }],
  ])('%s', (_, testResults, expected) => {
    expect(outcomeOf({ testResults })).toEqual(expected);
  });
});
