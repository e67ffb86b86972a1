// `breakglass policy test`: runs policies/tests/*.yaml by the decision that judges pull requests.

import type { Command } from 'commander';
import { inlineSize } from '../../pulumi/statements.ts';
import {
  type PolicyTestResult,
  type PolicyTestRun,
  runPolicyTests,
  testsPass,
} from '../core/policy/policy-test-run.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { NOT_PARSED, parsedOrTold, problemLine, readPolicySource } from './policy-source.ts';
import { shown, type Terminal } from './terminal.ts';

type TestOptions = { readonly repo: string; readonly ref?: string; readonly json?: true };

export function addPolicyTest(policy: Command, cli: Cli): void {
  const command = policy
    .command('test')
    .description('run policies/tests/*.yaml: requests, their facts, and the verdicts that the policy must give')
    .option('--repo <dir>', 'an access repository', '.')
    .option('--ref <ref>', 'a branch or commit of it, in place of the files as they stand')
    .option('--json', 'print JSON')
    .action((options: TestOptions) => cli.run(() => test(options, cli.terminal)));
  addExamples(command, [
    ['policy test', 'the files in this folder, as they stand'],
    ['policy test --ref origin/main --json', 'a branch, for a program to read'],
  ]);
}

async function test(options: TestOptions, terminal: Terminal): Promise<ExitCode> {
  const json = options.json === true;
  const source = parsedOrTold(await readPolicySource(options.repo, options.ref), terminal, json);
  if (source === null) return NOT_PARSED;
  const run = runPolicyTests(source.policy, source.files, inlineSize);
  if (json) terminal.out(JSON.stringify({ from: source.from, passed: testsPass(run), ...run }, null, 2));
  else tell(run, source.from, terminal);
  // Whoever runs tests and has none should not read that all is well.
  return run.results.length > 0 && testsPass(run) ? EXIT.ok : EXIT.attention;
}

function tell(run: PolicyTestRun, from: string, terminal: Terminal): void {
  for (const one of run.problems) terminal.out(problemLine(one));
  for (const one of run.results) for (const line of resultLines(one, terminal)) terminal.out(line);
  const passed = run.results.filter((one) => one.passed).length;
  const summary = `${passed} of ${run.results.length} tests pass in ${shown(from)}.`;
  terminal.out(run.results.length === 0 ? `There are no tests in ${shown(from)}: write tests/<name>.yaml.` : summary);
}

function resultLines(result: PolicyTestResult, terminal: Terminal): string[] {
  const { passed, file, line, name, asked, expected, actual, why } = result;
  const place = passed ? file : `${file}:${line}`;
  const heading = `${terminal.tone(passed ? 'green' : 'red', passed ? 'ok  ' : 'FAIL')} ${place} ${shown(name)}`;
  if (passed) return [heading];
  const lines = [
    `asked     ${asked}`,
    `expected  ${expected}`,
    `actual    ${actual}`,
    ...why.map((one) => `          ${one}`),
  ];
  return [heading, ...lines.map((one) => `     ${shown(one).replace(/^ +/, '')}`)];
}
