// The Pulumi stack of one grant: its names, its folder, how it is opened with as few CLI calls as possible.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import { LocalWorkspace } from '@pulumi/pulumi/automation/localWorkspace.js';
import { Stack } from '@pulumi/pulumi/automation/stack.js';
import type { PulumiFn } from '@pulumi/pulumi/automation/workspace.js';
import { fileState, parseDeployment, readCheckpoint } from './checkpoint.ts';
import type { ChildSettings } from './messages.ts';
import { replaceFile } from './replaced-file.ts';
import { PROJECT, stackName } from './stack-name.ts';

export type OpenStack = {
  readonly stack: Stack;
  readonly existed: boolean;
  /** The last operation was killed: the state lists operations that never reported their end. */
  readonly interrupted: boolean;
  /** The state knows the account assignment: somebody may be working with this access. */
  readonly assigned: boolean;
  readonly permissionSetArn: string | null;
};

/** Whether the state has the stack; `unknown` where only the CLI can tell. */
export async function stackExists(grantId: string, settings: ChildSettings): Promise<boolean | 'unknown'> {
  const state = fileState(settings.stateUrl);
  if (state === null) return 'unknown';
  return (await readCheckpoint(state, grantId)) !== null;
}

export async function openStack(
  grantId: string,
  settings: ChildSettings,
  command: PulumiCommand,
  opening: { readonly program?: PulumiFn; readonly region?: string },
): Promise<OpenStack> {
  const name = stackName(grantId);
  const state = fileState(settings.stateUrl);
  const local = state === null ? null : await readCheckpoint(state, grantId);
  const workspace = await LocalWorkspace.create({
    pulumiCommand: command,
    workDir: workDir(grantId, settings, opening.region),
    ...(settings.secretsProvider === 'passphrase' ? {} : { secretsProvider: settings.secretsProvider }),
    ...(opening.program ? { program: opening.program } : {}),
  });
  const known = state === null ? await selected(name, workspace) : local !== null;
  // Selecting a stack is a CLI call (0.4 s) that only sets a default: every call of ours names its stack.
  if (known) workspace.selectStack = () => Promise.resolve();
  const stack = known ? await Stack.select(name, workspace) : await Stack.create(name, workspace);
  // After the last resource up() would ask the CLI for outputs (twice) and history, 1.2 s for what nobody reads here.
  stack.outputs = () => Promise.resolve({});
  stack.info = () => Promise.resolve(undefined);
  const remote = known && state === null ? parseDeployment((await stack.exportStack()).deployment) : null;
  const checkpoint = local ?? remote;
  const interrupted = (checkpoint?.pending.length ?? 0) > 0;
  const { assigned = false, permissionSetArn = null } = checkpoint ?? {};
  return { stack, existed: known, interrupted, assigned, permissionSetArn };
}

/** A destroy that leaves nothing takes the stack itself out as well: one start of the CLI instead of two, 0.2 s. */
export function removeWithDestroy(stack: Stack): void {
  // Pulumi keeps the two apart for the sake of a summary that nobody reads here; its types do not show this method.
  const running = stack as unknown as {
    runPulumiCmd: (args: readonly string[], ...rest: unknown[]) => Promise<unknown>;
  };
  const run = running.runPulumiCmd.bind(stack);
  running.runPulumiCmd = (args, ...rest) => run(args[0] === 'destroy' ? [...args, '--remove'] : args, ...rest);
}

async function selected(name: string, workspace: LocalWorkspace): Promise<boolean> {
  try {
    await workspace.selectStack(name);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'StackNotFoundError') return false;
    throw error;
  }
}

/** The stack's own folder. It is kept: a fresh one each time would lose the settings, and the encryption salt with them. */
function workDir(grantId: string, settings: ChildSettings, region: string | undefined): string {
  const folder = join(settings.workRoot, stackName(grantId));
  mkdirSync(folder, { recursive: true });
  const plugins = settings.awsPlugin ? { plugins: { providers: [{ name: 'aws', path: settings.awsPlugin }] } } : {};
  // JSON is YAML: nothing here needs quoting rules.
  replaceFile(join(folder, 'Pulumi.yaml'), JSON.stringify({ name: PROJECT, runtime: 'nodejs', ...plugins }));
  const settingsFile = join(folder, `Pulumi.${stackName(grantId)}.yaml`);
  // An empty one is what a full disk left of it.
  const isThere = (statSync(settingsFile, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (region !== undefined && !isThere)
    replaceFile(settingsFile, JSON.stringify({ config: providerConfiguration(region) }));
  return folder;
}

/** Recorded in the state with the default provider, so that an end needs neither the ledger nor the environment. */
function providerConfiguration(region: string): Record<string, string> {
  return { 'aws:region': region, 'aws:skipCredentialsValidation': 'true', 'aws:skipRegionValidation': 'true' };
}

export function removeWorkDir(grantId: string, settings: ChildSettings): void {
  rmSync(join(settings.workRoot, stackName(grantId)), { recursive: true, force: true });
}
