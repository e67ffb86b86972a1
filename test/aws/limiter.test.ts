// Our own calls stay below their rates, and an early end does not queue behind proofs.
import { expect, test } from 'vitest';
import { createLimiter } from '../../app/aws/limiter.ts';

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

test('urgent calls overtake those that wait', async () => {
  const limiter = createLimiter({ ownPerSecond: 20, sweepPerSecond: 20 });
  await Promise.all(Array.from({ length: 20 }, limiter.ordinary));
  const order: string[] = [];
  const waiting = Array.from({ length: 3 }, () => limiter.ordinary().then(() => order.push('ordinary')));
  const urgent = limiter.urgent().then(() => order.push('urgent'));
  await Promise.all([...waiting, urgent]);
  expect(order).toEqual(['urgent', 'ordinary', 'ordinary', 'ordinary']);
});
