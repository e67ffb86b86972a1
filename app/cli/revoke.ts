// `breakglass revoke`: denies a grant's access in AWS at once, with the operator's own credentials and nothing of the app.
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { endedPolicy } from '../../pulumi/statements.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { singleLine } from '../core/record/trailers.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { addLedgerOptions, defaultRepository, givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';
import type { Terminal } from './terminal.ts';

type RevokeOptions = LedgerOptions & { readonly reason: string; readonly arn?: string; readonly json?: true };

export function addRevoke(program: Command, cli: Cli): void {
  const command = addLedgerOptions(program.command('revoke'), defaultRepository(process.env))
    .description('end a grant now: Deny * in AWS by your own credentials, live sessions included. Never undone')
    .argument('<id>', 'the grant')
    .requiredOption('--reason <text>', 'why; stands in a tag in AWS and in the record of the removal', reason)
    .option('--arn <arn>', 'its permission set, where looking it up takes too long')
    .option('--json', 'print JSON')
    .action((id: string, options: RevokeOptions) => cli.run(() => revoke(id, options, cli.terminal)));
  addExamples(command, [
    [
      'revoke 2026-11-22-payments-db-down --reason "laptop stolen"',
      'by the mirror of the app or the clone in this folder',
    ],
    ['revoke 2026-11-22-payments-db-down --reason "laptop stolen" --repo ~/access', 'by a clone'],
  ]);
}

async function revoke(id: string, options: RevokeOptions, terminal: Terminal): Promise<ExitCode> {
  const { folded } = await sourceLedger(options, givenRoot(options));
  const entry = folded.ledger.grants.get(id);
  if (entry === undefined)
    throw refusal(
      EXIT.attention,
      `the ledger at commit ${folded.ledger.tip} has no grant "${id}": bring the clone up to date, and look with \`breakglass audit\``,
    );
  const { resolved } = entry;
  const { operatorCenter } = await import('./grant-access.ts');
  const center = operatorCenter(resolved, process.env);
  terminal.note(`Looking for permission set ${resolved.permissionSetName} …`);
  const arn = options.arn ?? (await center.find(resolved.permissionSetName))?.arn;
  if (arn === undefined) return nothingThere(entry, options, terminal);
  terminal.note(`Denying ${arn} in account ${resolved.accountId} …`);
  const at = terminal.now();
  const phrase = `revoked by operator ${operatorName()} ${wholeSeconds(at)}: ${options.reason}`;
  await center.deny({ arn, accountId: resolved.accountId, reason: phrase, policy: endedPolicy() });
  if (options.json)
    terminal.out(JSON.stringify({ grant: id, outcome: 'denied', arn, at: at.toISOString(), reason: phrase }, null, 2));
  else for (const line of follows(entry, arn)) terminal.out(line);
  return EXIT.ok;
}

function follows({ id, resolved }: GrantEntry, arn: string): string[] {
  return [
    `Denied: ${id}. From now on AWS refuses every call that is signed with ${resolved.permissionSetName} in account ${resolved.accountName} (${resolved.accountId}), live sessions included.`,
    `The end is written into AWS (tag breakglass:ended of ${arn}) and cannot be undone.`,
    'What follows: the app sees the tag at its next pass, destroys the access, proves it, and removes the file by a pull request.',
    `If the app is down: \`breakglass expire\` destroys and proves it. To look: \`breakglass status ${id}\`.`,
  ];
}

function nothingThere({ id, resolved }: GrantEntry, options: RevokeOptions, terminal: Terminal): ExitCode {
  const sentence = `AWS holds no permission set ${resolved.permissionSetName}: there is nothing to deny. If "${id}" is still being granted, delete grants/${id}.yaml by a pull request or comment /revoke on its request, and run this again.`;
  if (options.json) terminal.out(JSON.stringify({ grant: id, outcome: 'absent' }, null, 2));
  else terminal.out(sentence);
  return EXIT.attention;
}

/** A hint for people; who it really was stands in CloudTrail. Letters and digits only, so that it can pose as nothing else. */
function operatorName(): string {
  return (
    userInfo()
      .username.replace(/[^A-Za-z0-9_-]/g, '')
      .slice(0, 32) || 'unknown'
  );
}

function reason(text: string): string {
  const flat = singleLine(text);
  if (flat === '-') throw new InvalidArgumentError('Write why, in a few words.');
  return flat;
}
