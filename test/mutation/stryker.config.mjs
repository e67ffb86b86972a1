// Mutation testing of app/core (`npm run mutation`): every mutant is one small lie in the rules, and a test must notice it.
//
// A mutant counts as noticed only if a test of its own folder fails (nearest-first.ts). What survives is of these kinds,
// and nothing else is to be added to them without a reason here:
//
// - Checks that the types ask for and the facts rule out: `author?.id` where a verdict without an author was denied long
//   before, `first === undefined` of a list that has just been found not to be empty. (decision/approval.ts,
//   decision/decide.ts, ledger/fold.ts, grant/resolve.ts, policy/replay.ts)
// - What stands behind `??` for such a case: `''`, `[]`, `0`. Nothing reaches it. (record/written-form.ts, where the last
//   word has the comparison with what would be written; decision/approval.ts; yaml/strict.ts)
// - Sentences of faults that cannot happen: "refused without a reason", "unreachable". (grant/parse.ts, grant/resolve.ts,
//   policy/parse.ts, yaml/check.ts)
// - Stand-ins that no rule looks at: the id of a request that nobody made, an empty list of comments.
//   (policy/policy-test-facts.ts, policy/lint-limits.ts)
// - Short cuts: the same answer, only later. (decision/command.ts, policy/lint-places.ts, yaml/nearest.ts)
// - Comparisons that differ only for equals: `<` or `<=` in an order of texts no two of which are the same.
//
// No mutant is excluded, sentences for people included: they are all that somebody has to go by at 03:00.

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['app/core/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  // `related` is how nearest-first.ts learns which file is mutated.
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: true },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // For endless loops; a slow machine must not look like one.
  timeoutMS: 15_000,
  // Stryker rewrites every tsconfig.json that it finds, through an interface that TypeScript 7 does not have.
  ignorePatterns: ['.cache', '.breakglass', 'dist', 'tsconfig*.json'],
  tempDirName: '.cache/stryker',
  // With --incremental a second run asks only about what has changed since.
  incrementalFile: '.cache/mutation/incremental.json',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: '.cache/mutation/report.json' },
  // That a third of the mutants stand in code that runs when its file is read, and so meet more tests, is known.
  warnings: { slow: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
