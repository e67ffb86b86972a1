// Finds the Pulumi CLI or makes it: on PATH, in the cache, downloaded, built with Go, in that order.
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import { cliFacts, commandAt, noteVersion, versionBefore } from './pulumi-command.ts';
import type { Attempt } from './pulumi-make.ts';
import { buildPulumi, downloadPulumi } from './pulumi-make.ts';

export type FoundPulumi = {
  readonly command: PulumiCommand;
  readonly version: string;
  readonly source: 'path' | 'cache' | 'download' | 'build';
};

export type FindOptions = {
  readonly onProgress?: (line: string) => void;
  /** Where CLIs are kept: `<cacheDir>/pulumi/<version>/bin/pulumi`. */
  readonly cacheDir?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ways to make a CLI that is not there, in order; others in tests. */
  readonly download?: Attempt;
  readonly build?: Attempt;
};

/** From this version on the engine reports its events over gRPC; older ones are read from a log file, 200 ms late. */
const OLDEST = [3, 206, 0] as const;

export async function findPulumi(options: FindOptions = {}): Promise<FoundPulumi> {
  const env = options.env ?? process.env;
  const cache = join(options.cacheDir ?? cacheFolder(env), 'pulumi');
  const onProgress = options.onProgress ?? toStderr;
  const failures: string[] = [];
  const fail = (where: string, why: string) => failures.push(`${where}: ${why}`);

  const onPath = await fromPath(env);
  if (onPath.kind === 'found') return onPath.pulumi;
  fail('on PATH', onPath.why);
  if (onPath.why !== 'none') onProgress(`The pulumi on PATH is passed over: ${onPath.why}`);
  const cached = await fromCache(cache);
  if (cached.kind === 'found') return cached.pulumi;
  fail(`in ${cache}`, cached.why);

  const makers = [
    ['download', 'downloaded from get.pulumi.com', options.download ?? downloadPulumi],
    ['build', 'built with Go', options.build ?? buildPulumi],
  ] as const;
  for (const [source, label, attempt] of makers) {
    const made = await attempt({ cache, onProgress, env });
    // Made, or made meanwhile by another process that had the lock.
    const found = made.kind === 'made' ? await usable(made.root, source) : made;
    if (found.kind === 'found') return found.pulumi;
    fail(label, found.why);
  }
  throw new Error(nothingWorked(failures));
}

type Found = { readonly kind: 'found'; readonly pulumi: FoundPulumi } | { readonly kind: 'not'; readonly why: string };

async function fromPath(env: NodeJS.ProcessEnv): Promise<Found> {
  const folders = (env.PATH ?? '').split(':').filter((folder) => folder !== '');
  const passedOver: string[] = [];
  for (const folder of folders) {
    const file = join(folder, 'pulumi');
    if (!existsSync(file)) continue;
    // By its root when it has one, so that the same file is used whatever PATH an operation gets.
    const found = await versionOf(file, folder.endsWith('/bin') ? join(folder, '..') : null);
    if (found.kind === 'not') passedOver.push(`${file} ${found.why}`);
    else return { kind: 'found', pulumi: { ...found, source: 'path' } };
  }
  return { kind: 'not', why: passedOver.join('; ') || 'none' };
}

async function fromCache(cache: string): Promise<Found> {
  const versions = existsSync(cache) ? readdirSync(cache).filter((name) => /^\d+\.\d+\.\d+$/.test(name)) : [];
  const reasons: string[] = [];
  for (const version of versions.sort(newestFirst)) {
    const found = await usableBefore(join(cache, version));
    if (found.kind === 'found') return found;
    reasons.push(`${version} ${found.why}`);
  }
  return { kind: 'not', why: reasons.join('; ') || 'none' };
}

/** Nobody but us writes there: what ran once need not be started again to hear its version. */
async function usableBefore(root: string): Promise<Found> {
  const facts = await cliFacts(root);
  const known = await versionBefore(root, facts);
  if (known !== null && recent(known)) {
    const command = commandAt({ file: join(root, 'bin', 'pulumi'), version: known });
    return { kind: 'found', pulumi: { command, version: known, source: 'cache' } };
  }
  const found = await usable(root, 'cache');
  if (found.kind === 'found') noteVersion(root, found.pulumi.version, facts);
  return found;
}

async function usable(root: string, source: FoundPulumi['source']): Promise<Found> {
  const found = await versionOf(join(root, 'bin', 'pulumi'), root);
  return found.kind === 'not' ? found : { kind: 'found', pulumi: { ...found, source } };
}

type Version =
  | { readonly kind: 'ok'; readonly command: PulumiCommand; readonly version: string }
  | { readonly kind: 'not'; readonly why: string };

async function versionOf(file: string, root: string | null): Promise<Version> {
  try {
    if (root === null) return { kind: 'not', why: 'is not in a folder named bin' };
    const command = await PulumiCommand.get({ root, skipVersionCheck: true });
    if (command.version === null) return { kind: 'not', why: 'does not say its version' };
    const version = command.version.format();
    return recent(version)
      ? { kind: 'ok', command, version }
      : { kind: 'not', why: `is version ${version}, at least ${OLDEST.join('.')} is needed` };
  } catch {
    return { kind: 'not', why: `does not run (${file} version)` };
  }
}

function recent(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  const at = OLDEST.findIndex((oldest, index) => parts[index] !== oldest);
  return at === -1 || (parts[at] ?? 0) > (OLDEST[at] ?? 0);
}

function newestFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return env.BREAKGLASS_CACHE ?? join(env.HOME ?? homedir(), '.cache', 'breakglass');
}

function toStderr(line: string): void {
  if (process.stderr.isTTY || process.env.BREAKGLASS_QUIET === undefined) process.stderr.write(`${line}\n`);
}

function nothingWorked(failures: readonly string[]): string {
  return [
    'breakglass found no Pulumi CLI and could not make one:',
    ...failures.map((failure) => `  - ${failure}`),
    `Install Pulumi ${OLDEST.join('.')} or newer (https://www.pulumi.com/docs/install/) so that \`pulumi version\` works, or install Go 1.26 or newer and let the app reach a Go module proxy, then start again.`,
  ].join('\n');
}
