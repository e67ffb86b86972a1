// One engine operation in a process whose files may not grow: what a full disk is to the engine. Prints the outcome.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createEngine } from '../../app/engine/inline.ts';
import { findPulumi } from '../../app/engine/pulumi-cli.ts';

const { dataDir, grant, env, secretsProvider, action } = JSON.parse(process.env.RIG ?? '{}');
const engine = createEngine({
  source: { mirror: join(dataDir, 'mirror'), branch: 'main', repositoryId: 1296269, genesis: '', fingerprints: [] },
  dataDir,
  pulumi: await findPulumi(),
  log: pino({ level: 'silent' }),
  env: { ...process.env, ...env, BREAKGLASS_SANDBOX_WAIT_SCALE: '0.01' },
  secretsProvider,
  awsPlugin: fileURLToPath(new URL('../sandbox/provider', import.meta.url)),
  hardLimitMs: 8_000,
  patience: { abortMs: 500, terminateMs: 500 },
  childModule: fileURLToPath(new URL('./child-stub.ts', import.meta.url)),
});
const operation = { grantId: grant.id, accountId: grant.accountId };
const outcome = action === 'end' ? await engine.end(operation) : await engine.grant(operation);
process.stdout.write(JSON.stringify(outcome));
await engine.close(0);
