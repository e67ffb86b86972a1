// Seen in a row, or not at all.
import { expect, test } from 'vitest';
import { type Sighting, sight } from '../../app/core/sightings.ts';

const at = (minute: number) => new Date(minute * 60_000);

test('counts in a row, from the first time, and forgets what is not seen', () => {
  let seen: ReadonlyMap<string, Sighting> = new Map();
  seen = sight(seen, ['a', 'b'], at(1));
  seen = sight(seen, ['a'], at(2));
  expect([...seen]).toEqual([['a', { times: 2, since: at(1) }]]);
  seen = sight(seen, ['a', 'b'], at(3));
  expect(seen.get('a')).toEqual({ times: 3, since: at(1) });
  expect(seen.get('b')).toEqual({ times: 1, since: at(3) });
});

test('one answer that names it twice is one sighting', () => {
  expect(sight(new Map(), ['a', 'a'], at(1)).get('a')?.times).toBe(1);
});
