// What strangers can make any number of waits for what ends access, never the other way round.
import { afterEach, expect, test } from 'vitest';
import { createMemoryQueue } from '../../app/queue/memory.ts';
import { places } from '../../app/reconcile/worker.ts';
import { emptyMemory } from './remembered.ts';

const close: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of close.splice(0)) await one();
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

function stage() {
  const memory = emptyMemory();
  const started: string[] = [];
  const waiting = new Map<string, () => void>();
  const queue = createMemoryQueue({
    ...places({ memory }),
    handle: (key) => {
      started.push(key);
      return new Promise<void>((resolve) => waiting.set(key, resolve));
    },
    retry: { firstMs: 1_000, maxMs: 1_000 },
    onError: () => {},
  });
  const finish = (key: string) => {
    waiting.get(key)?.();
    waiting.delete(key);
  };
  close.push(
    () => queue.drain(0),
    () => [...waiting.keys()].forEach(finish),
  );
  return { memory, started, waiting, queue, finish };
}

test('a /revoke, the pass and the ends start beside five hundred pull requests and as many orphans', async () => {
  const { memory, started, queue } = stage();
  memory.livePulls.add(7);
  for (let n = 1000; n < 1500; n += 1) queue.enqueue(`pull:${n}`);
  for (let n = 0; n < 500; n += 1) queue.enqueue(`orphan:arn:${n}`);
  await expect.poll(() => started.length).toBe(64);
  started.length = 0;
  const urgent = ['grant:first', 'ordered-ends', 'pass', 'pull:7'];
  for (const key of urgent) queue.enqueue(key);
  queue.enqueue('pull:77');
  await expect.poll(() => started).toEqual(urgent);
  await turn();
  expect(started).toEqual(urgent);
});

test('the sweep, the removal and the alarms have the next place that becomes free', async () => {
  const { started, queue, finish } = stage();
  for (let n = 1000; n < 1500; n += 1) queue.enqueue(`pull:${n}`);
  await expect.poll(() => started.length).toBe(64);
  for (const key of ['sweep', 'removal', 'alarm-issue']) queue.enqueue(key);
  for (const key of started.splice(0, 3)) finish(key);
  await expect.poll(() => started.slice(-3)).toEqual(['sweep', 'removal', 'alarm-issue']);
});

test('of orphans four are taken away at once, and the others follow', async () => {
  const { started, waiting, queue, finish } = stage();
  for (let n = 0; n < 10; n += 1) queue.enqueue(`orphan:arn:${n}`);
  queue.enqueue('pull:1');
  await turn();
  expect([started.length, started.includes('pull:1')]).toEqual([5, true]);
  for (let done = 0; done < 10; done += 1) {
    const next = [...waiting.keys()].find((key) => key.startsWith('orphan:'));
    finish(next ?? expect.fail('none was started'));
    await turn();
    expect([...waiting.keys()].filter((key) => key.startsWith('orphan:'))).toHaveLength(Math.min(4, 9 - done));
  }
});
