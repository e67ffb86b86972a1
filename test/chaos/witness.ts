// Loaded into the app and its child before anything else: sees every process they start and every file they write, and
// kills them there. It stands at Node's own functions, so a call that the code gains is met without being named.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { type Kind, type Maker, openTape, type Tape } from './tape.ts';

const { readlinkSync } = fs;
const WRITES = ['writeFile', 'rename', 'rm', 'unlink', 'mkdir', 'mkdtemp', 'link', 'open', 'fsync'] as const;
const READS = ['readFile', 'readdir', 'stat'] as const;

const folder = process.env.BREAKGLASS_CHAOS;
const maker = makerOf(process.argv[1] ?? '');
if (folder !== undefined && maker !== null && isMainThread) witness(openTape(folder), maker);

function makerOf(main: string): Maker | null {
  if (/app[/\\]cli[/\\]main\.ts$/.test(main)) return 'app';
  return /app[/\\]engine[/\\]child\.ts$/.test(main) ? 'child' : null;
}

function witness(tape: Tape, who: Maker): void {
  // By its key the AWS double tells the plugin, which inherits this, from the app.
  if (who === 'child') process.env.AWS_ACCESS_KEY_ID = 'AKIAPLUGIN';
  const next = (point: string, possible?: readonly Kind[]) => tape.next(who, point, possible);
  watchFiles(next, who);
  watchProcesses(next, who);
  syncBuiltinESMExports();
}

type Next = (point: string, possible?: readonly Kind[]) => Kind | null;

/** Before its call the maker dies; after a call of the child the app does, and the child is left to find out. */
function die(who: Maker, kind: 'kill-before' | 'kill-after'): void {
  const victim = who === 'child' && kind === 'kill-after' ? process.ppid : process.pid;
  process.kill(victim, 'SIGKILL');
}

function failed(point: string): Error {
  return Object.assign(new Error(`EIO: i/o error, ${point}`), { code: 'EIO', errno: -5 });
}

function watchFiles(next: Next, who: Maker): void {
  const sync = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const promises = fs.promises as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const verb of [...WRITES, ...READS]) {
    const name = `${verb}Sync`;
    const original = sync[name];
    if (original !== undefined)
      sync[name] = (...args) => {
        const kind = met(next, verb, args);
        if (kind === 'kill-before') die(who, kind);
        if (kind === 'error') throw failed(verb);
        const value = original(...args);
        if (kind === 'kill-after') die(who, kind);
        if (kind === 'error-after') throw failed(verb);
        return value;
      };
    const promised = promises[verb];
    if (promised !== undefined)
      promises[verb] = async (...args) => {
        const kind = met(next, verb, args);
        if (kind === 'kill-before') die(who, kind);
        if (kind === 'error') throw failed(verb);
        const value = await promised(...args);
        if (kind === 'kill-after') die(who, kind);
        if (kind === 'error-after') throw failed(verb);
        return value;
      };
  }
}

function met(
  next: Next,
  verb: (typeof WRITES)[number] | (typeof READS)[number],
  args: readonly unknown[],
): Kind | null {
  if (verb === 'open' && (args[1] ?? 'r') === 'r') return null;
  const path = pathOf(args[0]);
  if (path === null) return null;
  const isRead = READS.some((one) => one === verb);
  return next(`file ${verb} ${path}`, isRead ? ['error'] : undefined);
}

/** As it lies in the data folder, without what differs from run to run; null for what is not the app's. */
function pathOf(target: unknown): string | null {
  const root = process.env.BREAKGLASS_DATA_DIR;
  if (root === undefined) return null;
  const path = nameOf(target);
  const own = path === null ? '..' : relative(root, path);
  if (own === '' || own.startsWith('..') || /^(mirror|pulumi-home)\b/.test(own)) return null;
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

function watchProcesses(next: Next, who: Maker): void {
  const prototype = childProcess.ChildProcess.prototype as unknown as {
    spawn: (this: childProcess.ChildProcess, options: Spawned) => unknown;
  };
  const original = prototype.spawn;
  prototype.spawn = function (options) {
    const point = commandOf(options);
    // What is forked has a channel that no shell hands on.
    const isFork = point.startsWith('fork ');
    const kind = next(point, isFork ? ['kill-before', 'kill-after', 'error'] : undefined);
    if (kind === 'kill-before') die(who, kind);
    if (kind === 'error') options.file = '/bin/false';
    if (kind === 'error-after') {
      options.args = ['sh', '-c', '"$@"; exit 1', 'sh', options.file, ...options.args.slice(1)];
      options.file = '/bin/sh';
    }
    if (kind === 'kill-after') this.prependOnceListener('exit', () => die(who, kind));
    return original.call(this, options);
  };
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
