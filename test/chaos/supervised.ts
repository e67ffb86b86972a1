// The app as an orchestrator runs it: started again whenever it dies, wherever it was.
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/index.ts';

export type Supervised = {
  readonly kill: () => void;
  readonly starts: () => number;
  readonly pid: () => number;
  /** The orchestrator stops it for good. */
  readonly stop: () => Promise<void>;
};

const WITNESS = fileURLToPath(new URL('./witness.ts', import.meta.url));

export function supervise(sandbox: Sandbox, folder: string): Supervised {
  const env = { BREAKGLASS_CHAOS: folder, NODE_OPTIONS: `--import=${WITNESS} --disable-warning=ExperimentalWarning` };
  let starts = 0;
  let stopping = false;
  const keep = async (): Promise<void> => {
    while (!stopping) {
      starts += 1;
      // One that dies before its port answers is started again like any other.
      await sandbox.startApp({ env }).catch(() => undefined);
      await sandbox.apps.at(-1)?.exited;
    }
  };
  const kept = keep();
  return {
    kill: () => void sandbox.apps.at(-1)?.kill(),
    starts: () => starts,
    pid: () => sandbox.apps.at(-1)?.pid ?? 0,
    stop: async () => {
      stopping = true;
      await sandbox.apps.at(-1)?.stop();
      await kept;
    },
  };
}
