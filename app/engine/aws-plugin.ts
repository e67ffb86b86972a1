// The released AWS plugin: fetched once by this process, so that operations started together do not race for it.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { member } from './checkpoint.ts';
import { describeFailure } from './failure.ts';

const run = promisify(execFile);
const INSTALL_LIMIT_MS = 5 * 60_000;

export type PluginNeed = {
  readonly pulumi: { readonly command: { readonly command: string } };
  readonly env: Readonly<Record<string, string>>;
  /** A stand-in plugin is named in the project settings: nothing is fetched. */
  readonly standIn: boolean;
};

/** Answers a function that sees to the plugin once, and says in a sentence why it is missing. */
export function ensureAwsPlugin(need: PluginNeed): () => Promise<string | null> {
  let present = need.standIn;
  let running: Promise<string | null> | undefined;
  return async () => {
    if (present) return null;
    running ??= install(need);
    const missing = await running;
    present = missing === null;
    running = undefined; // a failed attempt is made again by the next operation
    return missing;
  };
}

async function install({ pulumi, env }: PluginNeed): Promise<string | null> {
  const version = awsPluginVersion();
  const home = env.PULUMI_HOME ?? '';
  if (existsSync(join(home, 'plugins', `resource-aws-v${version}`))) return null;
  try {
    const args = ['plugin', 'install', 'resource', 'aws', version, '--non-interactive'];
    await run(pulumi.command.command, args, { env, timeout: INSTALL_LIMIT_MS, cwd: home });
    return null;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return `${describeFailure({ error: new Error(`failed to install plugin aws\n${text}`), diagnostics: [], stateUrl: '' })} (version ${version})`;
  }
}

export function awsPluginVersion(): string {
  return packageVersion('@pulumi/aws');
}

export function sdkVersion(): string {
  return packageVersion('@pulumi/pulumi');
}

function packageVersion(name: string): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const version = member(JSON.parse(readFileSync(file, 'utf8')), 'version');
  return String(version);
}
