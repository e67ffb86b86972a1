// `breakglass keys new`: a key pair that signs authorizations; the private half goes into a file and nowhere else.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { keyFingerprint } from '../core/policy/fingerprint.ts';
import { rawPublicKey } from '../core/record/authorization.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

type KeysOptions = { readonly out: string; readonly id?: string; readonly first: number; readonly json?: true };

export function addKeys(program: Command, cli: Cli): void {
  const keys = program.command('keys').description('keys by which the app signs its authorizations');
  const made = keys
    .command('new')
    .description('make an Ed25519 key pair: the private key into a file, the entry for policies/keys.yaml to stdout')
    .option('--out <file>', 'file of the private key (mode 0600); must not exist', 'breakglass-signing-key.pem')
    .option('--id <id>', 'id in policies/keys.yaml (default: year and month, e.g. 2026-11)', keyId)
    .option('--first <position>', 'first ledger position in which it may sign; 0 is the genesis commit', position, 0)
    .option('--json', 'print JSON')
    .action((options: KeysOptions) => cli.run(async () => newKey(options, cli.terminal)));
  addExamples(made, [
    ['keys new', 'the first key of a new access repository'],
    ['keys new --out /secure/next.pem --id 2027-05 --first 4200', 'the next key, from ledger position 4200 on'],
  ]);
}

function newKey(options: KeysOptions, terminal: Terminal): ExitCode {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = resolve(options.out);
  writePrivate(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const key = rawPublicKey(publicKey);
  const fingerprint = keyFingerprint(key);
  const id = options.id ?? terminal.now().toISOString().slice(0, 7);
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

/** `wx`: neither an older key nor a terminal (/dev/tty, /dev/stdout exist) is ever written to. */
function writePrivate(file: string, pem: string): void {
  try {
    writeFileSync(file, pem, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EEXIST' ? 'it exists already, and a key is never overwritten' : code;
    throw refusal(EXIT.usage, `the private key cannot be written to ${file}: ${why}. Name another file with --out.`);
  }
}

function keyId(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(text))
    throw new InvalidArgumentError('Write lower-case letters, digits and hyphens, at most 63.');
  return text;
}

function position(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number; 0 is the genesis commit.');
  return Number(text);
}
