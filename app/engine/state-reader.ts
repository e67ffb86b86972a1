// Questions about the state that need no operation: which stacks, which permission set.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileState, listStacks, member, parseDeployment, parseJson, readCheckpoint } from './checkpoint.ts';
import type { Engine } from './engine.ts';
import { describeFailure } from './failure.ts';
import { grantOfStack, PROJECT, stackName } from './stack-name.ts';

export type StateAccess = {
  readonly stateUrl: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the questions' own project file may lie. */
  readonly folder: string;
};

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** Files are read as they are (a millisecond each); any other store is asked through the CLI (a second each). */
export function stateReader(access: StateAccess): Pick<Engine, 'stacks' | 'permissionSetArn'> {
  const state = fileState(access.stateUrl);
  if (state !== null)
    return {
      stacks: () => listStacks(state),
      permissionSetArn: async (grantId) => (await readCheckpoint(state, grantId))?.permissionSetArn ?? null,
    };
  return { stacks: () => stacksByCli(access), permissionSetArn: (grantId) => arnByCli(access, grantId) };
}

async function stacksByCli(access: StateAccess): Promise<readonly string[]> {
  const answer = parseJson((await ask(access, ['stack', 'ls', '--json', '--project', PROJECT])) ?? '[]');
  const names = Array.isArray(answer) ? answer.map((each: unknown) => member(each, 'name')) : [];
  // Pulumi Cloud names stacks with their organisation in front.
  return names.map((name) => grantOfStack(String(name).split('/').at(-1) ?? '')).filter((id) => id !== null);
}

async function arnByCli(access: StateAccess, grantId: string): Promise<string | null> {
  const exported = await ask(access, ['stack', 'export', '--stack', stackName(grantId)]);
  return exported === null ? null : parseDeployment(member(parseJson(exported), 'deployment')).permissionSetArn;
}

/** Null when there is no such stack. */
async function ask(access: StateAccess, args: readonly string[]): Promise<string | null> {
  const cwd = join(access.folder, 'questions');
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'Pulumi.yaml'), JSON.stringify({ name: PROJECT, runtime: 'nodejs' }));
  try {
    const options = { cwd, env: access.env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 ** 2 };
    return (await run(access.command, [...args, '--non-interactive'], options)).stdout;
  } catch (error) {
    if (error instanceof Error && /no stack named/.test(error.message)) return null;
    throw new Error(describeFailure({ error, diagnostics: [], stateUrl: access.stateUrl }));
  }
}
