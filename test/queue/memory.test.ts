// What the keyed queue promises: one run of a key at a time, and a run after every call.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryQueue } from '../../app/queue/memory.ts';
import type { Handle, QueueOptions } from '../../app/queue/queue.ts';

const RETRY = { firstMs: 1_000, maxMs: 8_000 };

const queueOf = (handle: Handle, more: Partial<QueueOptions> = {}) =>
  createMemoryQueue({ concurrency: 2, handle, retry: RETRY, onError: () => {}, ...more });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('keys that take no place', () => {
  it('start beside a full queue, never twice at once, and leave their places to the others', async () => {
    const running = new Set<string>();
    const most = { all: 0, pulls: 0 };
    const queue = queueOf(
      async (key) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        most.all = Math.max(most.all, running.size);
        most.pulls = Math.max(most.pulls, [...running].filter((one) => one.startsWith('pull')).length);
        await sleep(100);
        running.delete(key);
      },
      { concurrency: 2, placeless: (key) => key.startsWith('grant:') },
    );
    for (let n = 0; n < 5; n++) queue.enqueue(`pull:${n}`);
    await vi.advanceTimersByTimeAsync(10);
    for (let n = 0; n < 20; n++) queue.enqueue(`grant:${n}`);
    await vi.advanceTimersByTimeAsync(10);
    expect(running.size).toBe(22);
    queue.enqueue('grant:0');
    await vi.advanceTimersByTimeAsync(400);
    expect(most).toEqual({ all: 22, pulls: 2 });
    expect(queue.size()).toBe(0);
  });
});

