// moto's server (https://github.com/getmoto/moto), an AWS emulator that others wrote, from PyPI into .cache/moto-venv.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const MOTO = '5.2.5';

export type MotoServer = { readonly url: string; readonly stop: () => Promise<void> };

const VENV = join(import.meta.dirname, '..', '..', '.cache', 'moto-venv');
const run = promisify(execFile);

/** Throws with a sentence where python3, its venv module or PyPI cannot be had. */
export async function installMoto(): Promise<void> {
  const done = join(VENV, `moto-${MOTO}.installed`);
  if (existsSync(done)) return;
  try {
    await mkdir(VENV, { recursive: true });
    await run('python3', ['-m', 'venv', VENV], { timeout: 120_000 });
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-compile',
      `moto[server]==${MOTO}`,
    ];
    await run(join(VENV, 'bin', 'python'), install, { timeout: 300_000 });
    await writeFile(done, '');
  } catch (error) {
    throw new Error(
      `moto ${MOTO} cannot be had: it needs python3 with its venv module (Debian: python3-venv) and PyPI.\n` +
        (error instanceof Error ? error.message : String(error)),
    );
  }
}

export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const server = spawn(join(VENV, 'bin', 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answering(server, url);
  return {
    url,
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

async function answering(server: ChildProcess, url: string): Promise<void> {
  let said = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (server.exitCode !== null) break;
    const answer = await fetch(`${url}/moto-api/`).catch(() => undefined);
    if (answer !== undefined) return;
    await sleep(100);
  }
  server.kill();
  throw new Error(`moto_server does not answer at ${url}:\n${said.slice(-2000)}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
