// `breakglass apply`: makes the access of one authorized grant by hand, by the same engine and the same check as the app.
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { wholeSeconds } from '../core/instant.ts';
import { endOf } from '../core/ledger/ends.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { relative } from '../github/text.ts';
import type { Cli } from './cli.ts';
import { configured } from './configured.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import type { Operator } from './operator.ts';
import { progressLog } from './progress-log.ts';
import type { Terminal } from './terminal.ts';

type ApplyOptions = { readonly grant: string; readonly preview?: true; readonly json?: true };

export function addApply(program: Command, cli: Cli): void {
  const command = program
    .command('apply')
    .description(
      "make the access of one authorized grant by hand, when the app is down. Runs with the app's environment",
    )
    .requiredOption('--grant <id>', 'the grant; without a valid authorization it is refused')
    .option('--preview', 'only show what Pulumi would do')
    .option('--json', 'print JSON')
    .action((options: ApplyOptions) => cli.run(() => apply(configured(process.env), options, cli.terminal)));
  addExamples(command, [
    ['apply --grant 2026-11-22-payments-db-down --preview', 'what would be made or changed'],
    ['apply --grant 2026-11-22-payments-db-down', 'make it, and have AWS confirm it'],
  ]);
}

export async function apply(config: Config, options: ApplyOptions, terminal: Terminal): Promise<ExitCode> {
  const { openOperator, newestLedger, grantOrRefuse } = await import('./operator.ts');
  const log = progressLog(terminal, config.logLevel);
  const operator = await openOperator(config, log);
  try {
    const ledger = await newestLedger(operator.context, log);
    const entry = grantOrRefuse(ledger, options.grant);
    const end = endOf(entry, ledger.policy.value, operator.context.github.now());
    if (end !== null)
      throw refusal(
        EXIT.attention,
        `"${entry.id}" has ended: ${end.sentence}. Nothing revives: ask anew under another id.`,
      );
    return options.preview
      ? await preview(operator, entry, options, terminal)
      : await make(operator, entry, options, terminal);
  } finally {
    await operator.close();
  }
}

async function preview(
  operator: Operator,
  entry: GrantEntry,
  options: ApplyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const steps: string[] = [];
  const outcome = await operator.engine.preview({
    grantId: entry.id,
    accountId: entry.resolved.accountId,
    signal: operator.signal,
    onProgress: (progress) => {
      if (progress.kind === 'step') steps.push(progress.text);
    },
  });
  if (outcome.kind !== 'done')
    throw refusal(outcome.kind === 'refused' ? EXIT.attention : EXIT.unavailable, outcome.reason);
  if (options.json) terminal.out(JSON.stringify({ grant: entry.id, preview: steps }, null, 2));
  else if (steps.length === 0) terminal.out(`${entry.id}: nothing to do; AWS holds what was signed.`);
  else for (const line of [`${entry.id}: Pulumi would be`, ...steps.map((step) => `  ${step}`)]) terminal.out(line);
  return EXIT.ok;
}

/** The reconciler asks AWS too, and throws unless AWS itself has confirmed the access. */
async function make(
  operator: Operator,
  entry: GrantEntry,
  options: ApplyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { reconcileGrant } = await import('../reconcile/access.ts');
  const { context, signal } = operator;
  await reconcileGrant(context, entry.id, signal);
  if (context.memory.confirmed.get(entry.id) !== entry.resolved.deadline) {
    const revoked = context.memory.revoked.get(entry.id);
    throw refusal(EXIT.attention, `"${entry.id}" was not granted: ${revoked ?? 'AWS does not confirm it'}`);
  }
  const deadline = wholeSeconds(entry.deadline);
  if (options.json) terminal.out(JSON.stringify({ grant: entry.id, outcome: 'active', deadline }, null, 2));
  else
    terminal.out(
      `${entry.id}: active until ${deadline} (${relative(entry.deadline, context.github.now())}), confirmed by AWS.`,
    );
  return EXIT.ok;
}
