// A running organisation on loopback ports: GitHub's and AWS's doubles, people, policy, and the app installed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AppProcess, startAppProcess } from './app.ts';
import { type AwsDouble, startAws } from './aws/index.ts';
import { startKeyService } from './aws/key-service.ts';
import { providerEnvironment } from './bundle.ts';
import { type GitHubDouble, startGitHub } from './github/index.ts';
import {
  ACCOUNTS,
  IDENTITY_STORE_ID,
  INSTANCE_ARN,
  newSigningKeys,
  PEOPLE,
  REGION,
  REPOSITORY_ID,
  type SigningKeys,
  seedFiles,
  TEAMS,
  USERS,
} from './organisation.ts';

export type SandboxOptions = {
  /** Files of the genesis commit that differ from the usual. */
  readonly seed?: Readonly<Record<string, string>>;
  /** Milliseconds that AWS takes for an asynchronous operation. */
  readonly awsLatency?: number | readonly [number, number];
  /** 1 is the real plugin's waits (5 s, 10 s). */
  readonly waitScale?: number;
  readonly passSeconds?: number;
  readonly proofGapSeconds?: number;
  readonly adminsBypass?: boolean;
  /** How the engine protects its state; with a passphrase each command takes a quarter of a second more. */
  readonly secrets?: 'key-service' | 'passphrase';
  /** GitHub's clock, where it is not this machine's. */
  readonly now?: () => Date;
  /** Another installation in an organisation that has one already: its AWS, which stays its own to close. */
  readonly beside?: { readonly aws: AwsDouble; readonly repositoryId: number };
};

export type Sandbox = {
  readonly github: GitHubDouble;
  readonly aws: AwsDouble;
  readonly keys: SigningKeys;
  readonly dir: string;
  /** The app's environment: what an operator would configure. */
  readonly environment: (overrides?: Readonly<Record<string, string>>) => Record<string, string>;
  /** Starts an app process, subscribed to webhooks. `name` gives it a data folder of its own. */
  readonly startApp: (options?: {
    readonly name?: string;
    readonly env?: Readonly<Record<string, string>>;
  }) => Promise<AppProcess>;
  readonly apps: readonly AppProcess[];
  readonly close: () => Promise<void>;
};

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const dir = await mkdtemp(join(tmpdir(), 'breakglass-sandbox-'));
  const keys = newSigningKeys();
  const [github, aws, keyService] = await Promise.all([
    startGitHubDouble(options, keys),
    options.beside?.aws ?? startAwsDouble(options),
    startKeyService(),
  ]);
  const secrets = options.secrets === 'passphrase' ? {} : { BREAKGLASS_SECRETS_PROVIDER: keyService.secretsProvider };
  await writeFile(join(dir, 'app.pem'), github.app.privateKey, { mode: 0o600 });
  await writeFile(join(dir, 'signing.pem'), keys.pem, { mode: 0o600 });
  const environment = (overrides: Readonly<Record<string, string>> = {}) => ({
    ...aws.environment,
    ...keyService.environment,
    ...secrets,
    BREAKGLASS_GITHUB_URL: github.url,
    BREAKGLASS_APP_ID: String(github.app.id),
    BREAKGLASS_PRIVATE_KEY_FILE: join(dir, 'app.pem'),
    BREAKGLASS_WEBHOOK_SECRET: github.app.webhookSecret,
    BREAKGLASS_REPOSITORY: `${github.repository.owner}/${github.repository.name}`,
    BREAKGLASS_REPOSITORY_ID: String(github.repository.id),
    BREAKGLASS_GENESIS: github.repository.genesis,
    BREAKGLASS_KEY_FINGERPRINTS: keys.fingerprint,
    BREAKGLASS_SIGNING_KEY_FILE: join(dir, 'signing.pem'),
    BREAKGLASS_DATA_DIR: join(dir, 'data'),
    BREAKGLASS_PASS_SECONDS: String(options.passSeconds ?? 2),
    BREAKGLASS_PROOF_GAP_SECONDS: String(options.proofGapSeconds ?? 0.3),
    BREAKGLASS_AWS_PLUGIN: new URL('./provider', import.meta.url).pathname,
    BREAKGLASS_NODE: process.execPath,
    ...providerEnvironment(),
    BREAKGLASS_SANDBOX_WAIT_SCALE: String(options.waitScale ?? 0.01),
    BREAKGLASS_LOG_LEVEL: 'debug',
    ...overrides,
  });
  const apps: AppProcess[] = [];
  const startApp: Sandbox['startApp'] = async ({ name, env } = {}) => {
    const own = name === undefined ? {} : { BREAKGLASS_DATA_DIR: join(dir, name) };
    const app = await startAppProcess(environment({ ...own, ...env }));
    apps.push(app);
    github.webhooks.targets.add(app.webhooks);
    void app.exited.then(() => github.webhooks.targets.remove(app.webhooks));
    await app.ready();
    return app;
  };
  const close = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.kill()));
    await Promise.all([github.close(), options.beside === undefined ? aws.close() : null]);
    keyService.close();
    await removeFolder(dir);
  };
  return { github, aws, keys, dir, environment, startApp, apps, close };
}

/** Children of a killed app may still be writing their last lines. */
async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function startGitHubDouble(options: SandboxOptions, keys: SigningKeys): Promise<GitHubDouble> {
  return startGitHub({
    owner: 'acme',
    name: 'access',
    repositoryId: options.beside?.repositoryId ?? REPOSITORY_ID,
    seed: { ...seedFiles(keys), ...options.seed },
    people: PEOPLE,
    teams: TEAMS,
    app: { slug: 'breakglass', id: 424_242, installationId: 515_151, webhookSecret: 'sandbox-webhook-secret' },
    adminsBypass: options.adminsBypass ?? true,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

function startAwsDouble({ awsLatency = 50 }: SandboxOptions): Promise<AwsDouble> {
  const user = (name: keyof typeof USERS) => ({
    userId: USERS[name],
    userName: name,
    displayName: name,
    email: `${name}@example.com`,
  });
  return startAws({
    region: REGION,
    instanceArn: INSTANCE_ARN,
    identityStoreId: IDENTITY_STORE_ID,
    users: [user('octocat'), user('hubot'), user('octo-lead')],
    accounts: Object.entries(ACCOUNTS).map(([name, id]) => ({ id, name })),
    managementAccount: ACCOUNTS.management,
    latency: awsLatency,
  });
}

/** Looks until it holds; says what it waited for when it never does. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 45_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(50);
  }
}
