// What is kept for each client of Identity Center, and goes with it.
import type { Instance } from './client.ts';

export const perInstance = <T>(make: (instance: Instance) => T): ((instance: Instance) => T) => {
  const made = new WeakMap<Instance, { readonly kept: T }>();
  return (instance) => {
    const known = made.get(instance) ?? { kept: make(instance) };
    made.set(instance, known);
    return known.kept;
  };
};