describe('enqueue', () => {
  it('never runs the handler before it returns', async () => {
    const runs: string[] = [];
    const queue = queueOf(async (key) => void runs.push(key));
    queue.enqueue('a');
    expect(runs).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toEqual(['a']);
    expect(queue.size()).toBe(0);
  });

  it('collapses calls for one key into one run', async () => {
    const handle = vi.fn(async () => {});
    const queue = queueOf(handle);
    for (let n = 0; n < 5; n++) queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(10);
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('runs once more after a run during which the key was enqueued, however often', async () => {
    const handle = vi.fn(() => sleep(100));
    const queue = queueOf(handle);
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(50);
    queue.enqueue('a');
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(40);
    expect(handle).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it('waits for the delay, which an earlier time shortens and a later one does not lengthen', async () => {
    const at: number[] = [];
    const start = performance.now();
    const queue = queueOf(async () => void at.push(Math.round(performance.now() - start)));
    queue.enqueue('a', 10_000);
    queue.enqueue('a', 500);
    queue.enqueue('a', 60_000);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(at).toEqual([500]);
  });

  it('sleeps towards a time that is farther than one timer reaches', async () => {
    const handle = vi.fn(async () => {});
    const days = 40 * 86_400_000;
    queueOf(handle).enqueue('a', days);
    await vi.advanceTimersByTimeAsync(days - 1_000);
    expect(handle).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(handle).toHaveBeenCalledTimes(1);
  });
});

describe('a run', () => {
  it('shares the workers, the highest priority first and the oldest first within it', async () => {
    const runs: string[] = [];
    const handle: Handle = async (key) => {
      runs.push(key);
      await sleep(10);
    };
    const queue = queueOf(handle, { concurrency: 1, priority: (key) => (key.startsWith('end:') ? 1 : 0) });
    for (const key of ['grant:1', 'grant:2', 'end:3', 'end:4']) queue.enqueue(key);
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toEqual(['end:3', 'end:4', 'grant:1', 'grant:2']);
  });

  it('may ask to be run again later', async () => {
    const handle = vi.fn<Handle>().mockResolvedValueOnce({ again: 5_000 }).mockResolvedValue(undefined);
    const queue = queueOf(handle);
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(4_900);
    expect(handle).toHaveBeenCalledTimes(1);
    expect(queue.size()).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(handle).toHaveBeenCalledTimes(2);
    expect(queue.size()).toBe(0);
  });

  it('that fails is repeated with a growing, bounded, jittered pause, which a success resets', async () => {
    const at: number[] = [];
    const attempts: number[] = [];
    let failing = true;
    const handle: Handle = async () => {
      at.push(performance.now());
      if (failing) throw new Error('no');
    };
    const queue = queueOf(handle, { onError: (_key, _error, attempt) => void attempts.push(attempt) });
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(60_000);
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    for (const [n, most] of [1_000, 2_000, 4_000, 8_000, 8_000, 8_000].entries()) {
      expect(pauses[n]).toBeGreaterThanOrEqual(most / 2);
      expect(pauses[n]).toBeLessThanOrEqual(most + 2);
    }
    failing = false;
    await vi.advanceTimersByTimeAsync(8_100);
    failing = true;
    attempts.length = 0;
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts).toEqual([1]);
  });

  it('that fails is repeated at once when the key is enqueued meanwhile', async () => {
    const handle = vi.fn<Handle>().mockRejectedValueOnce(new Error('no')).mockResolvedValue(undefined);
    const queue = queueOf(handle);
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(1);
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it('that fails or asks for later does not put off what was enqueued during it', async () => {
    for (const end of [() => Promise.reject(new Error('no')), async () => ({ again: 60_000 })]) {
      let runs = 0;
      const handle: Handle = async () => {
        runs += 1;
        await sleep(10);
        return runs === 1 ? end() : undefined;
      };
      const queue = queueOf(handle, { retry: { firstMs: 60_000, maxMs: 60_000 } });
      queue.enqueue('a');
      await vi.advanceTimersByTimeAsync(5);
      queue.enqueue('a');
      await vi.advanceTimersByTimeAsync(30);
      expect(runs).toBe(2);
    }
  });

  it('that succeeds and asks for later starts the count of failures anew', async () => {
    const attempts: number[] = [];
    const no = new Error('no');
    const handle = vi.fn<Handle>().mockRejectedValueOnce(no).mockResolvedValueOnce({ again: 10 });
    handle.mockRejectedValueOnce(no).mockResolvedValue(undefined);
    const queue = queueOf(handle, { onError: (_key, _error, attempt) => void attempts.push(attempt) });
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attempts).toEqual([1, 1]);
  });

  it('survives a handler that throws at once and an error handler that throws', async () => {
    const silenced = vi.spyOn(console, 'error').mockImplementation(() => {});
    let runs = 0;
    const handle: Handle = () => {
      runs += 1;
      throw new Error('at once');
    };
    const onError = (): void => {
      throw new Error('and again');
    };
    const queue = queueOf(handle, { onError });
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toBeGreaterThanOrEqual(2);
    expect(silenced).toHaveBeenCalled();
    silenced.mockRestore();
  });
});

describe('idle', () => {
  it('waits for what runs and what is due, not for what is due later', async () => {
    const done: string[] = [];
    const queue = queueOf(async (key) => {
      await sleep(100);
      done.push(key);
    });
    queue.enqueue('a');
    queue.enqueue('b');
    queue.enqueue('c');
    queue.enqueue('later', 60_000);
    const idle = queue.idle().then(() => done.push('idle'));
    await vi.advanceTimersByTimeAsync(300);
    await idle;
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'idle']);
    expect(done.at(-1)).toBe('idle');
  });

  it('is there at once in an empty queue', async () => {
    await expect(queueOf(async () => {}).idle()).resolves.toBeUndefined();
  });
});

describe('drain', () => {
  it('takes no more work, forgets what waits and lets what runs finish', async () => {
    const done: string[] = [];
    let aborted = false;
    const queue = queueOf(async (key, signal) => {
      await sleep(100);
      aborted ||= signal.aborted;
      done.push(key);
    });
    queue.enqueue('a');
    queue.enqueue('later', 200);
    await vi.advanceTimersByTimeAsync(10);
    queue.enqueue('a');
    const drained = queue.drain(5_000);
    queue.enqueue('b');
    await vi.advanceTimersByTimeAsync(1_000);
    await drained;
    expect(done).toEqual(['a']);
    expect(aborted).toBe(false);
    expect(queue.size()).toBe(0);
  });

  it('aborts what still runs after the grace, and leaves behind what ignores that', async () => {
    const reasons: unknown[] = [];
    const queue = queueOf(async (key, signal) => {
      signal.addEventListener('abort', () => reasons.push(key));
      await sleep(1_000_000);
    });
    queue.enqueue('a');
    await vi.advanceTimersByTimeAsync(1);
    let over = false;
    void queue.drain(500).then(() => {
      over = true;
    });
    await vi.advanceTimersByTimeAsync(499);
    expect(reasons).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(reasons).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(over).toBe(true);
  });
});

const STEP = fc.record({ key: fc.constantFrom('a', 'b', 'c'), delay: fc.nat(30), wait: fc.nat(20) });
const RUN = fc.record({ ms: fc.nat(25), fails: fc.boolean() });

describe('whatever is asked in whatever order', () => {
  it('a key never runs twice at once, workers are bounded, and after every call a run starts', async () => {
    const property = fc.asyncProperty(fc.array(STEP, { maxLength: 30 }), fc.array(RUN), async (steps, plans) => {
      vi.clearAllTimers();
      let clock = 0;
      const starts: { key: string; at: number }[] = [];
      const calls: { key: string; at: number }[] = [];
      const running = new Set<string>();
      const plan = [...plans];
      const handle: Handle = async (key) => {
        expect(running.has(key)).toBe(false);
        running.add(key);
        expect(running.size).toBeLessThanOrEqual(2);
        starts.push({ key, at: clock++ });
        const { ms, fails } = plan.shift() ?? { ms: 1, fails: false };
        await sleep(ms);
        running.delete(key);
        if (fails) throw new Error('planned');
      };
      const broken: unknown[] = [];
      const onError = (_key: string, error: unknown): void => {
        if (!(error instanceof Error && error.message === 'planned')) broken.push(error);
      };
      const queue = queueOf(handle, { onError });
      for (const { key, delay, wait } of steps) {
        calls.push({ key, at: clock++ });
        queue.enqueue(key, delay);
        await vi.advanceTimersByTimeAsync(wait);
      }
      await vi.advanceTimersByTimeAsync(100_000);
      expect(broken).toEqual([]);
      expect(queue.size()).toBe(0);
      for (const call of calls) expect(starts.some((run) => run.key === call.key && run.at > call.at)).toBe(true);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
