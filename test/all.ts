// `npm test`: style, types and every test, one after the other, all of them reported; with arguments, only the tests named;
// with `--only-checks`, style and types.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Outcome, outcomeOf } from './outcome.ts';

const ROOT = join(import.meta.dirname, '..');
/** Vitest's own result, as a file: `.ci/run` and others read numbers from it instead of from the screen. */
const REPORT = process.env.BREAKGLASS_TEST_REPORT ?? join(ROOT, 'node_modules', '.cache', 'breakglass', 'tests.json');

const bin = (path: string) => join(ROOT, 'node_modules', path);
const CHECKS = [
  { name: 'style (biome)', command: [bin('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'types (tsc)', command: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
] as const;

const chosen = process.argv.slice(2);
const onlyChecks = chosen[0] === '--only-checks';
const failed: string[] = [];
if (chosen.length === 0 || onlyChecks)
  for (const { name, command } of CHECKS) if ((await run(name, command)) !== 0) failed.push(name);
if (!onlyChecks && !(await testsPass())) failed.push('tests (vitest)');
if (chosen.length > 0 && !onlyChecks)
  say('\nOnly the tests named were run; `npm test` alone runs everything, style and types included.');
say(failed.length === 0 ? '\nAll parts passed.' : `\nFailed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function testsPass(): Promise<boolean> {
  rmSync(REPORT, { force: true });
  mkdirSync(dirname(REPORT), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const code = await run('tests (vitest)', [bin('vitest/vitest.mjs'), 'run', ...reporters, ...chosen]);
  const outcome = readOutcome();
  if (outcome !== null && outcome.notRun.length > 0) {
    say(`\nNot run: ${outcome.notRun.length}`);
    for (const name of outcome.notRun) say(`  - ${name}`);
  }
  return code === 0 && outcome !== null && outcome.passed > 0 && outcome.failed === 0;
}

function run(name: string, command: readonly string[]): Promise<number> {
  say(`\n── ${name}`);
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (exit) => resolve(exit ?? 1));
  });
}

function readOutcome(): Outcome | null {
  try {
    return outcomeOf(JSON.parse(readFileSync(REPORT, 'utf8')));
  } catch {
    return null;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
