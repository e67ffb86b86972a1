// `breakglass keys list`: the keys of the policy in force, which of them may sign next, and which one the app holds.
import type { Command } from 'commander';
import { readSigningKey } from '../config.ts';
import { keyFingerprint } from '../core/policy/fingerprint.ts';
import { fingerprintOf, maySign } from '../core/record/authorization.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { addLedgerOptions, defaultRepository, givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

type ListOptions = LedgerOptions & { readonly json?: true };

type Listed = {
  readonly id: string;
  readonly fingerprint: string;
  readonly first: number;
  readonly last: number | null;
  /** At the next position. */
  readonly maySign: boolean;
  readonly configured: boolean;
};

export function addKeysList(keys: Command, cli: Cli): void {
  const command = addLedgerOptions(keys.command('list'), defaultRepository(process.env))
    .description('list the keys of the policy in force: their spans, which may sign next, which one the app holds')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => cli.run(() => list(options, cli.terminal)));
  addExamples(command, [
    ['keys list', "by the app's mirror or the clone in this folder; with the app's environment it names its own key"],
    ['keys list --repo ~/access --json', 'by a clone, for machines'],
  ]);
}

async function list(options: ListOptions, terminal: Terminal): Promise<ExitCode> {
  const own = configuredFingerprint(process.env);
  const { folded } = await sourceLedger(options, givenRoot(options));
  const { position, policy } = folded.ledger;
  const next = position + 1;
  const keys = policy.value.keys.map((one): Listed => {
    const fingerprint = keyFingerprint(one.key);
    const { id, first, last = null } = one;
    return { id, fingerprint, first, last, maySign: maySign(one, next), configured: fingerprint === own };
  });
  const configured = keys.find((one) => one.configured);
  if (options.json) {
    const mine = own === null ? null : { fingerprint: own, id: configured?.id ?? null };
    terminal.out(JSON.stringify({ position, next, policy: policy.commit, configured: mine, keys }, null, 2));
  } else for (const line of lines(keys, next)) terminal.out(line);
  if (own !== null && configured === undefined && !options.json)
    terminal.out(`The app's private key (fingerprint ${own}) is none of these: it can sign nothing.`);
  if (configured?.maySign === false && !options.json)
    terminal.out(`The app's private key "${configured.id}" may not sign at position ${next}: nothing can be granted.`);
  return own !== null && configured?.maySign !== true ? EXIT.attention : EXIT.ok;
}

function lines(keys: readonly Listed[], next: number): readonly string[] {
  const columns = ['KEY', 'FIRST', 'LAST', `MAY SIGN AT ${next}`, "THE APP'S", 'FINGERPRINT'];
  const rows = keys.map((one) => [
    one.id,
    String(one.first),
    one.last === null ? '' : String(one.last),
    one.maySign ? 'yes' : 'no',
    one.configured ? 'yes' : '',
    one.fingerprint,
  ]);
  return table(
    columns.map((title) => ({ title, rigid: true })),
    rows,
  );
}

/** Null where the environment names no private key. */
function configuredFingerprint(env: NodeJS.ProcessEnv): string | null {
  const read = readSigningKey(env);
  if (read.kind === 'invalid') throw refusal(EXIT.usage, read.problems.join('\n'));
  if (read.pem === null) return null;
  const fingerprint = fingerprintOf(read.pem);
  if (fingerprint === null)
    throw refusal(
      EXIT.usage,
      'BREAKGLASS_SIGNING_KEY is not an Ed25519 private key in PEM. breakglass keys new makes one',
    );
  return fingerprint;
}
