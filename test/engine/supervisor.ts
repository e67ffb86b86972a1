// An app reduced to its engine, to be killed in the middle of a grant.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createEngine } from '../../app/engine/inline.ts';
import { findPulumi } from '../../app/engine/pulumi-cli.ts';

const { dataDir, grant, env, secretsProvider } = JSON.parse(process.env.RIG ?? '{}');
const engine = createEngine({
  source: { mirror: join(dataDir, 'mirror'), branch: 'main', repositoryId: 1296269, genesis: '', fingerprints: [] },
  dataDir,
  pulumi: await findPulumi(),
  log: pino({ level: 'silent' }),
  env: { ...process.env, ...env, BREAKGLASS_SANDBOX_WAIT_SCALE: '0.01' },
  secretsProvider,
  awsPlugin: fileURLToPath(new URL('../sandbox/provider', import.meta.url)),
  childModule: fileURLToPath(new URL('./child-stub.ts', import.meta.url)),
});
await engine.grant({ grantId: grant.id, accountId: grant.accountId });
