// GitHub's clock, as its answers tell it: one answer of another day changes nothing.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClock } from '../../app/github/octokit-requests.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const after = (seconds: number): string => new Date(NOW.getTime() + seconds * 1000).toUTCString();

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

test.each<readonly [what: string, said: readonly (string | null)[], seconds: number]>([
  ["this machine's before the first answer", [], 0],
  ['what the answers say', [after(5)], 5],
  ['the newest of them', [after(5), after(-3)], -3],
  ['nothing of what is no time', [after(5), null, '', 'yesterday'], 5],
  ['not what a single answer says of another day', [after(2), after(86_400)], 2],
  ['not after a right one in between either', [after(2), after(86_400), after(3), after(86_400)], 3],
  ['not of two that disagree', [after(86_400), after(-86_400)], 0],
  ['what two in a row say, however far off', [after(86_400), after(86_401)], 86_401],
  ['and back the same way', [after(86_400), after(86_401), after(1), after(2)], 2],
])('is %s', (_, said, seconds) => {
  const clock = createClock();
  for (const header of said) clock.read(header);
  expect(clock.now().getTime() - NOW.getTime()).toBe(seconds * 1000);
});
