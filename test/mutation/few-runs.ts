// fast-check with few runs of a fixed seed: each mutant pays for every run, and must meet the same inputs each time.
import fc, { type IRawProperty, type Parameters } from 'fast-check';

const RUNS = 20;

// Nobody reads the counterexample of a mutant, so none is made small.
fc.configureGlobal({ seed: 20261122, numRuns: RUNS, endOnFailure: true });

/** A test that asks for thousands of runs of its own gets the few as well. */
function assert<T>(property: IRawProperty<T>, parameters: Parameters<T> = {}): void | Promise<void> {
  return fc.assert(property, { ...parameters, numRuns: Math.min(RUNS, parameters.numRuns ?? RUNS) });
}

export default { ...fc, assert };
