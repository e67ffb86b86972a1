// `breakglass policy`: what can be known of a policy before anybody asks for anything under it.
import type { Command } from 'commander';
import type { Cli } from './cli.ts';
import { addPolicyLint } from './policy-lint.ts';
import { addPolicyReplay } from './policy-replay.ts';
import { addPolicyTest } from './policy-test.ts';

export function addPolicy(program: Command, cli: Cli): void {
  const policy = program.command('policy').description('look at policies/ as code: lint, test, replay; offline');
  addPolicyLint(policy, cli);
  addPolicyTest(policy, cli);
  addPolicyReplay(policy, cli);
}
