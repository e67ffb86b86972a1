// The programs that the tests start hundreds of times, each in one file: to find the 900 modules of the app takes 0.4 s of a
// processor at every start. Where a module of the app lies is answered as in the built package, one file beside the other.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules', '.cache', 'breakglass', 'bundle');
/** The environment variable that says where they are; without it, programs are started from their sources. */
export const BUNDLE = 'BREAKGLASS_TEST_BUNDLE';

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

export function areBundled(): boolean {
  return process.env[BUNDLE] !== undefined;
}

/** For the script that starts the stand-in plugin. */
export const providerEnvironment = (): Record<string, string> => ({
  BREAKGLASS_SANDBOX_PROVIDER: started('test/sandbox/provider/provider.ts'),
});

/**
 * Makes them all, unless the same sources were bundled before; what this process starts from then on is started from them.
 * Two runs with other sources do not meet, and of two with the same the first whose folder is whole is taken.
 */
export async function bundlePrograms(): Promise<void> {
  const folder = join(CACHE, digest());
  if (!existsSync(folder)) {
    const aside = `${folder}.${process.pid}`;
    await Promise.all(PROGRAMS.map((program) => bundleOne(program, folder, aside)));
    await copyFile(join(ROOT, 'package.json'), join(aside, 'package.json'));
    await rename(aside, folder).catch(() => rm(aside, { recursive: true }));
  }
  await utimes(folder, new Date(), new Date());
  await forgetOld();
  process.env[BUNDLE] = folder;
}

/** Of everything that could be in them. */
function digest(): string {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const top of ['app', 'pulumi', 'test'])
    for (const file of readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).sort())
      if (file.endsWith('.ts')) hash.update(`${top}/${file}\0`).update(readFileSync(join(ROOT, top, file)));
  return hash.digest('hex').slice(0, 16);
}

const DAY_MS = 86_400_000;

async function forgetOld(): Promise<void> {
  const old = readdirSync(CACHE)
    .map((name) => join(CACHE, name))
    .filter((path) => Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > DAY_MS);
  await Promise.all(old.map((path) => rm(path, { recursive: true, force: true })));
}

async function bundleOne(program: string, folder: string, aside: string): Promise<void> {
  const bundle = await rolldown({
    input: join(ROOT, program),
    cwd: ROOT,
    platform: 'node',
    // What app/engine/lazy-arborist.ts puts off.
    external: ['@npmcli/arborist', 'normalize-package-data'],
    plugins: [keepPlaces(folder)],
    logLevel: 'silent',
  });
  // Without its comments and blanks it is read faster, at each of some thousand starts; names stay, for the stack traces.
  const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } } as const;
  await bundle.write({ file: join(aside, built(program)), format: 'esm', codeSplitting: false, minify });
  await bundle.close();
}

/** Pieced together, as this file is bundled itself. */
const META = ['import', 'meta'].join('.');
const underscored = (name: string) => new RegExp(`(?<![\\w.$])__${name}\\b`, 'g');

const keepPlaces = (folder: string): Plugin => ({
  name: 'keep-places',
  transform: (code, id) => {
    const place = id.startsWith(join(ROOT, 'app/')) ? join(folder, built(relative(ROOT, id))) : id;
    return code
      .replaceAll(`${META}.url`, JSON.stringify(pathToFileURL(place).href))
      .replaceAll(`${META}.dirname`, JSON.stringify(dirname(place)))
      .replaceAll(underscored('dirname'), JSON.stringify(dirname(place)))
      .replaceAll(underscored('filename'), JSON.stringify(place));
  },
});

const built = (program: string): string => program.replace(/\.ts$/, '.js');
