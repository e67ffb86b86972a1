// Examines proposed policies in threads of their own, one at a time and within limits: anybody who can push may propose
// one that takes minutes, and ends, denials and merges wait for nobody.
import { Worker } from 'node:worker_threads';
import type { Examination, Examine, Examined } from './policy-examination.ts';

export type ExaminerLimits = {
  readonly milliseconds: number;
  readonly heapMb: number;
  /** The module that a thread runs; another one only in tests of the limits alone. */
  readonly threadModule?: URL;
};

export const EXAMINER_LIMITS: ExaminerLimits = { milliseconds: 20_000, heapMb: 512 };

export function createExaminer(limits: ExaminerLimits = EXAMINER_LIMITS): Examine {
  let line: Promise<unknown> = Promise.resolve();
  return (ask, isWanted = () => true) => {
    const turn = line.then(async () => {
      if (!isWanted()) throw new Error('nobody waits for this examination of a policy any more');
      const asked = await ask();
      return asked.kind === 'too-large' ? asked : await inThread(asked, limits);
    });
    line = turn.catch(() => undefined);
    return turn;
  };
}

/** Unreferenced: an app that is asked to stop does not wait for it. */
function inThread(asked: Examination, { milliseconds, heapMb, threadModule }: ExaminerLimits): Promise<Examined> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(threadModule ?? ownThread(), {
      workerData: asked,
      // Nothing of the process's secrets, and none of its debugging flags.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    thread.unref();
    const end = (settle: () => void) => {
      clearTimeout(timer);
      void thread.terminate();
      settle();
    };
    const timer = setTimeout(() => end(() => resolve(tooSlow(asked, milliseconds))), milliseconds);
    timer.unref();
    thread.once('message', (answer: Examined) => end(() => resolve(answer)));
    thread.once('error', (error) => end(() => (isOutOfMemory(error) ? resolve(tooMuch(heapMb)) : reject(error))));
    thread.once('exit', (code) =>
      end(() => reject(new Error(`the thread of a policy ended without an answer (${code})`))),
    );
  });
}

function tooSlow({ kind }: Examination, milliseconds: number): Examined {
  const what = kind === 'read' ? 'reading it takes' : 'its tests, the linter and past requests take';
  return { kind: 'too-large', why: `${what} longer than ${milliseconds / 1000} seconds` };
}

function tooMuch(heapMb: number): Examined {
  return { kind: 'too-large', why: `it needs more than ${heapMb} MiB of memory` };
}

/** Of the heap, or of the stack by what is nested too deep. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === OUT_OF_MEMORY);
}

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

function ownThread(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './policy-thread.ts' : './policy-thread.js', import.meta.url);
}
