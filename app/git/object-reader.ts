// One `git cat-file --batch-command` for each repository, kept for the life of the process: names in, objects out.
// Starting a git for every name is what judging a pull request would otherwise mostly wait for.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { gitEnvironment } from './git.ts';

export type ObjectFacts = { readonly id: string; readonly type: string; readonly size: number };
export type GitObject = ObjectFacts & { readonly bytes: Buffer };

type Question = {
  readonly kind: 'info' | 'contents';
  readonly answer: (found: GitObject | null) => void;
  readonly fail: (error: Error) => void;
};

type Reader = {
  readonly dir: string;
  readonly child: ChildProcess;
  readonly waiting: Question[];
  readonly arrived: Buffer[];
  /** Of the object that is arriving: how many bytes end it. */
  missing: number;
  timer: NodeJS.Timeout | null;
};

const readers = new Map<string, Reader>();
const TIMEOUT_MS = 60_000;
/** A repository that nobody reads keeps no process. */
const IDLE_MS = 10_000;

/** Type and size; `bytes` is empty. Null for what is not there. `name` is any object name. */
export function askInfo(dir: string, name: string): Promise<GitObject | null> {
  return ask(dir, 'info', name);
}

export function askContents(dir: string, name: string): Promise<GitObject | null> {
  return ask(dir, 'contents', name);
}

function ask(dir: string, kind: Question['kind'], name: string): Promise<GitObject | null> {
  // A line break would ask a second question, and every later answer would go to the wrong one.
  if (/[\n\r\0]/.test(name)) return Promise.reject(new Error('an object name has no line breaks'));
  return new Promise((answer, fail) => {
    const reader = readers.get(dir) ?? start(dir);
    reader.waiting.push({ kind, answer, fail });
    // Not again by each question: one that hangs must not live on those that come after it.
    if (reader.waiting.length === 1) hold(reader, true);
    reader.child.stdin?.write(`${kind} ${name}\n`);
  });
}

function start(dir: string): Reader {
  const child = spawn('git', ['-C', dir, 'cat-file', '--batch-command'], {
    env: gitEnvironment(),
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C goes to the whole group of a terminal, and what is being drained still reads.
    detached: true,
  });
  const reader: Reader = { dir, child, waiting: [], arrived: [], missing: 0, timer: null };
  readers.set(dir, reader);
  const ended = (why: string): void => {
    forget(reader);
    clearTimeout(reader.timer ?? undefined);
    for (const { fail } of reader.waiting.splice(0)) fail(new Error(`git cat-file failed: ${why}`));
  };
  child.on('error', (error) => ended(`${error.message}. Install git 2.38 or newer and put it on PATH.`));
  child.on('close', (code, signal) => ended(signal === null ? `exit ${code} in ${dir}` : `killed by ${signal}`));
  // A git that has ended says so by closing; what is still written to it is of no interest.
  child.stdin.on('error', () => {});
  child.stdout.on('data', (chunk: Buffer) => receive(reader, chunk));
  return reader;
}

/** While nobody waits, it keeps no process from ending; git ends when its input does. */
function hold(reader: Reader, busy: boolean): void {
  if (reader.timer !== null) clearTimeout(reader.timer);
  reader.timer = busy
    ? setTimeout(() => reader.child.kill('SIGKILL'), TIMEOUT_MS)
    : setTimeout(() => retire(reader), IDLE_MS).unref();
  const pipes = [reader.child.stdin, reader.child.stdout] as unknown as readonly (Socket | null)[];
  for (const one of [reader.child, ...pipes]) {
    if (busy) one?.ref();
    else one?.unref();
  }
}

function forget(reader: Reader): void {
  if (readers.get(reader.dir) === reader) readers.delete(reader.dir);
}

/** Where another repository takes the place of one: a git that runs would go on reading the one before. */
export function readAnew(dir: string): void {
  const reader = readers.get(dir);
  if (reader !== undefined) retire(reader);
}

function retire(reader: Reader): void {
  forget(reader);
  reader.child.stdin?.end();
}

/** Answers come in the order of the questions, each with its own length. */
function receive(reader: Reader, chunk: Buffer): void {
  reader.arrived.push(chunk);
  reader.missing -= chunk.length;
  if (reader.missing > 0) return;
  let bytes = Buffer.concat(reader.arrived);
  for (;;) {
    const taken = takeOne(reader, bytes);
    if (taken === 0) break;
    bytes = bytes.subarray(taken);
  }
  reader.arrived.splice(0, reader.arrived.length, bytes);
  hold(reader, reader.waiting.length > 0);
}

/** How many bytes the first answer took; 0 while it is not there as a whole. */
function takeOne(reader: Reader, bytes: Buffer): number {
  const [question] = reader.waiting;
  const end = bytes.indexOf(10);
  if (question === undefined || end < 0) return 0;
  const facts = readHeader(bytes.toString('utf8', 0, end));
  const length = facts === null || question.kind === 'info' ? end + 1 : end + 1 + facts.size + 1;
  reader.missing = length - bytes.length;
  if (reader.missing > 0) return 0;
  reader.waiting.shift();
  // Copied, so that a small file does not keep everything alive that arrived with it.
  const content = question.kind === 'info' ? Buffer.alloc(0) : Buffer.from(bytes.subarray(end + 1, length - 1));
  question.answer(facts === null ? null : { ...facts, bytes: content });
  return length;
}

/** Exactly what git writes for a found object; anything else (`… missing`, `… ambiguous`) is not one. */
export function readHeader(line: string): ObjectFacts | null {
  const [, id, type, size] = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(line) ?? [];
  return id === undefined || type === undefined || size === undefined ? null : { id, type, size: Number(size) };
}
