// Groups of tests: `pure` and `unit` need no app; `system` plays with real processes and the real
// engine; `attacks` plays hundreds of pull requests at once.
import { defineConfig } from 'vitest/config';
import { UNCOMPILED_WRAPPERS } from './app/cli/wasm-wrappers.ts';
import { LongestFirst } from './test/longest-first.ts';

const below = (folder: string): string => `test/${folder}/**/*.test.ts`;
/** What they change they put back, so that one process plays many files: half of their time would go into starting one. */
const PURE = ['core', 'git', 'pulumi', 'queue', 'reconcile', 'audit'].map(below);
const UNIT = ['github', 'cli', 'server'].map(below);

const BUNDLED = 'test/bundle-setup.ts';
const ATTACKS = 'test/attacks/**/*.test.ts';

export default defineConfig({
  test: {
    // On two cores: every file with processes of its own waits a good third of its time.
    maxWorkers: 4,
    // The engine's commands end within seconds: what they hold needs no collecting.
    env: { GOGC: 'off' },
    execArgv: [UNCOMPILED_WRAPPERS],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      { extends: true, test: { name: 'unit', include: ['test/setup*.test.ts', ...UNIT] } },
      // Whatever is not a unit test, so that a new folder is never forgotten.
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/setup*.test.ts', ...PURE, ...UNIT, ATTACKS],
          // They wait more than half of their time: for a deadline, a pass, an answer that is held back. A file whose tests
          // each have a stage of their own plays two at once.
          maxConcurrency: 2,
          testTimeout: 240_000,
          globalSetup: [BUNDLED, 'test/contract/traffic-service.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'attacks',
          include: [ATTACKS],
          globalSetup: [BUNDLED],
          maxConcurrency: 4,
        },
      },
    ],
  },
});
