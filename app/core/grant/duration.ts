// Durations as people write them: `90s`, `15m`, `2h`, `1h30m`, `1d`.

/** Longer than any grant or waiting time; a bound that keeps all sums exact. */
export const LONGEST_SECONDS = 31 * 86_400;

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** Whole seconds, or null: each unit once, the largest first, no sign, space, fraction or leading zero. */
export function parseDuration(text: string): number | null {
  const match = /^(?:([1-9]\d{0,6})d)?(?:([1-9]\d{0,6})h)?(?:([1-9]\d{0,6})m)?(?:([1-9]\d{0,6})s)?$/.exec(text);
  if (match === null) return null;
  const seconds = UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : null;
}

/** The shortest way to write whole seconds; `0s` for nothing left. */
export function formatDuration(seconds: number): string {
  let left = Math.max(0, Math.floor(seconds));
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text === '' ? '0s' : text;
}
