// The end of each command's help: examples, and where exit codes are explained.
import type { Command } from 'commander';
import { exitCodeHelp } from './exit-codes.ts';

export type Example = readonly [command: string, what: string];

export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.flatMap(([line, what]) => [`  # ${what}`, `  breakglass ${line}`]);
  return command.addHelpText('after', ['', 'Examples:', ...lines, '', exitCodeHelp()].join('\n'));
}
