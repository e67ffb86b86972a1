// Which tests a mutant has to get past: those of its own folder, its own file's first, as one failure is enough.
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files are tried through those that use them: there is no grant without YAML, no record without a ledger. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  yaml: ['grant', 'policy'],
  schema: ['yaml', 'grant', 'policy'],
  record: ['ledger'],
};

export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Stryker names the mutated file here, and in its first run all of them.
    const [mutated, second] = this.ctx.config.related ?? [];
    if (mutated === undefined || second !== undefined) return files;
    const folder = basename(dirname(mutated));
    const near = new Set(folder === 'core' ? [folder, 'ledger'] : [folder, ...(ALSO[folder] ?? [])]);
    return files
      .filter((one) => near.has(folderOf(one)))
      .map((one) => ({ one, distance: distance(mutated, one) }))
      .sort((a, b) => a.distance - b.distance)
      .map(({ one }) => one);
  }
}

function folderOf({ moduleId }: TestSpecification): string {
  return basename(dirname(moduleId));
}

/** First the tests named for the file, then those of its folder, then the rest; the small ones first. */
function distance(mutated: string, test: TestSpecification): number {
  const { size } = statSync(test.moduleId);
  if (basename(test.moduleId, '.test.ts') === basename(mutated, '.ts')) return size;
  return size + (folderOf(test) === basename(dirname(mutated)) ? 1e7 : 1e9);
}
