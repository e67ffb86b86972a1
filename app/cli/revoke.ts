// `breakglass revoke`: denies a grant's access in AWS at once, with the operator's own credentials and nothing of the app.
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { endedPolicy } from '../../pulumi/statements.ts';
import { parseDuration } from '../core/grant/duration.ts';
import { wholeSeconds } from '../core/instant.ts';
import type { GrantEntry } from '../core/ledger/ledger.ts';
import { singleLine } from '../core/record/trailers.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { addLedgerOptions, defaultRepository, givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';
import { type Left, leaveOrder } from './revoke-data.ts';
import { type ManyOptions, release, revokeMany } from './revoke-many.ts';
import type { Terminal } from './terminal.ts';

type OneOptions = LedgerOptions & { readonly reason: string; readonly arn?: string; readonly json?: true };
type RevokeOptions = OneOptions & ManyOptions;

export function addRevoke(program: Command, cli: Cli): void {
  const command = addLedgerOptions(program.command('revoke'), defaultRepository(process.env))
    .description(
      'end a grant now, or all of somebody in a compromise: Deny * in AWS by your own credentials, live sessions included. Never undone',
    )
    .argument('[id]', 'the grant')
    .requiredOption('--reason <text>', 'why; stands in a tag in AWS and in the record of the removal', reason)
    .option('--person <login>', 'every live grant of this person (login or numeric id)')
    .option('--account <name>', 'every live grant in this account (name or 12 digits)')
    .option('--all', 'every live grant')
    .option('--hold <duration>', 'for so long nothing new is granted to them; 0 for not at all', seconds, 900)
    .option('--release', 'end a hold before its time and nothing else; what was ended stays ended')
    .option('--watch <duration>', 'for so long look again whether a grant was under way', seconds, 30)
    .option('--yes', 'do not ask')
    .option('--arn <arn>', 'its permission set, where looking it up takes too long')
    .option('--json', 'print JSON')
    .action((id: string | undefined, options: RevokeOptions) => cli.run(() => chosen(id, options, cli.terminal)));
  addExamples(command, [
    [
      'revoke 2026-11-22-payments-db-down --reason "laptop stolen"',
      'by the mirror of the app or the clone in this folder',
    ],
    ['revoke 2026-11-22-payments-db-down --reason "laptop stolen" --repo ~/access', 'by a clone'],
    ['revoke --person octocat --reason "laptop stolen"', 'all that octocat has, and nothing new for 15 minutes'],
    [
      'revoke --account prod-payments --reason "INC-7" --yes --hold 2h',
      'all in one account, unasked, held for two hours',
    ],
    ['revoke --all --reason "app host compromised" --yes --json', 'everybody, for a script'],
    [
      'revoke --person octocat --release --reason "false alarm"',
      'end a hold before its time; what was ended stays ended',
    ],
  ]);
}

/** Exactly one of them: "all" beside a name would be a guess about the most that can be ended. */
function chosen(id: string | undefined, options: RevokeOptions, terminal: Terminal): Promise<ExitCode> {
  const given = [id, options.person, options.account, options.all].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw refusal(EXIT.usage, 'Name what to end: one grant, or --person, --account or --all; one of them.');
  if (id !== undefined) return revoke(id, options, terminal);
  if (options.release) return release(options, terminal);
  return revokeMany(options, (at) => phraseOf(at, options.reason), terminal);
}

async function revoke(id: string, options: OneOptions, terminal: Terminal): Promise<ExitCode> {
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
  const at = terminal.now();
  const phrase = phraseOf(at, options.reason);
  // The running app acts on it within seconds, also on a grant that it is making at this moment.
  const left = leaveOrder(process.env, { scopes: [], grants: [entry], phrase, at, until: at });
  terminal.note(`Looking for permission set ${resolved.permissionSetName} …`);
  const arn = options.arn ?? (await center.find(resolved.permissionSetName, resolved.accountId))?.arn;
  if (arn === undefined) return nothingThere(entry, left, options, terminal);
  terminal.note(`Denying ${arn} in account ${resolved.accountId} …`);
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
    'What follows: the app sees it within seconds here, elsewhere at its next pass, destroys the access, proves it, and removes the file by a pull request.',
    `If the app is down: \`breakglass expire\` destroys and proves it. To look: \`breakglass status ${id}\`.`,
  ];
}

function nothingThere({ id, resolved }: GrantEntry, left: Left, options: OneOptions, terminal: Terminal): ExitCode {
  const next =
    left.kind === 'left'
      ? 'If it is still being granted, the app stops that within seconds; look with `breakglass status`.'
      : `If "${id}" is still being granted, delete grants/${id}.yaml by a pull request or comment /revoke on its request, and run this again.`;
  const sentence = `AWS holds no permission set ${resolved.permissionSetName}: there is nothing to deny. ${next}`;
  if (options.json) terminal.out(JSON.stringify({ grant: id, outcome: 'absent' }, null, 2));
  else terminal.out(sentence);
  return EXIT.attention;
}

function phraseOf(at: Date, why: string): string {
  return `revoked by operator ${operatorName()} ${wholeSeconds(at)}: ${why}`;
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

function seconds(text: string): number {
  const parsed = text === '0' ? 0 : parseDuration(text);
  if (parsed === null || parsed > LONGEST_HOLD)
    throw new InvalidArgumentError('Write a duration up to 7d, such as 15m; 0 for none.');
  return parsed;
}

const LONGEST_HOLD = 7 * 86_400;
