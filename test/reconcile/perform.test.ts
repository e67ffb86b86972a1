// A check of our name by another app is said once for the app, whatever number of heads it is set on.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ForeignCheck } from '../../app/github/port.ts';
import { createAlarms } from '../../app/reconcile/alarms.ts';
import type { Context } from '../../app/reconcile/context.ts';
import { perform } from '../../app/reconcile/perform.ts';
import { emptyMemory } from './remembered.ts';

const log = pino({ level: 'silent' });
const content = { conclusion: 'success', title: '', summary: '' } as const;

function stage() {
  const foreign = new Map<string, readonly ForeignCheck[]>();
  const alarms = createAlarms({ log, now: () => new Date('2026-11-22T05:00:00Z') });
  const memory = emptyMemory();
  const github = {
    checkRuns: async (sha: string) => ({ own: [], foreign: foreign.get(sha) ?? [] }),
    setCheck: async () => {},
  } as unknown as Context['github'];
  const judge = async (sha: string, ...found: ForeignCheck[]) => {
    if (found.length > 0) foreign.set(sha, found);
    await perform({ github, log, alarms, memory }, [{ kind: 'set-check', sha, content }], []);
  };
  return { alarms, memory, judge };
}

const by = (appId: number | null, app = 'ci'): ForeignCheck => ({ appId, app, conclusion: 'success' });

test('a hundred heads are one alarm, which names the newest', async () => {
  const { alarms, judge } = stage();
  for (let i = 0; i < 100; i += 1) await judge(`head-${i}`, by(7));
  expect(alarms.open()).toMatchObject([{ code: 'foreign-check', subject: '7' }]);
  expect(alarms.open()[0]?.sentence).toContain('on head-99,');
  expect(alarms.opened().get('foreign-check')).toBe(1);
  // Two open pull requests must not change it in turn, as the issue is written with each change.
  await judge('head-3');
  expect(alarms.open()[0]?.sentence).toContain('on head-99,');
});

test('another app is another alarm, also where GitHub names none', async () => {
  const { alarms, judge } = stage();
  await judge('head', by(7), by(8), by(null, 'gone'));
  expect(alarms.open().map(({ subject }) => subject)).toEqual(['7', '8', 'gone']);
});

test('what is remembered has an end', async () => {
  const { memory, judge } = stage();
  for (let i = 0; i < 2_500; i += 1) await judge(`head-${i}`, by(7));
  expect(memory.foreignChecks.size).toBeLessThanOrEqual(1_000);
});
