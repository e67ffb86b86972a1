// Loaded into the app and its child before anything else: sees the processes that they start and the files of the data
// folder that they touch, and kills them there. It stands at Node's own functions, so a call that the code gains is met
// without being named. What git and the engine do themselves, threads and streams are not met here.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { ALWAYS, type Kind, type Maker, oddity, openTape, type Tape } from './tape.ts';

const { readlinkSync } = fs;
const WRITES = [
  ...['appendFile', 'chmod', 'copyFile', 'cp', 'fsync', 'link', 'mkdir', 'mkdtemp', 'open', 'rename', 'rm', 'rmdir'],
  ...['symlink', 'truncate', 'unlink', 'utimes', 'write', 'writeFile'],
];
const READS = ['readFile', 'readdir', 'stat', 'lstat', 'readlink'];
const READ_FAULTS: readonly Kind[] = ['kill-before', 'kill-app', 'error'];

const folder = process.env.BREAKGLASS_CHAOS;
const maker = makerOf(process.argv[1] ?? '');
if (folder !== undefined && maker !== null && isMainThread) witness(openTape(folder), maker);

function makerOf(main: string): Maker | null {
  if (/app[/\\]cli[/\\]main\.[tj]s$/.test(main)) return 'app';
  return /app[/\\]engine[/\\]child\.[tj]s$/.test(main) ? 'child' : null;
}

function witness(tape: Tape, who: Maker): void {
  // By its key the AWS double tells the plugin, which inherits this, from the app.
  if (who === 'child') process.env.AWS_ACCESS_KEY_ID = 'AKIAPLUGIN';
  const next = (point: string, possible?: readonly Kind[]) => tape.next(who, point, possible);
  watchFiles(next);
  watchProcesses(next);
  syncBuiltinESMExports();
}

type Next = (point: string, possible?: readonly Kind[]) => Kind | null;

const APP = process.ppid;

function dieBefore(kind: Kind | null): void {
  if (kind === 'kill-before') process.kill(process.pid, 'SIGKILL');
  // Whoever adopted this child when the app died must not die for it.
  if (kind === 'kill-app' && process.ppid === APP) process.kill(APP, 'SIGKILL');
}

function dieAfter(kind: Kind | null): void {
  if (kind === 'kill-after') process.kill(process.pid, 'SIGKILL');
}

function before(kind: Kind | null, verb: string): void {
  dieBefore(kind);
  if (kind === 'error') throw failed(verb);
}

function after(kind: Kind | null, verb: string): void {
  dieAfter(kind);
  if (kind === 'error-after') throw failed(verb);
}

function failed(point: string): Error {
  return Object.assign(new Error(`EIO: i/o error, ${point}`), { code: 'EIO', errno: -5 });
}

function watchFiles(next: Next): void {
  const sync = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const promises = fs.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const verb of [...WRITES, ...READS]) {
    const name = `${verb}Sync`;
    const original = sync[name];
    if (original !== undefined)
      sync[name] = (...args) => {
        const kind = met(next, verb, args);
        before(kind, verb);
        const value = original(...args);
        after(kind, verb);
        return value;
      };
    const promised = promises[verb];
    if (promised !== undefined)
      promises[verb] = async (...args) => {
        const kind = met(next, verb, args);
        before(kind, verb);
        const value = await promised(...args);
        after(kind, verb);
        return value;
      };
  }
}

function met(next: Next, verb: string, args: readonly unknown[]): Kind | null {
  if (verb === 'open' && (args[1] ?? 'r') === 'r') return null;
  const path = pathOf(args[0]);
  if (path === null) return null;
  return next(`file ${verb} ${path}`, READS.includes(verb) ? READ_FAULTS : undefined);
}

/** As it lies in the data folder, without what differs from run to run; null for what is not the app's. */
function pathOf(target: unknown): string | null {
  const root = process.env.BREAKGLASS_DATA_DIR;
  if (root === undefined) return null;
  const path = nameOf(target);
  const own = path === null ? '..' : relative(root, path);
  if (own === '' || own.startsWith('..') || /^(mirror\.git(?!\/refs\/breakglass)|pulumi-home)\b/.test(own)) return null;
  return own
    .replaceAll(/\bg-[a-z0-9-]+/g, 'g-*')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replace(/(?<=^(ended-early|held)\/)[0-9a-z-]+/, '*')
    .replaceAll(/\d+/g, '*');
}

function nameOf(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (target instanceof URL) return fileURLToPath(target);
  if (typeof target !== 'number') return null;
  try {
    return readlinkSync(`/proc/self/fd/${target}`);
  } catch {
    return null;
  }
}

type Spawned = { file: string; args: string[] };

function watchProcesses(next: Next): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as {
    spawn: (this: childProcess.ChildProcess, options: Spawned) => unknown;
  };
  const original = prototype.spawn;
  prototype.spawn = function (options) {
    const point = commandOf(options);
    const kind = next(point, possibleAt(point));
    dieBefore(kind);
    if (kind === 'error') options.file = '/bin/false';
    if (kind === 'error-after') throughShell(options, '"$@"; exit 1');
    if (kind === 'kill-tool') killTool(options, point);
    if (kind === 'kill-after') this.prependOnceListener('exit', () => dieAfter(kind));
    return original.call(this, options);
  };
}

function throughShell(options: Spawned, script: string): void {
  options.args = ['sh', '-c', script, 'sh', options.file, ...options.args.slice(1)];
  options.file = '/bin/sh';
}

/**
 * The command dies in the middle of its work: a git that writes refs while it holds their locks, as a hook says; one that
 * only reads as if it had never begun, as it takes two milliseconds; the engine's after a part of its second.
 */
function killTool(options: Spawned, point: string): void {
  const isGit = point.startsWith('git ');
  if (/^git (fetch|update-ref)$/.test(point)) options.args.splice(1, 0, '-c', `core.hooksPath=${folder}/hooks`);
  const isBrief = isGit && !/^git (fetch|update-ref|cat-file)$/.test(point);
  const seconds = isGit ? 0.04 : 0.1 + (oddity(point) % 10) / 10;
  throughShell(options, isBrief ? 'kill -9 $$' : killedAfter(seconds));
}

/** The shell becomes the command; who kills it holds none of its pipes open, and kills nobody who has its number later. */
function killedAfter(seconds: number): string {
  const start = '$(cut -d" " -f22 /proc/$$/stat)';
  return `s=${start}; (sleep ${seconds}; [ "${start}" = "$s" ] && kill -9 $$) </dev/null >/dev/null 2>&1 & exec "$@"`;
}

function possibleAt(point: string): readonly Kind[] {
  // It runs as long as the app does: there is no after.
  if (point === 'git cat-file') return [...READ_FAULTS, 'kill-tool'];
  // What is forked has a channel that no shell hands on.
  if (point.startsWith('fork ')) return ['kill-before', 'kill-after', 'kill-app', 'error'];
  return [...ALWAYS, 'kill-tool'];
}

/** The command and what it shall do, without paths and ids. */
function commandOf({ file, args }: Spawned): string {
  const name = basename(file);
  const rest = args.slice(1);
  if (name === 'node') return `fork ${basename(rest.find((one) => /\.[tj]s$/.test(one)) ?? 'node')}`;
  if (rest[0] === '-C') rest.splice(0, 2);
  while (rest[0] === '-c') rest.splice(0, 2);
  const [verb = '', second = ''] = rest;
  return `${name} ${verb}${/^[a-z-]+$/.test(second) && verb === 'stack' ? ` ${second}` : ''}`;
}
