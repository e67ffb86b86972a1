// Makes a Pulumi CLI that is not there: by the vendor's install script, or from source as a Go dependency.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js';
import { sdkVersion } from './aws-plugin.ts';
import { claimFile } from './claim.ts';

export type MakeOptions = {
  readonly cache: string;
  readonly onProgress: (line: string) => void;
  readonly env: NodeJS.ProcessEnv;
};
export type Made = { readonly kind: 'made'; readonly root: string } | { readonly kind: 'not'; readonly why: string };
export type Attempt = (options: MakeOptions) => Promise<Made>;

const PROBE_MS = 5_000;
const DOWNLOAD_MS = 3 * 60_000;
const BUILD_MS = 30 * 60_000;
const PROGRESS_MS = 10_000;

/** The version of the SDK in use: the vendor releases CLI and SDK together. No network is an ordinary case. */
export const downloadPulumi: Attempt = async (options) => {
  const why = await unreachable('https://get.pulumi.com/install.sh');
  if (why !== null) return { kind: 'not', why };
  return intoCache(sdkVersion(), options, 'Downloading the Pulumi engine', async (root) => {
    // Without a version: the SDK's own is meant.
    const install = PulumiCommand.install({ root, skipVersionCheck: true });
    const late = sleep(DOWNLOAD_MS, undefined, { ref: false }).then(() => {
      throw new Error(`not finished after ${DOWNLOAD_MS / 60_000} minutes`);
    });
    await Promise.race([install, late]);
  });
};

/** The real engine as an ordinary Go dependency, in the version that pulumi/cli/go.mod pins and go.sum verifies. */
export const buildPulumi: Attempt = async (options) => {
  const module = moduleFolder();
  if (module === null) return { kind: 'not', why: 'pulumi/cli/go.mod is missing from this installation' };
  const pinned = /^require github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/m.exec(
    await readFile(join(module, 'go.mod'), 'utf8'),
  );
  const version = pinned?.[1];
  if (version === undefined) return { kind: 'not', why: 'pulumi/cli/go.mod pins no version of the engine' };
  const label = 'Building the Pulumi engine with Go, about 3 minutes the first time';
  return intoCache(version, options, label, async (root) => {
    // In a copy: an installed package may be read-only, and Go wants to lock its module files.
    const copy = join(root, 'source');
    await cp(module, copy, { recursive: true });
    await goBuild(copy, join(root, 'bin', 'pulumi'), version, options.env);
    await rm(copy, { recursive: true });
  });
};

/** Makes a version in a folder of its own and moves it into the cache whole; one maker at once, others wait for it. */
async function intoCache(
  version: string,
  options: MakeOptions,
  label: string,
  make: (root: string) => Promise<void>,
): Promise<Made> {
  const root = join(options.cache, version);
  const done = () => existsSync(join(root, 'bin', 'pulumi'));
  const ticker = progress(label, options.onProgress);
  let release: (() => Promise<void>) | undefined;
  let draft: string | undefined;
  try {
    release = await waitForTurn(join(options.cache, `${version}.lock`), done, options.onProgress);
    if (done()) return { kind: 'made', root };
    draft = await mkdtemp(join(options.cache, `.making-${version}-`));
    await make(draft);
    await chmod(draft, 0o755); // an image is built by one user and run by another
    await rm(root, { recursive: true, force: true }); // a folder without a CLI in it
    await rename(draft, root);
    return { kind: 'made', root };
  } catch (error) {
    return { kind: 'not', why: lastLine(error) };
  } finally {
    ticker();
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
    await release?.();
  }
}

async function waitForTurn(
  file: string,
  done: () => boolean,
  onProgress: (line: string) => void,
): Promise<(() => Promise<void>) | undefined> {
  for (let told = false; !done(); told = true) {
    const claim = await claimFile(file);
    if (claim.kind === 'claimed') return claim.release;
    if (!told)
      onProgress(`Waiting for process ${claim.by.pid} on ${claim.by.hostname}, which is making the Pulumi engine`);
    await sleep(500);
  }
  return undefined;
}

function goBuild(cwd: string, output: string, version: string, env: NodeJS.ProcessEnv): Promise<void> {
  const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  const args = ['build', '-trimpath', `-ldflags=${flags}`, '-o', output, 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'];
  return new Promise((resolve, reject) => {
    const go = spawn('go', args, {
      cwd,
      env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // Not `timeout`: Node keeps that timer, and the process, when there is no go to start.
      signal: AbortSignal.timeout(BUILD_MS),
    });
    let errors = '';
    go.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
    });
    go.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error('there is no go on PATH') : error),
    );
    go.once('close', (code) => (code === 0 ? resolve() : reject(new Error(errors.trim() || `go ended with ${code}`))));
  });
}

async function unreachable(url: string): Promise<string | null> {
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) });
    return answer.ok ? null : `get.pulumi.com answered ${answer.status}`;
  } catch {
    return 'get.pulumi.com cannot be reached';
  }
}

/** pulumi/cli lies beside app/ in the sources, and beside dist/ in the package. */
function moduleFolder(): string | null {
  const candidates = ['../../pulumi/cli/', '../../../pulumi/cli/'];
  const folders = candidates.map((each) => fileURLToPath(new URL(each, import.meta.url)));
  return folders.find((folder) => existsSync(join(folder, 'go.mod'))) ?? null;
}

/** A line at once and then every ten seconds; answers how to stop it. */
function progress(label: string, onProgress: (line: string) => void): () => void {
  const started = Date.now();
  onProgress(`${label} …`);
  const timer = setInterval(() => onProgress(`${label} … ${Math.round((Date.now() - started) / 1000)} s`), PROGRESS_MS);
  return () => clearInterval(timer);
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.trim().split('\n').at(-1) ?? 'no reason given').slice(0, 300);
}
