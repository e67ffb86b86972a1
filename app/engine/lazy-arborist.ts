// At its start Pulumi loads npm's package resolver, for programs whose functions become a cloud's: a third of what a child's
// start costs, and nothing that is used here. Whoever asks for it gets it then.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const ofPulumi = createRequire(require.resolve('@pulumi/pulumi'));

/** Loads the package when somebody asks for what it exports under this name. */
function lazily(name: string, exported: string): void {
  const file = resolved(name);
  if (file === null || require.cache[file] !== undefined) return;
  const exports = Object.defineProperty({ __esModule: true }, exported, {
    enumerable: true,
    get: (): unknown => {
      if (require.cache[file]?.exports === exports) delete require.cache[file];
      const loaded = ofPulumi(file);
      return exported === 'default' ? loaded : Reflect.get(loaded, exported);
    },
  });
  const made = { id: file, filename: file, loaded: true, exports, children: [], paths: [] };
  require.cache[file] = Object.assign(Object.create(require('node:module').prototype), made);
}

function resolved(name: string): string | null {
  try {
    return ofPulumi.resolve(name);
  } catch {
    return null; // a Pulumi that does without
  }
}

lazily('@npmcli/arborist', 'Arborist');
lazily('normalize-package-data', 'default');
