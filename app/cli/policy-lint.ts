// `breakglass policy lint`: what is wrong with a policy although it parses.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { inlineSize } from '../../pulumi/statements.ts';
import { lintPolicy } from '../core/policy/lint.ts';
import type { Finding, Members, TeamFacts } from '../core/policy/lint-finding.ts';
import { readMembers } from '../core/policy/lint-members.ts';
import { placesIn } from '../core/policy/lint-places.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { Cli } from './cli.ts';
import { configured } from './configured.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { NOT_PARSED, parsedOrTold, problemLine, readPolicySource } from './policy-source.ts';
import { progressLog } from './progress-log.ts';
import { shown, type Terminal } from './terminal.ts';

type LintOptions = {
  readonly repo: string;
  readonly ref?: string;
  readonly members?: string;
  readonly github?: true;
  readonly strict?: true;
  readonly json?: true;
};

export function addPolicyLint(policy: Command, cli: Cli): void {
  const command = policy
    .command('lint')
    .description('find rules that nobody can use, that let too much happen, or that can be got around')
    .option('--repo <dir>', 'an access repository', '.')
    .option('--ref <ref>', 'a branch or commit of it, in place of the files as they stand')
    .option('--members <file>', 'who is in which team, as YAML or JSON: { sre: [octocat, 480938] }')
    .option('--github', "ask GitHub who is in which team; runs with the app's environment")
    .option('--strict', 'exit 1 for warnings too')
    .option('--json', 'print JSON')
    .action((options: LintOptions) => cli.run(() => lint(options, cli.terminal)));
  addExamples(command, [
    ['policy lint', 'the files in this folder, as they stand'],
    ['policy lint --ref origin/main --members teams.yaml', 'a branch, and who is in its teams'],
    ['policy lint --github', 'the files in this folder, and who is in their teams on GitHub now'],
  ]);
}

async function lint(options: LintOptions, terminal: Terminal): Promise<ExitCode> {
  const json = options.json === true;
  const source = parsedOrTold(await readPolicySource(options.repo, options.ref), terminal, json);
  if (source === null) return NOT_PARSED;
  const teams = await teamFacts(options, source.policy, terminal);
  const findings = lintPolicy(source.policy, {
    place: placesIn(source.files),
    size: inlineSize,
    ...teams,
  });
  if (json) terminal.out(JSON.stringify({ from: source.from, findings }, null, 2));
  else tell(findings, source.from, terminal);
  const grave = findings.some(({ severity }) => severity === 'error' || options.strict === true);
  return grave ? EXIT.attention : EXIT.ok;
}

/** Empty where nobody asks: every team then counts as having somebody. */
async function teamFacts(options: LintOptions, policy: Policy, terminal: Terminal): Promise<Partial<TeamFacts>> {
  if (options.github !== true)
    return options.members === undefined ? {} : { members: givenMembers(options.members, policy) };
  if (options.members !== undefined) throw refusal(EXIT.usage, 'give --members or --github, not both');
  const config = configured(process.env);
  const [{ connectGitHub }, { readTeamFacts }] = await Promise.all([
    import('../github/octokit.ts'),
    import('../reconcile/team-facts.ts'),
  ]);
  const { owner, name, id: repositoryId } = config.repository;
  const { appId, privateKey, url: baseUrl } = config.github;
  const log = progressLog(terminal, config.logLevel);
  const github = await connectGitHub({ appId, privateKey, baseUrl, owner, name, repositoryId, log });
  return await readTeamFacts(github, policy);
}

function givenMembers(file: string, policy: Policy): Members {
  const parsed = readMembers(file, bytesOf(file), policy);
  if (parsed.kind === 'ok') return parsed.value;
  throw refusal(EXIT.usage, parsed.problems.map(problemLine).join('\n'));
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(EXIT.usage, `${file} cannot be read: ${why}. Name another file with --members.`);
  }
}

function tell(findings: readonly Finding[], from: string, terminal: Terminal): void {
  for (const { severity, file, line, code, sentence } of findings) {
    const tone = severity === 'error' ? 'red' : 'yellow';
    terminal.out(`${terminal.tone(tone, severity)} ${file}${line === 0 ? '' : `:${line}`} ${code}`);
    terminal.out(`  ${shown(sentence)}`);
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  terminal.out(`${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')} in ${shown(from)}.`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
