// The ledger for commands that need no app: from any clone, offline, by a root that is given or that it claims itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { claimedRoot } from '../audit/root.ts';
import type { Folded } from '../core/ledger/fold.ts';
import type { Root } from '../core/ledger/history.ts';
import { gitText } from '../git/git.ts';
import { readLedger } from '../git/ledger.ts';
import { EXIT, refusal } from './exit-codes.ts';

export type LedgerOptions = {
  readonly repo: string;
  readonly branch: string;
  readonly root?: string;
  readonly fingerprint?: readonly string[];
  readonly repositoryId?: number;
};

export type SourcedLedger = {
  readonly root: Root;
  /** False: the root is what the history itself says. */
  readonly rootGiven: boolean;
  readonly folded: Extract<Folded, { kind: 'ledger' }>;
};

export function addLedgerOptions(command: Command, repo: string): Command {
  return command
    .option('--repo <dir>', 'a clone of the access repository, bare or not', repo)
    .option('--branch <ref>', 'the branch or commit to read', 'HEAD')
    .addOption(
      new Option('--root <commit>', 'the genesis commit, full id').env('BREAKGLASS_GENESIS').argParser(commitId),
    )
    .addOption(
      new Option('--fingerprint <sha256...>', 'fingerprint of a key of the genesis policy; comma-separated or repeated')
        .env('BREAKGLASS_KEY_FINGERPRINTS')
        .argParser(fingerprints),
    )
    .addOption(
      new Option('--repository-id <n>', "GitHub's numeric id of the repository")
        .env('BREAKGLASS_REPOSITORY_ID')
        .argParser(repositoryId),
    );
}

/** The app's mirror where there is one: it is fetched every minute. */
export function defaultRepository(env: NodeJS.ProcessEnv): string {
  const mirror = join(env.BREAKGLASS_DATA_DIR ?? '.breakglass', 'mirror.git');
  return existsSync(join(mirror, 'HEAD')) ? mirror : '.';
}

/** Null unless all three parts are there. */
export function givenRoot({ root, fingerprint, repositoryId: id }: LedgerOptions): Root | null {
  if (root === undefined || fingerprint === undefined || id === undefined) return null;
  return { genesis: root, fingerprints: fingerprint, repositoryId: id };
}

export async function sourceLedger(options: LedgerOptions, given: Root | null): Promise<SourcedLedger> {
  const { repo } = options;
  const tip = await resolveTip(options);
  const root = given ?? (await claimedRoot(repo, tip));
  if (root === null) {
    const message = `no commit of ${options.branch} in ${repo} has policies/keys.yaml: this is no access repository, or the history is incomplete${await shallow(repo)}`;
    throw refusal(EXIT.usage, message);
  }
  const folded = await readLedger(repo, root, tip);
  if (folded.kind === 'no-root') throw refusal(EXIT.attention, `${folded.reason}${await shallow(repo)}`);
  return { root, rootGiven: given !== null, folded };
}

async function resolveTip({ repo, branch }: LedgerOptions): Promise<string> {
  try {
    return await gitText({ dir: repo, args: ['rev-parse', '--verify', '--end-of-options', `${branch}^{commit}`] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(
      EXIT.usage,
      `${repo} cannot be read at ${branch}: ${why}. Name a clone with --repo and a branch with --branch.`,
    );
  }
}

async function shallow(repo: string): Promise<string> {
  const answer = await gitText({ dir: repo, args: ['rev-parse', '--is-shallow-repository'] });
  return answer === 'true' ? '. The clone is shallow: run `git fetch --unshallow` in it first' : '';
}

function commitId(text: string): string {
  // A prefix can be ground: somebody else's commit may begin the same.
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) throw new InvalidArgumentError('Write the full id of the commit.');
  return text;
}

function fingerprints(text: string, before: readonly string[] | undefined): readonly string[] {
  const found = text.split(',').map((one) => one.trim());
  if (!found.every((one) => /^[0-9a-f]{64}$/.test(one)))
    throw new InvalidArgumentError('A fingerprint is 64 hexadecimal digits; `breakglass keys new` printed it.');
  return [...(before ?? []), ...found];
}

function repositoryId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError('Write the numeric id (GET /repos/owner/name, "id").');
  return Number(text);
}
