// `breakglass keys rotate`: a new key, and the two pull requests that bring it in and put the old one out of use.
import type { Command } from 'commander';
import type { SigningKey } from '../core/policy/policy.ts';
import { maySign } from '../core/record/authorization.ts';
import type { Cli } from './cli.ts';
import { addExamples } from './examples.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { addLedgerOptions, defaultRepository, givenRoot, type LedgerOptions, sourceLedger } from './ledger-source.ts';
import { keyId, makeSigningKey, unusedKeyId } from './signing-key.ts';
import type { Terminal } from './terminal.ts';

type RotateOptions = LedgerOptions & { readonly out: string; readonly id?: string; readonly json?: true };

export function addKeysRotate(keys: Command, cli: Cli): void {
  const command = addLedgerOptions(keys.command('rotate'), defaultRepository(process.env))
    .description('make a new key and print the two pull requests that change to it, as whole policies/keys.yaml files')
    .requiredOption('--out <file>', 'file of the new private key (mode 0600); must not exist')
    .option('--id <id>', 'id in policies/keys.yaml (default: year and month, e.g. 2026-11)', keyId)
    .option('--json', 'print JSON')
    .action((options: RotateOptions) => cli.run(() => rotate(options, cli.terminal)));
  addExamples(command, [
    ['keys rotate --out /etc/breakglass/next.pem', 'a new key; what is to be done with it goes to stdout'],
    ['keys rotate --out next.pem --id 2027-05 --repo ~/access', 'with an id of your own, by a clone'],
  ]);
}

async function rotate(options: RotateOptions, terminal: Terminal): Promise<ExitCode> {
  const { folded } = await sourceLedger(options, givenRoot(options));
  const { position, policy } = folded.ledger;
  const { keys } = policy.value;
  const id = freeId(keys, options.id, terminal.now());
  const { key, fingerprint, file } = makeSigningKey(options.out);
  const next = position + 1;
  const added: SigningKey = { id, key, first: next };
  const retired = keys.filter((one) => maySign(one, next)).map((one) => one.id);
  const first = keysFile([...keys, added]);
  const second = keysFile([...keys.map((one) => (retired.includes(one.id) ? { ...one, last: next } : one)), added]);
  if (options.json) {
    const made = { id, key, first: next, fingerprint, file };
    terminal.out(JSON.stringify({ position, policy: policy.commit, key: made, retired, first, second }, null, 2));
    return EXIT.ok;
  }
  terminal.note(`The private key is in ${file}. Nothing else was changed: the pull requests are yours to open.`);
  for (const line of steps({ id, file, next, retired, first, second })) terminal.out(line);
  return EXIT.ok;
}

type Steps = {
  readonly id: string;
  readonly file: string;
  readonly next: number;
  readonly retired: readonly string[];
  readonly first: string;
  readonly second: string;
};

function steps({ id, file, next, retired, first, second }: Steps): readonly string[] {
  const old = retired.map((one) => `"${one}"`).join(', ');
  return [
    `# 1. A pull request that makes this the whole of policies/keys.yaml: adds "${id}". The owners approve it.`,
    '#    Comments of the file are not among what is printed: keep them.',
    first,
    `# 2. After its merge, restart the app with BREAKGLASS_SIGNING_KEY_FILE=${file}`,
    '#    BREAKGLASS_KEY_FINGERPRINTS stays as it is: it names the keys of the genesis commit.',
    `#    Then \`breakglass keys list\` shows "${id}" as the app's.`,
    '',
    `# 3. A second pull request, signed with the new key: ${old === '' ? 'no key has to go' : `ends ${old}`}.`,
    `#    Where more was merged since than the first (position ${next}), write the newest position for it;`,
    '#    `breakglass keys list` shows the one after it. A `last` too low spoils no record: each is verified by the',
    '#    keys that were in force at its place. Keys are never deleted.',
    second.trimEnd(),
  ];
}

/** Fields are names, base64 and numbers: nothing of them needs quotes but what YAML could take for a number or a date. */
function keysFile(keys: readonly SigningKey[]): string {
  const lines = keys.map(({ id, key, first, last }) => {
    const span = last === undefined ? `first: ${first}` : `first: ${first}, last: ${last}`;
    return `- { id: ${JSON.stringify(id)}, key: ${key}, ${span} }\n`;
  });
  return ['# yaml-language-server: $schema=./schemas/keys.schema.json\n', ...lines].join('');
}

function freeId(keys: readonly SigningKey[], wanted: string | undefined, now: Date): string {
  const taken = new Set(keys.map((one) => one.id));
  if (wanted !== undefined && taken.has(wanted))
    throw refusal(EXIT.usage, `policies/keys.yaml has a key "${wanted}" already. Name another with --id.`);
  return wanted ?? unusedKeyId(taken, now);
}
