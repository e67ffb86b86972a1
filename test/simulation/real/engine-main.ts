// The real engine in a process of its own, in real time, so that it can be killed like the app would be.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createEngine } from '../../../app/engine/inline.ts';
import { markedProcesses } from '../../../app/engine/process-tree.ts';
import { findPulumi } from '../../../app/engine/pulumi-cli.ts';
import { providerEnvironment, started } from '../../sandbox/bundle.ts';
import type { FromEngine, Setup, ToEngine } from './messages.ts';

/** Much longer than ending an orphan takes, and less than after what an orphan ends by itself. */
const REAPED_WITHIN_MS = 10_000;

const { dataDir, aws, secretsProvider, authorizations, dead }: Setup = JSON.parse(process.env.SIMULATION_SETUP ?? '{}');
const tell = (message: FromEngine): void => void process.send?.(message);

const engine = createEngine({
  source: { mirror: authorizations, branch: 'main', repositoryId: 0, genesis: '', fingerprints: [] },
  dataDir,
  pulumi: await findPulumi(),
  // The only word of when an operation gets its turn.
  log: pino({ level: 'info' }, { write: onLog }),
  env: { ...process.env, ...providerEnvironment(), ...aws, BREAKGLASS_SANDBOX_WAIT_SCALE: '0.001' },
  secretsProvider,
  awsPlugin: fileURLToPath(new URL('../../sandbox/provider', import.meta.url)),
  childModule: started('test/simulation/real/engine-child.ts'),
  hardLimitMs: 60_000,
  patience: { abortMs: 300, terminateMs: 300 },
});

const stops = new Map<number, AbortController>();
process.on('message', (message: ToEngine) => {
  if (message.kind === 'abort') stops.get(message.id)?.abort();
  else if (message.kind === 'close') void engine.close(0).then(() => process.exit(0));
  else void run(message);
});
tell({ kind: 'ready', left: await unreaped() });

async function run({ id, action, grantId, accountId, userId }: Extract<ToEngine, { kind: 'run' }>): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  const outcome = await engine[action]({
    grantId,
    accountId,
    ...(userId === null ? {} : { userId }),
    signal: stop.signal,
    onProgress: (progress) => tell({ kind: 'progress', id, progress }),
  });
  stops.delete(id);
  tell({ kind: 'outcome', id, outcome });
}

function onLog(line: string): void {
  const { msg, grantId, operation } = JSON.parse(line);
  if (msg === 'engine operation starts') tell({ kind: 'starts', grantId, operation });
}

/** A new engine ends what a dead one left: until then, time stands still. */
async function unreaped(): Promise<number> {
  const left = () =>
    markedProcesses().filter(({ supervisor }) => dead.some((pid) => supervisor?.startsWith(`${pid}-`)));
  for (let waited = 0; waited < REAPED_WITHIN_MS && left().length > 0; waited += 50) await sleep(50);
  return left().length;
}
