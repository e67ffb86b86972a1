// The tests that a mutant of app/core has to get past: those of test/core alone, with short property tests.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { NearestFirst } from './nearest-first.ts';

const FEW_RUNS = fileURLToPath(new URL('./few-runs.ts', import.meta.url));

export default defineConfig({
  // The same folder in the checkout and in the copy that Stryker works on.
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [
    {
      name: 'few-runs',
      enforce: 'pre',
      resolveId: (source, importer) => (source === 'fast-check' && importer !== FEW_RUNS ? FEW_RUNS : null),
    },
  ],
  test: {
    include: ['test/core/**/*.test.ts'],
    // They measure time, ask git a hundred times, or count over thousands of runs how often each outcome was met.
    exclude: ['**/speed.test.ts', '**/git-trailers.test.ts', '**/approval-model.test.ts'],
    testTimeout: 20_000,
    // Each run has a worker of its own, its test files share it.
    isolate: false,
    sequence: { sequencer: NearestFirst },
  },
});
