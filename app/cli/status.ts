// `breakglass status`: what was signed beside what AWS holds, for one grant or for all that have not ended.
import type { Command } from 'commander';
import { type Life, lifeOf } from '../audit/life.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry, Ledger } from '../core/ledger/ledger.ts';
import { relative } from '../github/text.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import type { Held } from './grant-access.ts';
import { addLedgerOptions, defaultRepository, givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';
import { appLines, appStatus, needsAttention, savedFor } from './status-app.ts';
import { proofsOf, savedProofs } from './status-proofs.ts';
import { type StatusLine, statusLines } from './status-text.ts';
import type { Terminal } from './terminal.ts';

type StatusOptions = LedgerOptions & { readonly json?: true };

export function addStatus(program: Command, cli: Cli): void {
  const command = addLedgerOptions(program.command('status'), defaultRepository(process.env))
    .description('what the ledger says and what AWS holds, for one grant or all that have not ended. Needs no GitHub')
    .argument('[id]', 'a grant')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: StatusOptions) => cli.run(() => status(id, options, cli.terminal)));
  addExamples(command, [
    [
      'status',
      'what is active or ending, by the mirror of the app or the clone in this folder; on its machine, its alarms too',
    ],
    ['status 2026-11-22-payments-db-down --repo ~/access', 'one grant, by a clone, with AWS credentials of your own'],
  ]);
}

async function status(id: string | undefined, options: StatusOptions, terminal: Terminal): Promise<ExitCode> {
  const { folded } = await sourceLedger(options, givenRoot(options));
  const { ledger } = folded;
  const now = terminal.now();
  const saved = savedFor(options.repo, process.env);
  const lines = await Promise.all(
    chosen(ledger, id, now).map(async ({ entry, life }) => ({
      ...(await ask(entry, life, now)),
      proofs: proofsOf(life, savedProofs(saved, entry.id)),
    })),
  );
  const app = saved === null ? null : appStatus(saved, now);
  if (options.json) terminal.out(JSON.stringify({ tip: ledger.tip, grants: lines, ...concerns(ledger), app }, null, 2));
  else
    for (const line of [
      ...statusLines(lines, { ...concerns(ledger), tip: ledger.tip, detailed: id !== undefined, terminal }),
      ...appLines(app, terminal),
    ])
      terminal.out(line);
  if (lines.some((line) => line.aws.kind === 'unknown')) return EXIT.unavailable;
  const { strays, policyDiverged } = concerns(ledger);
  const unexpected = strays.length > 0 || policyDiverged || lines.some((line) => !line.expected);
  return unexpected || (app !== null && needsAttention(app)) ? EXIT.attention : EXIT.ok;
}

function chosen(ledger: Ledger, id: string | undefined, now: Date) {
  const all = [...ledger.grants.values()].map((entry) => ({ entry, life: lifeOf(entry, ledger.policy.value, now) }));
  if (id === undefined) return all.filter(({ life }) => life.state === 'active' || life.state === 'ending');
  const found = all.filter(({ entry }) => entry.id === id);
  if (found.length > 0) return found;
  const stray = ledger.strays.find((one) => one.id === id);
  const why =
    stray === undefined ? 'the ledger has no grant of this id' : `its file was never authorized: ${stray.reason}`;
  throw refusal(EXIT.attention, `no access was ever granted as "${id}": ${why}`);
}

async function ask(entry: GrantEntry, life: Life, now: Date): Promise<Omit<StatusLine, 'proofs'>> {
  const { askHeld, operatorCenter } = await import('./grant-access.ts');
  const aws = await askHeld(operatorCenter(entry.resolved, process.env), entry.resolved);
  return {
    id: entry.id,
    requester: entry.record.requester.login,
    role: entry.resolved.role,
    account: entry.resolved.accountName,
    permissionSet: entry.resolved.permissionSetName,
    startedAt: wholeSeconds(entry.startedAt),
    deadline: wholeSeconds(entry.deadline),
    relative: relative(entry.deadline, now),
    state: life.state,
    end: life.end,
    pullRequests: entry.pulls,
    aws,
    expected: isExpected(life, aws),
  };
}

/** What is signed and lives is there as signed; what has ended is not. */
function isExpected(life: Life, aws: Held): boolean {
  return life.state === 'active' ? aws.kind === 'as-signed' : aws.kind === 'absent';
}

function concerns(ledger: Ledger) {
  const strays = ledger.strays.map(({ path, commit, reason }) => ({ path, commit, reason }));
  return { strays, policyDiverged: ledger.policyDiverged, alarms: ledger.alarms.length };
}
