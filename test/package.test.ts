// The package as npm makes and installs it: the command runs, and a grant goes through the built engine.
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedHistory } from './audit/signed-history.ts';
import { spawned } from './cli/captured.ts';
import { untilSaid, withStage } from './scenarios/stage.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INSTALL_MS = 5 * 60_000;
let dir: string;
let installed: string;
let main: string;

/** Built and packed in a copy, so that nothing else that runs sees its dist/ come and go; installed from the registry. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'breakglass-package-'));
  const copy = join(dir, 'copy');
  const home = join(dir, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const skipped = new Set(['node_modules', 'dist', '.git', 'test', '.cache', '.breakglass']);
  mkdirSync(copy);
  for (const name of readdirSync(ROOT))
    if (!skipped.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(copy, 'dist')], {
    cwd: ROOT,
  });
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', dir], { cwd: copy });
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz')) ?? expect.fail('npm packed nothing');
  const flags = ['--prefer-offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, join(dir, tarball)], { cwd: home });
  installed = join(home, 'node_modules', 'breakglass');
  main = join(installed, 'dist', 'app', 'cli', 'main.js');
}, INSTALL_MS);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('the command that npm links shows its help and its version', async () => {
  const bin = join(installed, '..', '.bin', 'breakglass');
  expect(await spawned(['--help'], { main: bin })).toMatchObject({
    code: 0,
    out: expect.stringContaining('Exit codes:'),
  });
  expect(await spawned(['audit', '--help'], { main: bin })).toMatchObject({
    code: 0,
    out: expect.stringContaining('--verify'),
  });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect((await spawned(['--version'], { main: bin })).out.trim()).toBe(version);
  expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('what is needed beside the code is there, and no TypeScript and no tests are', () => {
  for (const file of [
    'pulumi/cli/go.mod',
    'pulumi/cli/go.sum',
    'pulumi/cli/tools.go',
    'policies/rules.yaml',
    'policies/schemas/grant.schema.json',
    'grants/README.md',
  ])
    expect(existsSync(join(installed, file)), file).toBe(true);
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('node_modules'),
  );
  expect(files.filter((name) => /\.tsx?$|\.test\.|^test\//.test(name))).toEqual([]);
});

test('examines a proposed policy in a thread of the package', async () => {
  const script = join(dir, 'examine.mjs');
  const examiner = pathToFileURL(join(installed, 'dist', 'app', 'reconcile', 'policy-examiner.js')).href;
  writeFileSync(
    script,
    `import { createExaminer } from ${JSON.stringify(examiner)};
const alive = setInterval(() => undefined, 1_000);
console.log((await createExaminer()(async () => ({ kind: 'read', files: new Map() }))).kind);
clearInterval(alive);`,
  );
  expect((await run(process.execPath, [script])).stdout).toBe('invalid\n');
});

test('audits a clone', async () => {
  const history = await signedHistory();
  history.grant('first', 1);
  const { code, out } = await spawned(['audit', '--repo', history.dir, '--json'], { main });
  history.discard();
  expect(code).toBe(0);
  expect(JSON.parse(out).grants).toMatchObject([{ id: 'first' }]);
});

test(
  'the app of the package grants through its own engine, and stops when asked',
  () =>
    withStage({}, async (stage) => {
      const port = await freePort();
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '',
        ...stage.sandbox.environment({ PORT: String(port) }),
      };
      const app = spawn(process.execPath, [main, 'start'], { env, stdio: 'ignore' });
      const exited = new Promise((resolve) => app.once('exit', resolve));
      stage.github.webhooks.targets.add(`http://127.0.0.1:${port}/api/github/webhooks`);
      try {
        const pull = await stage.request('packaged', { role: 'read-only' });
        await untilSaid(stage, pull, 'Active until', 60_000);
        expect(stage.can('octocat', 'payments', 's3:GetObject')).toBe(true);
      } finally {
        app.kill('SIGTERM');
      }
      expect(await exited).toBe(0);
    }),
  120_000,
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : expect.fail('no free port');
}
