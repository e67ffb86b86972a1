// At its start Pulumi loads npm's package resolver, for programs whose functions become a cloud's: a third of what a child's
// start costs, and nothing that is used here. Whoever asks for it gets it then.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const ofPulumi = createRequire(require.resolve('@pulumi/pulumi'));

function resolved(name: string): string | null {
  try {
    return ofPulumi.resolve(name);
  } catch {
    return null; // a Pulumi that does without
  }
}

const file = resolved('@npmcli/arborist');
if (file !== null && require.cache[file] === undefined) {
  const exports = {
    __esModule: true,
    get Arborist(): unknown {
      if (require.cache[file]?.exports === exports) delete require.cache[file];
      return ofPulumi(file).Arborist;
    },
  };
  require.cache[file] = Object.assign(Object.create(require('node:module').prototype), {
    id: file,
    filename: file,
    loaded: true,
    exports,
    children: [],
    paths: [],
  });
}
