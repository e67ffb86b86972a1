// What Vitest's JSON report says: how many tests passed and failed, and which were not run. A program prints it: `node test/outcome.ts FILE`.
import { readFileSync } from 'node:fs';

export type Outcome = {
  readonly passed: number;
  readonly failed: number;
  /** Skipped, opt-in or still to be written: named, so that nothing is left out silently. */
  readonly notRun: readonly string[];
};

type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
};

export function outcomeOf(report: Report): Outcome {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const failures = tests.filter((one) => one.status === 'failed').length;
  // A file that does not even load has no test that could fail; it counts as one failure.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  );
  return {
    passed: tests.filter((one) => one.status === 'passed').length,
    failed: failures + broken.length,
    notRun: tests.filter((one) => one.status !== 'passed' && one.status !== 'failed').map((one) => one.fullName.trim()),
  };
}

const [, program, file] = process.argv;
if (program === import.meta.filename && file !== undefined) {
  const { passed, failed } = outcomeOf(JSON.parse(readFileSync(file, 'utf8')) as Report);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}
