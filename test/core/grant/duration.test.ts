// Durations as people write them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, LONGEST_SECONDS, parseDuration } from '../../../app/core/grant/duration.ts';
import { durationField } from '../../../app/core/schema/field.ts';

test.each([
  ['90s', 90],
  ['15m', 900],
  ['2h', 7200],
  ['1h30m', 5400],
  ['1d', 86_400],
  ['1d2h3m4s', 93_784],
  ['90m', 5400],
  ['31d', LONGEST_SECONDS],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
  expect(text).toMatch(new RegExp(durationField.pattern, 'u'));
});

test.each([
  '',
  '0s',
  '0h1m',
  '01h',
  '+1h',
  '-1h',
  '1.5h',
  '1,5h',
  '1e2s',
  '0x1h',
  '1 h',
  ' 1h',
  '1h ',
  '1h\n',
  '1H',
  '1h1h',
  '30m1h',
  '1w',
  '1y',
  '1ms',
  'h',
  '1',
  'PT1H',
  '1h30',
  '١h',
  '1ｈ',
  '1h30m\u200b',
  '32d',
  '745h',
  '99999999s',
  '99999999999999999999h',
  'Infinityh',
  'NaNs',
])('%j is none', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  [0, '0s'],
  [-5, '0s'],
  [59.9, '59s'],
  [60, '1m'],
  [5400, '1h30m'],
  [90_061, '1d1h1m1s'],
])('%d seconds are written %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('property: what is written reads as it was', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: LONGEST_SECONDS }),
      (seconds) => parseDuration(formatDuration(seconds)) === seconds,
    ),
  );
});

test('property: the schema takes whatever the parser takes', () => {
  const part = (unit: string) =>
    fc.option(
      fc.nat(40).map((n) => `${n}${unit}`),
      { nil: '' },
    );
  const text = fc.tuple(part('d'), part('h'), part('m'), part('s')).map((parts) => parts.join(''));
  const pattern = new RegExp(durationField.pattern, 'u');
  fc.assert(fc.property(text, (written) => parseDuration(written) === null || pattern.test(written)));
});
