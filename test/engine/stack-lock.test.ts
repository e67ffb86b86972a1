// Which of the engine's locks may be broken, and how they are read.
import { describe, expect, it } from 'vitest';
import { isStale, locksIn, type Observer } from '../../app/engine/stack-lock.ts';

const observer: Observer = {
  hostname: 'here',
  now: new Date('2026-11-22T04:00:00Z'),
  hardLimitMs: 600_000,
  runs: (pid) => pid === 42,
};

describe('a lock', () => {
  it.each([
    ['of a process of ours that runs', { pid: 42, hostname: 'here', timestamp: '2026-11-22T03:00:00Z' }, false],
    ['of a process that is gone', { pid: 43, hostname: 'here', timestamp: '2026-11-22T03:59:59Z' }, true],
    ['of another host, young', { pid: 43, hostname: 'there', timestamp: '2026-11-22T03:50:00Z' }, false],
    [
      'of another host, older than any operation',
      { pid: 43, hostname: 'there', timestamp: '2026-11-22T03:49:59Z' },
      true,
    ],
    ['of another host, of no readable age', { pid: 43, hostname: 'there', timestamp: 'x' }, false],
  ])('%s', (_, lock, stale) => expect(isStale({ username: 'u', ...lock }, observer)).toBe(stale));

  it('is read from the engine’s refusal, each one of several', () => {
    const message = `error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://b/.pulumi/locks/x/1.json: created by app@host-a (pid 7) at 2026-11-22T03:00:00Z
  s3://b/.pulumi/locks/x/2.json: created by app@host-b (pid 8) at 2026-11-22T03:00:01Z`;
    expect(locksIn(message)).toEqual([
      { username: 'app', hostname: 'host-a', pid: 7, timestamp: '2026-11-22T03:00:00Z' },
      { username: 'app', hostname: 'host-b', pid: 8, timestamp: '2026-11-22T03:00:01Z' },
    ]);
  });
});
