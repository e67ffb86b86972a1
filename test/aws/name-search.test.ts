// One listing answers many questions; "there is none" is said only by a listing that began after the question.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Instance } from '../../app/aws/client.ts';
import { type NamedSet, nameSearch } from '../../app/aws/name-search.ts';

const set = (name: string): NamedSet => ({ arn: `arn:${name}`, name });

/** Each listing shows what there is when its items are asked for, slowly. */
function organisation(names: () => readonly string[]) {
  let listings = 0;
  const list = async function* (): AsyncGenerator<NamedSet> {
    listings += 1;
    for (const name of names()) {
      await sleep(5);
      yield set(name);
    }
    await sleep(5);
  };
  return { find: nameSearch({} as Instance, list), listings: () => listings };
}

describe('looking for names', () => {
  it('a hundred at once cost two listings at most', async () => {
    const { find, listings } = organisation(() => ['a', 'b', 'c']);
    const found = await Promise.all(Array.from({ length: 100 }, (_, i) => find(i % 2 === 0 ? 'b' : `none-${i}`)));
    expect(found.filter((one) => one?.name === 'b')).toHaveLength(50);
    expect(found.filter((one) => one === null)).toHaveLength(50);
    expect(listings()).toBeLessThanOrEqual(2);
  });

  it('who comes while a listing is under way is not told "none" by it', async () => {
    let names = ['a', 'b'];
    const { find, listings } = organisation(() => names);
    const first = find('zzz');
    await sleep(8);
    names = ['late', 'a', 'b'];
    const second = find('late');
    expect(await first).toBeNull();
    expect(await second).toEqual(set('late'));
    expect(listings()).toBe(2);
  });

  it('stops as soon as everybody has an answer', async () => {
    let asked = 0;
    const { find } = organisation(() => {
      asked += 1;
      return ['a', ...Array.from({ length: 1_000 }, (_, i) => `x-${i}`)];
    });
    expect(await find('a')).toEqual(set('a'));
    expect(await find('a')).toEqual(set('a'));
    expect(asked).toBe(2);
  });

  it('tells a failure to those who asked before it, and looks anew for the others', async () => {
    let fails = true;
    const list = async function* (): AsyncGenerator<NamedSet> {
      await sleep(10);
      if (fails) throw new Error('AWS is away');
      yield set('a');
    };
    const find = nameSearch({} as Instance, list);
    const first = find('a');
    await sleep(2);
    const second = find('a');
    await expect(first).rejects.toThrow('AWS is away');
    fails = false;
    expect(await second).toEqual(set('a'));
  });
});
