// `breakglass expire`: one pass of endings by hand or by cron, when the app is down: destroyed, and proved by AWS.
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { type End, endOf } from '../core/ledger/ends.ts';
import type { Context } from '../reconcile/context.ts';
import type { Cli } from './cli.ts';
import { configured } from './configured.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { progressLog } from './progress-log.ts';
import { shown, type Terminal } from './terminal.ts';

type ExpireOptions = { readonly dryRun?: true; readonly json?: true };

type Ended = { readonly id: string; readonly end: End };
type Result = {
  readonly grant: string;
  readonly end: string;
  readonly outcome: 'removed' | 'failed' | 'due';
  readonly detail: string;
};

export function addExpire(program: Command, cli: Cli): void {
  const command = program
    .command('expire')
    .description(
      "end every grant that is due, by hand or by cron, when the app is down. Runs with the app's environment; needs no GitHub",
    )
    .option('--dry-run', 'only say which grants are due')
    .option('--json', 'print JSON')
    .action((options: ExpireOptions) => cli.run(() => expire(configured(process.env), options, cli.terminal)));
  addExamples(command, [
    ['expire --dry-run', 'which grants are due'],
    ['expire', 'destroy them and have AWS prove it, a line each'],
  ]);
}

export async function expire(config: Config, options: ExpireOptions, terminal: Terminal): Promise<ExitCode> {
  const log = progressLog(terminal, config.logLevel);
  const { openOperator, collector } = await import('./operator.ts');
  if (options.dryRun) {
    const { assemble } = await import('../assemble.ts');
    const due = new Set<string>();
    const { context } = await assemble(config, log, collector(due));
    const results = (await findDue(context, due)).map(
      ({ id, end }): Result => ({ grant: id, end: end.sentence, outcome: 'due', detail: 'would be destroyed' }),
    );
    return say(results, options, terminal);
  }
  const operator = await openOperator(config, log);
  try {
    const ended = await findDue(operator.context, operator.due);
    const results = await Promise.all(ended.map((one) => endOne(operator.context, one, operator.signal)));
    return say(results, options, terminal);
  } finally {
    await operator.close();
  }
}

/** The app's own pass says what is to be looked at; of that, only what has ended is this command's business. */
async function findDue(context: Context, due: ReadonlySet<string>): Promise<readonly Ended[]> {
  const { pass } = await import('../reconcile/pass.ts');
  await pass(context);
  const ledger = await context.ledger();
  return [...ledger.grants.values()].flatMap((entry): Ended[] => {
    if (!due.has(`grant:${entry.id}`)) return [];
    const end = endOf(entry, ledger.policy.value, context.github.now(), context.memory.revoked.get(entry.id));
    return end === null ? [] : [{ id: entry.id, end }];
  });
}

async function endOne(context: Context, { id, end }: Ended, signal: AbortSignal): Promise<Result> {
  const { reconcileGrant } = await import('../reconcile/access.ts');
  try {
    await reconcileGrant(context, id, signal);
    const proof = context.memory.proven.get(id)?.proof ?? 'recorded already';
    return { grant: id, end: end.sentence, outcome: 'removed', detail: proof };
  } catch (error) {
    return {
      grant: id,
      end: end.sentence,
      outcome: 'failed',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

function say(results: readonly Result[], options: ExpireOptions, terminal: Terminal): ExitCode {
  if (options.json) terminal.out(JSON.stringify({ ended: results }, null, 2));
  else if (results.length === 0) terminal.out('No grant is due.');
  else
    for (const one of results) terminal.out(`${one.grant}: ${one.outcome}  (${shown(one.end)})  ${shown(one.detail)}`);
  return results.some((one) => one.outcome === 'failed') ? EXIT.unavailable : EXIT.ok;
}
