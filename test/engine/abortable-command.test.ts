import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalWorkspace } from '@pulumi/pulumi/automation/localWorkspace.js';
import { expect, test } from 'vitest';
import { unlessAborted } from '../../app/engine/abortable-command.ts';
import { findPulumi } from '../../app/engine/pulumi-cli.ts';

test('an abort that comes between two commands of the engine stops the second one before it starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakglass-abort-'));
  try {
    const stop = new AbortController();
    const pulumiCommand = unlessAborted((await findPulumi()).command, stop.signal);
    const workspace = await LocalWorkspace.create({
      pulumiCommand,
      workDir: folder,
      envVars: { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: '' },
      projectSettings: { name: 'breakglass', runtime: 'nodejs' },
    });
    await workspace.createStack('first');
    stop.abort();
    // The signal is not handed to this one at all.
    await expect(workspace.createStack('second')).rejects.toThrow(/abort/i);
    expect(await listedBy(folder)).toEqual(['first']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function listedBy(folder: string): Promise<readonly string[]> {
  const workspace = await LocalWorkspace.create({
    pulumiCommand: (await findPulumi()).command,
    workDir: folder,
    envVars: { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: '' },
  });
  return (await workspace.listStacks()).map((one) => one.name);
}
