// Makes a clone ready, from nothing but Node 18, npm and Git: checks the machine, installs the locked packages, finds
// Node 24 and the Pulumi engine, and then runs what it was given. Plain JavaScript, as nothing else runs before it.
//
//   node test/setup.mjs [--without-engine] [FILE ARGUMENT …]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Every process that is started would compile the same modules anew: half of what a start costs. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'breakglass', 'compiled');
/** `git merge-tree --write-tree`, which the GitHub double merges with. */
const OLDEST_GIT = [2, 38];
/** Runs TypeScript as it is, and is what the libraries ask for. */
const OLDEST_NODE = [22, 20];

/** What the machine lacks, each with the next step. `version` answers a command's output, or null where there is none. */
export function missingTools(version) {
  const problems = [];
  const git = version('git', ['--version']);
  if (git === null) problems.push('git is missing. Install it: apt-get install git, or https://git-scm.com/downloads');
  else if (!atLeast(git, OLDEST_GIT))
    problems.push(
      `${git.trim()} is too old: ${OLDEST_GIT.join('.')} or newer is needed. https://git-scm.com/downloads`,
    );
  if (version('npm', ['--version']) === null)
    problems.push('npm is missing. Install it with Node: apt-get install npm, or https://nodejs.org/en/download');
  return problems;
}

/** Why node_modules is not what package-lock.json says, or null when it is: npm keeps its own list of what it installed. */
export function outdated(root, { platform, arch } = process) {
  const locked = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (installed === null) return 'the packages are not installed yet';
  for (const [path, wanted] of Object.entries(locked ?? {})) {
    const found = installed[path];
    const shipped = path === `node_modules/node-${platform}-${arch}`;
    // Packages for other machines are in the lock and never installed.
    if (path === '' || (found === undefined && wanted.optional === true && !shipped)) continue;
    const name = path.replace(/^.*node_modules\//, '');
    if (found === undefined) return `${name} ${wanted.version} is not installed`;
    if (found.version !== wanted.version || found.integrity !== wanted.integrity)
      return `${name} is ${found.version}, package-lock.json says ${wanted.version}`;
    if (shipped && !existsSync(join(root, path, 'bin', 'node'))) return `${name} is not complete`;
  }
  return null;
}

/** The Node that came with the packages, else the machine's own where it is new enough, else null. */
export function chooseNode(root, { platform, arch, version, execPath } = process) {
  const shipped = join(root, 'node_modules', `node-${platform}-${arch}`, 'bin', 'node');
  if (existsSync(shipped)) return shipped;
  return atLeast(version, OLDEST_NODE) ? execPath : null;
}

export function atLeast(text, wanted) {
  const numbers = /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  if (numbers === undefined) return false;
  const at = wanted.findIndex((number, i) => numbers[i] !== number);
  return at === -1 || numbers[at] > wanted[at];
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

async function main() {
  const [first, ...rest] = process.argv.slice(2);
  const withEngine = first !== '--without-engine';
  const command = withEngine && first !== undefined ? [first, ...rest] : rest;
  const problems = missingTools(machineVersion);
  if (problems.length > 0) stop(['breakglass cannot run here yet:', ...problems.map((one) => `  - ${one}`)]);
  await install();
  const node = chooseNode(ROOT);
  if (node === null)
    stop([
      `breakglass needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version}, and the packages bring none for ${process.platform} on ${process.arch}.`,
      'Install one from https://nodejs.org/en/download and run this again.',
    ]);
  if (withEngine) {
    const code = await run(node, [join(ROOT, 'test', 'setup-engine.ts')]);
    if (code !== 0) process.exit(code);
  }
  if (command.length > 0) process.exit(await run(node, command));
}

function machineVersion(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', env: machineEnvironment() });
  return status === 0 ? stdout : null;
}

async function install() {
  const why = outdated(ROOT);
  if (why === null) return;
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say(`Installing the packages of package-lock.json, as ${why} (about a minute the first time) …`);
  const ticker = setInterval(() => say(`Installing the packages … ${seconds()} s`), 10_000);
  // A production setting of the machine must not leave out what the tests and the demo need.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional'];
  const code = await wait(spawn('npm', args, { cwd: ROOT, env: machineEnvironment(), stdio: ['ignore', 2, 2] }));
  clearInterval(ticker);
  if (code !== 0)
    stop([`npm ci ended with ${code}: its words are above. It needs the npm registry or your mirror of it.`]);
  say(`Installed in ${seconds()} s.`);
}

/** Without this folder's own Node: npm must not run on what it is about to replace. */
function machineEnvironment() {
  const own = join(ROOT, 'node_modules');
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(own));
  return { ...process.env, PATH: path.join(delimiter) };
}

function run(node, args) {
  const path = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env, PATH: path };
  return wait(spawn(node, args, { cwd: ROOT, stdio: 'inherit', env }));
}

/** Ctrl-C reaches the child by the terminal; this process stays to hand on its answer. */
function wait(child) {
  const ignore = () => {};
  const forward = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  return new Promise((resolve) => {
    const done = (code) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code);
    };
    child.once('error', (error) => {
      say(error.message);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/** On stderr, so that `--json` keeps stdout for itself. */
function say(line) {
  process.stderr.write(`${line}\n`);
}

function stop(lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
