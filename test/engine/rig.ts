// What the engine's tests stand on: the AWS double, the stand-in plugin, the real engine, grants without a ledger.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import pino from 'pino';
import type { ResolvedGrant } from '../../app/core/grant/resolved.ts';
import type { Engine, EngineOperation, EngineProgress } from '../../app/engine/engine.ts';
import type { EngineOptions } from '../../app/engine/inline.ts';
import { createEngine } from '../../app/engine/inline.ts';
import { type FoundPulumi, findPulumi } from '../../app/engine/pulumi-cli.ts';
import type { Authorized } from '../../app/git/authorized.ts';
import type { AwsDouble } from '../sandbox/aws/index.ts';
import { startAws } from '../sandbox/aws/index.ts';
import { type KeyService, startKeyService } from '../sandbox/aws/key-service.ts';
import { providerEnvironment, started } from '../sandbox/bundle.ts';
import { INSTANCE, MONA, PAYMENTS } from './grants.ts';

export type Rig = {
  readonly aws: AwsDouble;
  readonly keys: KeyService;
  /** What an engine in a process of its own needs to work on the same: as JSON in `RIG`. */
  readonly elsewhere: (grant: ResolvedGrant, action?: 'grant' | 'end') => Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly engine: (options?: Partial<EngineOptions>) => Engine;
  readonly authorize: (id: string, answer: Authorized) => void;
  readonly close: () => Promise<void>;
};

export async function startRig(): Promise<Rig> {
  const dataDir = mkdtempSync(join(tmpdir(), 'breakglass-engine-'));
  const mirror = join(dataDir, 'mirror');
  mkdirSync(mirror);
  const aws = await startAws({
    region: 'eu-central-1',
    instanceArn: INSTANCE,
    identityStoreId: 'd-1234567890',
    users: [{ userId: MONA, userName: 'mona', displayName: 'Mona', email: 'mona@example.com' }],
    accounts: [
      { id: '999999999999', name: 'management' },
      { id: PAYMENTS, name: 'prod-payments' },
      { id: '222233334444', name: 'prod-search' },
    ],
  });
  const keys = await startKeyService();
  const pulumi = await findPulumi();
  const engines: Engine[] = [];
  return {
    aws,
    keys,
    dataDir,
    elsewhere: (grant, action) => {
      const env = { ...aws.environment, ...keys.environment };
      return { RIG: JSON.stringify({ dataDir, grant, env, secretsProvider: keys.secretsProvider, action }) };
    },
    engine: (options = {}) => {
      const engine = createEngine({
        source: { mirror, branch: 'main', repositoryId: 1296269, genesis: '', fingerprints: [] },
        dataDir,
        pulumi,
        log: pino({ level: process.env.BREAKGLASS_TEST_LOG ?? 'silent' }),
        env: {
          ...process.env,
          ...providerEnvironment(),
          ...aws.environment,
          ...keys.environment,
          BREAKGLASS_SANDBOX_WAIT_SCALE: '0.01',
        },
        awsPlugin: fileURLToPath(new URL('../sandbox/provider', import.meta.url)),
        childModule: started('test/engine/child-stub.ts'),
        secretsProvider: keys.secretsProvider,
        patience: { abortMs: 500, terminateMs: 500 },
        ...options,
      });
      engines.push(engine);
      return engine;
    },
    authorize: (id, answer) => writeFileSync(join(mirror, `${id}.json`), JSON.stringify(answer)),
    close: async () => {
      await Promise.all(engines.map((engine) => engine.close(0)));
      await aws.close();
      keys.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The CLI copied to `<root>/bin`, where a test can take it away or put a script in its place. */
export async function copyPulumi(root: string): Promise<FoundPulumi> {
  const found = await findPulumi();
  const from = join(found.command.command, '..');
  mkdirSync(join(root, 'bin'), { recursive: true });
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(root, 'bin', name));
  return { ...found, command: await PulumiCommand.get({ root, skipVersionCheck: true }) };
}

/** An operation on a grant, and what it reported. */
export function operationOn(grant: ResolvedGrant, extra: Partial<EngineOperation> = {}) {
  const progress: EngineProgress[] = [];
  const operation: EngineOperation = {
    grantId: grant.id,
    accountId: grant.accountId,
    onProgress: (each) => progress.push(each),
    ...extra,
  };
  return { operation, progress };
}
