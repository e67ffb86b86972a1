// The app as an orchestrator runs it: started again whenever it dies, wherever it was.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppProcess } from '../sandbox/app.ts';
import type { Sandbox } from '../sandbox/index.ts';

export type Supervised = {
  readonly kill: () => void;
  readonly starts: () => number;
  readonly pid: () => number;
  /** Since when the app of now is ready, or null while it is not. */
  readonly readySince: () => number | null;
  /** The orchestrator stops it for good. */
  readonly stop: () => Promise<void>;
};

const WITNESS = fileURLToPath(new URL('./witness.ts', import.meta.url));

/** Of a git that is to die while it holds the locks of refs; see witness.ts. */
const HOOK = '#!/bin/sh\n[ "$1" = prepared ] && kill -9 $PPID\nexit 0\n';

export function supervise(sandbox: Sandbox, folder: string): Supervised {
  mkdirSync(join(folder, 'hooks'));
  writeFileSync(join(folder, 'hooks', 'reference-transaction'), HOOK, { mode: 0o700 });
  const env = {
    BREAKGLASS_CHAOS: folder,
    // Whatever is never answered is waited for at each turn.
    BREAKGLASS_ANSWER_SECONDS: '1.5',
    NODE_OPTIONS: `--import=${WITNESS} --disable-warning=ExperimentalWarning`,
  };
  let starts = 0;
  let stopping = false;
  let ready: number | null = null;
  const keep = async (): Promise<void> => {
    while (!stopping) {
      starts += 1;
      // One that dies before its port answers is started again like any other.
      const app = await sandbox.startApp({ env }).catch(() => undefined);
      const watched = app === undefined ? undefined : watch(app);
      await sandbox.apps.at(-1)?.exited;
      clearInterval(watched);
      ready = null;
    }
  };
  const watch = (app: AppProcess) =>
    setInterval(async () => {
      if (ready === null && (await isReady(app)) && app === sandbox.apps.at(-1)) ready = Date.now();
    }, 200);
  const kept = keep();
  return {
    kill: () => void sandbox.apps.at(-1)?.kill(),
    starts: () => starts,
    pid: () => sandbox.apps.at(-1)?.pid ?? 0,
    readySince: () => ready,
    stop: async () => {
      stopping = true;
      // One that is being started this moment is not in the list yet.
      const again = setInterval(() => void sandbox.apps.at(-1)?.stop(), 200);
      await kept;
      clearInterval(again);
    },
  };
}

/** The engine has started and a pass has succeeded. */
async function isReady({ url }: AppProcess): Promise<boolean> {
  return await fetch(`${url}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
}
