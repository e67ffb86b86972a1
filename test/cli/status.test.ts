// What `breakglass status` makes of proofs and of what the app saw: "removed" only with a proof, red where it matters.
import { describe, expect, test } from 'vitest';
import type { Life } from '../../app/audit/life.ts';
import { appLines, appStatus, needsAttention, savedFor } from '../../app/cli/status-app.ts';
import { proofLines, proofsOf } from '../../app/cli/status-proofs.ts';
import type { Terminal } from '../../app/cli/terminal.ts';
import type { Saved } from '../../app/reconcile/watch-file.ts';
import { AT, seen, trouble } from '../server/scraped.ts';

const NONE = { granted: null, removed: null };
const life = (state: Life['state'], proof: string | null = null): Life => ({ state, endedAt: AT, end: null, proof });
const pending = { ended: 'deadline', proof: 'proven a b requests c' };

describe('proof of removal', () => {
  test.each([
    ['a live grant has none', life('active'), null, undefined],
    ['recorded', life('removed', 'proven a b requests c'), null, 'proven a b requests c'],
    ['a record without one', life('removed'), null, 'not proven: the record of its end holds no proof'],
    ['on its way', life('ending'), null, 'not proven: AWS has not been found empty twice yet'],
    [
      'had, not recorded',
      life('ending'),
      pending,
      'proven a b requests c (by the app on this machine; not in the history yet)',
    ],
    [
      'a file that somebody deleted',
      life('unproven'),
      null,
      'not proven: its file was deleted without a record of the app',
    ],
    [
      'the same, proved',
      life('unproven'),
      pending,
      'proven a b requests c (by the app on this machine; not in the history yet)',
    ],
  ])('%s', (_, of, removed, text) => {
    const lines = proofLines(proofsOf(of, { ...NONE, removed }));
    expect(lines.find(([name]) => name === 'proof of removal')?.[1]).toBe(text);
  });
});

test.each([
  [null, /^not proven: this machine has no record/],
  [{ at: AT, requests: ['r1', 'r2'] }, /^proven 2026-11-22T05:00:00Z requests r1 r2$/],
])('proof of grant: %j', (granted, text) => {
  expect(proofLines(proofsOf(life('active'), { ...NONE, granted }))[0]?.[1]).toMatch(text);
});

const saved = (more: Partial<Saved> = {}): Saved => ({
  ...seen().watch,
  saidAlarms: [],
  alarmIssue: null,
  proofs: { granted: [], removed: [] },
  passSeconds: 60,
  ...more,
});
const terminal: Terminal = { out: () => {}, note: () => {}, tone: (tone, text) => `${tone}: ${text}`, now: () => AT };
const later = (seconds: number) => new Date(AT.getTime() + seconds * 1000);

describe('the app on this machine', () => {
  test('is shown with its clocks, what is stuck, what fails, and the oldest removal', () => {
    const lines = appLines(appStatus(saved(), later(12)), terminal);
    expect(lines.slice(1)).toEqual([
      'The app, 12s ago: last pass without a problem 2026-11-22T04:59:30Z, engine ready.',
      "Clocks beside this machine's: AWS 2 s behind, GitHub the same.",
      'red: Stuck since 2026-11-22T04:00:00Z: taking away db-down: AWS answered a secret of octocat',
      'Oldest removal that is not proven: db-down, ended 2026-11-22T04:00:00Z.',
    ]);
  });

  test('shows alarms and problems, in one line each whatever they hold', () => {
    const alarms = [
      {
        code: 'grant-edited',
        subject: 'a',
        sentence: 'by\n\u001b[31mred',
        since: AT,
        until: null,
        announced: false,
      } as const,
    ];
    const app = appStatus(saved({ alarms, problems: ['git fetch:\nno'], lastPass: null }), later(0));
    const lines = appLines(app, terminal);
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(lines).toContain('yellow: In the last pass: git fetch: no');
    expect(lines.some((line) => /^red: Alarm grant-edited since 2026-11-22T05:00:00Z: by\s+\S*red/.test(line))).toBe(
      true,
    );
    expect(lines[1]).toContain('no pass without a problem yet');
    expect(needsAttention(app)).toBe(true);
  });

  test('that is stuck nowhere but fails is yellow', () => {
    const failing = [trouble('granting', '2026-11-22T04:59:00Z')];
    const app = appStatus(saved({ standing: { live: 1, failing, stuck: [], unproven: [] } }), later(0));
    expect(appLines(app, terminal).at(-1)).toMatch(/^yellow: Failing since 2026-11-22T04:59:00Z: making db-down/);
    expect(needsAttention(app)).toBe(false);
  });

  test.each([
    [3 * 60 + 30, false],
    [3 * 60 + 31, true],
  ])('%i s after its last word is silent: %s', (seconds, silent) => {
    const app = appStatus(saved({ standing: null }), later(seconds));
    expect(app.silent).toBe(silent);
    expect(needsAttention(app)).toBe(silent);
    expect(appLines(app, terminal)[1]?.startsWith('red: The app has said nothing since 2026-11-22T05:00:00Z')).toBe(
      silent,
    );
  });
});

test('of another clone than the mirror of the app, nothing is said of the app', () => {
  expect(savedFor('/somewhere/clone', { BREAKGLASS_DATA_DIR: '/data' })).toBeNull();
  expect(appLines(null, terminal)).toEqual([]);
});
