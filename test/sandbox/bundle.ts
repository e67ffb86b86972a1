// The programs that the tests start hundreds of times, each in one file: to find the 900 modules of the app takes 0.4 s of a
// processor at every start. Where a module of the app lies is answered as in the built package, one file beside the other.
import { copyFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'node_modules', '.cache', 'breakglass', 'bundle');
/** The environment variable that says where they are; without it, programs are started from their sources. */
const BUNDLE = 'BREAKGLASS_TEST_BUNDLE';

const PROGRAMS = [
  'app/cli/main.ts',
  'app/engine/child.ts',
  'app/reconcile/policy-thread.ts',
  'test/attacks/run.ts',
  'test/engine/child-stub.ts',
  'test/sandbox/provider/provider.ts',
  'test/simulation/real/engine-child.ts',
  'test/simulation/real/engine-main.ts',
] as const;

/** The file to start for a program. */
export function started(program: (typeof PROGRAMS)[number]): string {
  const folder = process.env[BUNDLE];
  return folder === undefined ? join(ROOT, program) : join(folder, built(program));
}

/** For the script that starts the stand-in plugin. */
export const providerEnvironment = (): Record<string, string> => ({
  BREAKGLASS_SANDBOX_PROVIDER: started('test/sandbox/provider/provider.ts'),
});

/** Makes them all; what this process starts from then on is started from them. */
export async function bundlePrograms(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await Promise.all(PROGRAMS.map(bundleOne));
  await copyFile(join(ROOT, 'package.json'), join(FOLDER, 'package.json'));
  process.env[BUNDLE] = FOLDER;
}

async function bundleOne(program: string): Promise<void> {
  const bundle = await rolldown({
    input: join(ROOT, program),
    cwd: ROOT,
    platform: 'node',
    // What app/engine/lazy-arborist.ts puts off.
    external: ['@npmcli/arborist', 'normalize-package-data'],
    plugins: [keepPlaces],
    logLevel: 'silent',
  });
  await bundle.write({ file: join(FOLDER, built(program)), format: 'esm', codeSplitting: false });
  await bundle.close();
}

/** Pieced together, as this file is bundled itself. */
const META = ['import', 'meta'].join('.');
const underscored = (name: string) => new RegExp(`(?<![\\w.$])__${name}\\b`, 'g');

const keepPlaces: Plugin = {
  name: 'keep-places',
  transform: (code, id) => {
    const place = id.startsWith(join(ROOT, 'app/')) ? join(FOLDER, built(relative(ROOT, id))) : id;
    return code
      .replaceAll(`${META}.url`, JSON.stringify(pathToFileURL(place).href))
      .replaceAll(`${META}.dirname`, JSON.stringify(dirname(place)))
      .replaceAll(underscored('dirname'), JSON.stringify(dirname(place)))
      .replaceAll(underscored('filename'), JSON.stringify(place));
  },
};

const built = (program: string): string => program.replace(/\.ts$/, '.js');
