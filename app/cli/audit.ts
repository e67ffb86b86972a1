// `breakglass audit`: who had which access, when and approved by whom, read and verified from a clone, offline.
import { type Command, InvalidArgumentError } from 'commander';
import { type Audit, auditOf, verifies } from '../audit/report.ts';
import { auditLines } from './audit-text.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { addLedgerOptions, givenRoot, type LedgerOptions, type SourcedLedger, sourceLedger } from './ledger-source.ts';
import type { Terminal } from './terminal.ts';

type AuditOptions = LedgerOptions & {
  readonly at?: Date;
  readonly grant?: string;
  readonly verify?: true;
  readonly json?: true;
};

export function addAudit(program: Command, cli: Cli): void {
  const command = addLedgerOptions(program.command('audit'), '.')
    .description('list every grant of a clone: who, what, when, approved by whom, and what no authorization explains')
    .option('--at <time>', 'only grants with access at this time, e.g. 2026-11-22T04:00:00Z', time)
    .option('--grant <id>', 'only this grant')
    .option(
      '--verify',
      'check against a root you know (--root, --fingerprint, --repository-id); exit 1 if anything fails',
    )
    .option('--json', 'print JSON, with every approver, extension, reason and proof')
    .action((options: AuditOptions, self: Command) => cli.run(() => audit(options, self, cli.terminal)));
  addExamples(command, [
    ['audit', 'every grant of the clone in this folder'],
    ['audit --at 2026-11-22T04:00:00Z', 'who had access at four that night'],
    [
      'audit --verify --root <commit> --fingerprint <sha256> --repository-id 1296269',
      'does all of it chain to the root?',
    ],
    ['audit --json --grant 2026-11-22-payments-db-down', 'all that is known of one grant'],
  ]);
}

async function audit(options: AuditOptions, command: Command, terminal: Terminal): Promise<ExitCode> {
  const verify = options.verify === true;
  const given = verify ? givenRoot(options) : null;
  if (verify && given === null)
    throw refusal(
      EXIT.usage,
      '--verify needs a root that does not come from the clone itself: give --root, --fingerprint and --repository-id',
    );
  const ignored = ['root', 'fingerprint', 'repositoryId'].some((name) => command.getOptionValueSource(name) === 'cli');
  if (!verify && ignored)
    throw refusal(EXIT.usage, '--root, --fingerprint and --repository-id belong to --verify: add it');
  const source = await sourceLedger(options, given);
  const report = auditOf(source.folded, {
    now: terminal.now(),
    ...(options.at === undefined ? {} : { at: options.at }),
    ...(options.grant === undefined ? {} : { grant: options.grant }),
  });
  if (options.json) terminal.out(JSON.stringify(asJson(report, source), null, 2));
  else
    for (const line of auditLines(report, {
      source,
      terminal,
      ...(options.at === undefined ? {} : { at: options.at }),
    }))
      terminal.out(line);
  // Somebody asked for one grant, and there is none.
  const missing = options.grant !== undefined && report.grants.length === 0;
  return missing || (verify && !verifies(report)) ? EXIT.attention : EXIT.ok;
}

function asJson(report: Audit, { root, rootGiven }: SourcedLedger) {
  return { root, rootGiven, verified: rootGiven && verifies(report), ...report };
}

function time(text: string): Date {
  // Without a zone the same words would mean another time on another machine.
  const iso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;
  const at = new Date(text);
  if (!iso.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Write an ISO time with its zone, e.g. 2026-11-22T04:00:00Z.');
  return at;
}
