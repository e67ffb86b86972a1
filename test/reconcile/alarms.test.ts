// An alarm is said once when it opens, is open while its condition holds, and a restart neither forgets nor repeats it.
import { describe, expect, test } from 'vitest';
import { createAlarms, type OpenAlarm } from '../../app/reconcile/alarms.ts';

const START = Date.parse('2026-11-22T05:00:00Z');

function stage(restored: readonly OpenAlarm[] = []) {
  let minutes = 0;
  const lines: (readonly [string, object, string])[] = [];
  const say = (level: string) => (facts: object, sentence: string) => void lines.push([level, facts, sentence]);
  const log = { error: say('error'), info: say('info') } as unknown as Parameters<typeof createAlarms>[0]['log'];
  const alarms = createAlarms({ log, now: () => new Date(START + minutes * 60_000), restored });
  const codes = () => alarms.open().map(({ code, subject }) => `${code} ${subject}`);
  return { alarms, lines, codes, pass: (more: number) => (minutes += more) };
}

describe('a condition', () => {
  test('is said when it opens, with its facts beside the code, and not again while it holds', () => {
    const { alarms, lines } = stage();
    for (let i = 0; i < 3; i += 1) alarms.raise('foreign-permission-set', 'db', 'not ours', { arn: 'arn:x' });
    expect(lines).toEqual([['error', { alarm: 'foreign-permission-set', arn: 'arn:x' }, 'not ours']]);
    expect(alarms.opened().get('foreign-permission-set')).toBe(1);
  });

  test('closes with a line that pages nobody, and opens anew with a time of its own', () => {
    const { alarms, lines, pass } = stage();
    alarms.raise('engine-unavailable', 'engine', 'no engine');
    alarms.clear('engine-unavailable', 'engine');
    alarms.clear('engine-unavailable', 'engine');
    expect(lines[1]).toEqual(['info', { alarmClosed: 'engine-unavailable', subject: 'engine' }, 'alarm closed']);
    expect(lines).toHaveLength(2);
    pass(5);
    alarms.raise('engine-unavailable', 'engine', 'no engine');
    expect(alarms.open()).toMatchObject([{ since: new Date(START + 300_000), announced: false }]);
    expect(alarms.opened().get('engine-unavailable')).toBe(2);
  });

  test('its sentence may change; its time and that people were told do not', () => {
    const { alarms, pass, lines } = stage();
    alarms.raise('grant-stuck', 'db', 'one way');
    alarms.announce(alarms.open());
    pass(1);
    alarms.raise('grant-stuck', 'db', 'another way');
    expect(alarms.open()).toMatchObject([{ sentence: 'another way', since: new Date(START), announced: true }]);
    expect(lines).toHaveLength(1);
  });

  test('clear leaves other subjects and codes alone, or takes all of the code', () => {
    const { alarms, codes } = stage();
    for (const subject of ['a', 'b', 'c']) alarms.raise('grant-stuck', subject, 'x');
    alarms.raise('removal-unproven', 'a', 'x');
    alarms.clear('grant-stuck', 'a');
    expect(codes()).toEqual(['grant-stuck b', 'grant-stuck c', 'removal-unproven a']);
    alarms.clear('grant-stuck');
    expect(codes()).toEqual(['removal-unproven a']);
  });

  test('hold opens what is new, keeps what still holds and closes the rest of its code alone', () => {
    const { alarms, codes, lines } = stage();
    alarms.raise('grant-stuck', 'z', 'x');
    alarms.hold('removal-unproven', [
      { subject: 'a', sentence: 'x' },
      { subject: 'b', sentence: 'x' },
    ]);
    alarms.hold('removal-unproven', [
      { subject: 'b', sentence: 'x' },
      { subject: 'c', sentence: 'x', facts: { grant: 'c' } },
    ]);
    expect(codes()).toEqual(['grant-stuck z', 'removal-unproven b', 'removal-unproven c']);
    expect(lines.filter(([level]) => level === 'error')).toHaveLength(4);
    expect(lines.at(-1)).toEqual(['error', { alarm: 'removal-unproven', grant: 'c' }, 'x']);
  });
});

describe('what happened', () => {
  test('is open for a day, whatever hold says of its code, and can happen again after', () => {
    const { alarms, codes, pass, lines } = stage();
    alarms.happened('drift-repaired', 'db', 'put back');
    alarms.happened('drift-repaired', 'db', 'put back');
    alarms.hold('drift-repaired', []);
    pass(24 * 60 - 1);
    expect(codes()).toEqual(['drift-repaired db']);
    pass(1);
    alarms.happened('drift-repaired', 'other', 'put back');
    expect(codes()).toEqual(['drift-repaired other']);
    pass(24 * 60);
    alarms.happened('drift-repaired', 'db', 'put back');
    expect(codes()).toEqual(['drift-repaired db']);
    expect(lines.map(([level]) => level)).toEqual(['error', 'info', 'error', 'info', 'error']);
  });
});

test('the oldest is first', () => {
  const { alarms, codes, pass } = stage();
  alarms.raise('removal-unproven', 'old', 'x');
  pass(1);
  alarms.raise('grant-stuck', 'new', 'x');
  alarms.raise('removal-unproven', 'old', 'x');
  expect(codes()).toEqual(['removal-unproven old', 'grant-stuck new']);
});

test('what a process before left open is known: not said again, and closed when it has passed', () => {
  const before = stage();
  before.alarms.raise('grant-stuck', 'db', 'x');
  before.alarms.announce(before.alarms.open());
  const { alarms, lines, codes } = stage(before.alarms.open());
  alarms.raise('grant-stuck', 'db', 'x');
  expect(lines).toEqual([]);
  expect(alarms.open()).toMatchObject([{ announced: true }]);
  alarms.hold('grant-stuck', []);
  expect(codes()).toEqual([]);
});

test('only what is open is announced', () => {
  const { alarms } = stage();
  alarms.raise('grant-stuck', 'a', 'x');
  const told = alarms.open();
  alarms.clear('grant-stuck');
  alarms.announce(told);
  expect(alarms.open()).toEqual([]);
});
