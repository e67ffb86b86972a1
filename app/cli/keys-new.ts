// `breakglass keys new`: the first key of an access repository, or one to be brought in by hand.
import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { defaultKeyId, keyId, makeSigningKey } from './signing-key.ts';
import type { Terminal } from './terminal.ts';

type NewOptions = { readonly out: string; readonly id?: string; readonly first: number; readonly json?: true };

export function addKeysNew(keys: Command, cli: Cli): void {
  const command = keys
    .command('new')
    .description('make an Ed25519 key pair: the private key into a file, the entry for policies/keys.yaml to stdout')
    .option('--out <file>', 'file of the private key (mode 0600); must not exist', 'breakglass-signing-key.pem')
    .option('--id <id>', 'id in policies/keys.yaml (default: year and month, e.g. 2026-11)', keyId)
    .option('--first <position>', 'first ledger position in which it may sign; 0 is the genesis commit', position, 0)
    .option('--json', 'print JSON')
    .action((options: NewOptions) => cli.run(async () => newKey(options, cli.terminal)));
  addExamples(command, [
    ['keys new', 'the first key of a new access repository'],
    ['keys new --out /secure/next.pem --id 2027-05 --first 4200', 'another key, from ledger position 4200 on'],
  ]);
}

function newKey(options: NewOptions, terminal: Terminal): ExitCode {
  const { key, fingerprint, file } = makeSigningKey(options.out);
  const id = options.id ?? defaultKeyId(terminal.now());
  const { first } = options;
  if (options.json) {
    terminal.out(JSON.stringify({ id, key, first, fingerprint, file }, null, 2));
    return EXIT.ok;
  }
  terminal.note(
    `The private key is in ${file}. Keep it where only the app can read it: BREAKGLASS_SIGNING_KEY_FILE=${file}`,
  );
  terminal.out('# Entry for policies/keys.yaml:');
  terminal.out(`- { id: ${id}, key: ${key}, first: ${first} }`);
  terminal.out("# Fingerprint for the app's configuration, when the key stands in the genesis commit:");
  terminal.out(`BREAKGLASS_KEY_FINGERPRINTS=${fingerprint}`);
  return EXIT.ok;
}

function position(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number; 0 is the genesis commit.');
  return Number(text);
}
