// Before the first test of a run, once for all its groups: see sandbox/bundle.ts. Who watches wants what was just written.
import type { TestProject } from 'vitest/node';
import { areBundled, bundlePrograms } from './sandbox/bundle.ts';

export default async function setup({ vitest }: TestProject): Promise<void> {
  if (!vitest.config.watch && !areBundled()) await bundlePrograms();
}
