// Our own calls stay below their rates, and an early end does not queue behind proofs.
import { expect, test } from 'vitest';
import { createLimiter, inShare } from '../../app/aws/limiter.ts';

test('a burst of one second, then the rate', async () => {
  const limiter = createLimiter({ ownPerSecond: 20, sweepPerSecond: 20 });
  const start = performance.now();
  await Promise.all(Array.from({ length: 20 }, limiter.ordinary));
  expect(performance.now() - start).toBeLessThan(200);
  await Promise.all(Array.from({ length: 6 }, limiter.ordinary));
  expect(performance.now() - start).toBeGreaterThan(250);
});

test('the sweep has its own slower rate and counts against the common one', async () => {
  const limiter = createLimiter({ ownPerSecond: 40, sweepPerSecond: 10 });
  const start = performance.now();
  await Promise.all(Array.from({ length: 13 }, limiter.sweep));
  expect(performance.now() - start).toBeGreaterThan(250);
  await Promise.all(Array.from({ length: 40 }, limiter.ordinary));
  const sharing = performance.now();
  await Promise.all([...Array.from({ length: 4 }, limiter.ordinary)]);
  expect(performance.now() - sharing).toBeGreaterThan(70);
});

test('urgent calls do not wait for those that do, however many', async () => {
  const limiter = createLimiter({ urgentPerSecond: 20, ownPerSecond: 2 });
  const order: string[] = [];
  const waiting = Array.from({ length: 4 }, () => limiter.ordinary().then(() => order.push('ordinary')));
  const urgent = Array.from({ length: 20 }, () => limiter.urgent().then(() => order.push('urgent')));
  await Promise.all(urgent);
  expect(order.filter((one) => one === 'ordinary').length).toBeLessThanOrEqual(2);
  await Promise.all(waiting);
});

test('all lanes together leave the engine a third of what Identity Center takes', async () => {
  const limiter = createLimiter();
  let calls = 0;
  for (const lane of [limiter.urgent, limiter.ordinary, limiter.sweep])
    for (let i = 0; i < 40; i++) void lane().then(() => calls++);
  // The bursts of the first second are past.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const [before, began] = [calls, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const [made, seconds] = [calls - before, (performance.now() - began) / 1000];
  // 8 and 5 a second; each bucket may just have begun with one more, and a busy machine fires timers late.
  expect(made).toBeLessThanOrEqual(13 * seconds + 3);
  expect(made).toBeGreaterThanOrEqual(10 * seconds);
});

test('of the calls that wait in a lane each share has its turn, the calls of one share in their order', async () => {
  const limiter = createLimiter({ urgentPerSecond: 20 });
  await Promise.all(Array.from({ length: 20 }, limiter.urgent));
  const order: string[] = [];
  const ask = (share: string, i: number) => inShare(share, () => limiter.urgent()).then(() => order.push(share + i));
  await Promise.all([1, 2, 3, 4].map((i) => ask('a', i)).concat([1, 2].map((i) => ask('b', i))));
  expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'a4']);
});
