// The flag that keeps V8 from aborting: a Node that no longer has it would only print a warning.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UNCOMPILED_WRAPPERS } from '../../app/cli/wasm-wrappers.ts';

it('is one that this Node knows', () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  expect(stdout).toContain(`\n  ${UNCOMPILED_WRAPPERS.split('=')[0]} `);
});

it('is set before anything is loaded that could fetch', () => {
  const main = readFileSync(new URL('../../app/cli/main.ts', import.meta.url), 'utf8');
  expect(main.indexOf('keepWasmWrappers();')).toBeGreaterThan(0);
  expect(main.indexOf('keepWasmWrappers();')).toBeLessThan(main.indexOf("import('./program.ts')"));
});

it('is what the test processes run with, which fetch more than the app does', () => {
  expect(process.execArgv).toContain(UNCOMPILED_WRAPPERS);
});
