// The policy that a command is about: the files of a folder as they stand, or those of a commit.
import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parsePolicy } from '../core/policy/parse.ts';
import type { Policy } from '../core/policy/policy.ts';
import { LARGEST_POLICY_FILE } from '../core/policy/source.ts';
import type { Problem } from '../core/result.ts';
import { gitText } from '../git/git.ts';
import { policiesTreeOf } from '../git/policy-files.ts';
import { readPolicyWithTests } from '../git/policy-test-files.ts';
import { EXIT, type ExitCode, refusal } from './exit-codes.ts';
import { shown, type Terminal } from './terminal.ts';

export type PolicySource = {
  /** For people: where it comes from. */
  readonly from: string;
  /** By name relative to `policies/`, tests included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
};

export type SourcedPolicy = PolicySource & { readonly policy: Policy };

/** Without `ref`: the working tree, as somebody is writing it; of a bare repository, HEAD. */
export async function readPolicySource(repo: string, ref: string | undefined): Promise<PolicySource> {
  const folder = join(repo, 'policies');
  if (ref === undefined && isFolder(folder)) return { from: folder, files: folderFiles(folder) };
  return commitSource(repo, ref ?? 'HEAD');
}

/** A folder that is, or has, `policies/`; or a commit of `repo`. */
export async function readProposal(repo: string, proposed: string | undefined): Promise<PolicySource> {
  if (proposed === undefined || !isFolder(proposed)) return readPolicySource(repo, proposed);
  const inner = join(proposed, 'policies');
  const folder = isFolder(inner) ? inner : proposed;
  return { from: folder, files: folderFiles(folder) };
}

/** Null after its problems were told. */
export function parsedOrTold(source: PolicySource, terminal: Terminal, json: boolean): SourcedPolicy | null {
  const parsed = parsePolicy(source.files);
  if (parsed.kind === 'ok') return { ...source, policy: parsed.value };
  if (json) terminal.out(JSON.stringify({ from: source.from, problems: parsed.problems }, null, 2));
  else for (const one of parsed.problems) terminal.out(problemLine(one));
  if (!json) terminal.out(`The policy of ${shown(source.from)} does not parse.`);
  return null;
}

export const NOT_PARSED: ExitCode = EXIT.attention;

export function problemLine({ file, line, column, message }: Problem): string {
  return shown(line === 0 ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`);
}

async function commitSource(repo: string, ref: string): Promise<PolicySource> {
  const tree = await policiesTreeOf(repo, await resolved(repo, ref));
  if (tree === null) throw refusal(EXIT.usage, `${ref} of ${repo} has no policies/ folder. Name another with --repo.`);
  return { from: `${ref} of ${repo}`, files: await readPolicyWithTests(repo, tree) };
}

async function resolved(repo: string, ref: string): Promise<string> {
  try {
    return await gitText({ dir: repo, args: ['rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(EXIT.usage, `${repo} cannot be read at ${ref}: ${why}. Name a clone with --repo.`);
  }
}

/** As Git would have it: ordinary files only, at the top and below `tests/`. */
function folderFiles(folder: string): ReadonlyMap<string, Uint8Array> {
  const tests = join(folder, 'tests');
  const all: readonly Dirent[] = [
    ...readdirSync(folder, { withFileTypes: true }),
    ...(isFolder(tests) ? readdirSync(tests, { withFileTypes: true, recursive: true }) : []),
  ];
  const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return new Map(paths.map((path) => [relative(folder, path), readBounded(path)]));
}

function readBounded(path: string): Uint8Array {
  return statSync(path).size > LARGEST_POLICY_FILE ? Buffer.alloc(LARGEST_POLICY_FILE + 1) : readFileSync(path);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
