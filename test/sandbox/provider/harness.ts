// A stack of one grant's shape, driven by the real engine through the stand-in provider: for the provider's own tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ssoadmin from '@pulumi/aws/ssoadmin/index.js';
import { LocalWorkspace, type Stack } from '@pulumi/pulumi/automation/index.js';
import { findPulumi } from '../../../app/engine/pulumi-cli.ts';
import { startKeyService } from '../aws/key-service.ts';
import { providerEnvironment } from '../bundle.ts';

export type Access = {
  readonly instanceArn: string;
  readonly name: string;
  readonly userId: string;
  readonly account: string;
  readonly inlinePolicy: string;
  readonly managedPolicies?: readonly string[];
  readonly sessionDuration?: string;
  readonly tags?: Readonly<Record<string, string>>;
};

/** The same resources and the same order as the app's program for a grant. */
export function accessProgram(access: Access): () => Promise<void> {
  return async () => {
    const { instanceArn, name } = access;
    const set = new ssoadmin.PermissionSet(name, {
      name,
      instanceArn,
      ...(access.sessionDuration === undefined ? {} : { sessionDuration: access.sessionDuration }),
      tags: { ...access.tags },
    });
    const inline = new ssoadmin.PermissionSetInlinePolicy(
      name,
      { instanceArn, permissionSetArn: set.arn, inlinePolicy: access.inlinePolicy },
      { deletedWith: set },
    );
    const managed = (access.managedPolicies ?? []).map(
      (managedPolicyArn, index) =>
        new ssoadmin.ManagedPolicyAttachment(
          `${name}-${index}`,
          { instanceArn, permissionSetArn: set.arn, managedPolicyArn },
          { deletedWith: set },
        ),
    );
    new ssoadmin.AccountAssignment(
      name,
      {
        instanceArn,
        permissionSetArn: set.arn,
        principalType: 'USER',
        principalId: access.userId,
        targetType: 'AWS_ACCOUNT',
        targetId: access.account,
      },
      { dependsOn: [inline, ...managed] },
    );
  };
}

export type Workbench = {
  readonly stackOf: (access: Access, program?: () => Promise<void>) => Promise<Stack>;
  readonly clear: () => void;
};

export async function createWorkbench(environment: Readonly<Record<string, string>>): Promise<Workbench> {
  const { command } = await findPulumi();
  const keys = await startKeyService();
  const folder = mkdtempSync(join(tmpdir(), 'breakglass-provider-'));
  return {
    stackOf: async (access, program = accessProgram(access)) => {
      const stackName = `g-${access.name.replaceAll(' ', '-')}`;
      const workDir = join(folder, stackName);
      const state = join(folder, 'state');
      mkdirSync(workDir, { recursive: true });
      mkdirSync(state, { recursive: true });
      // JSON is YAML; ProjectSettings has no `plugins`, which the engine reads from the file.
      const plugins = { providers: [{ name: 'aws', path: import.meta.dirname }] };
      writeFileSync(join(workDir, 'Pulumi.yaml'), JSON.stringify({ name: 'breakglass', runtime: 'nodejs', plugins }));
      const stack = await LocalWorkspace.createOrSelectStack(
        { stackName, projectName: 'breakglass', program },
        {
          pulumiCommand: command,
          secretsProvider: keys.secretsProvider,
          workDir,
          envVars: {
            ...environment,
            ...keys.environment,
            BREAKGLASS_NODE: process.execPath,
            ...providerEnvironment(),
            BREAKGLASS_SANDBOX_WAIT_SCALE: '0.01',
            PULUMI_BACKEND_URL: `file://${state}`,
            PULUMI_HOME: join(folder, 'home'),
            PULUMI_CONFIG_PASSPHRASE: '',
            PULUMI_SKIP_UPDATE_CHECK: 'true',
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
          },
        },
      );
      // Two starts of the CLI after every operation, for what nobody reads here.
      stack.outputs = () => Promise.resolve({});
      return stack;
    },
    clear: () => {
      keys.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
