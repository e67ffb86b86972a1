// people.yaml: every identity once, whichever of its names somebody might reuse.
import type { PersonFields } from '../schema/people.ts';
import type { Person } from './policy.ts';
import { refuseTwins, type Source } from './source.ts';

export function readPeople(source: Source<readonly PersonFields[]>): ReadonlyMap<number, Person> {
  const people = source.value;
  const each = <T>(key: keyof PersonFields, read: (person: PersonFields) => T) =>
    people.map((person, index) => ({ path: [index, key], value: read(person), owner: `entry ${index + 1}` }));
  refuseTwins(
    source,
    each('id', ({ id }) => id),
    'GitHub id',
  );
  // GitHub compares logins without case, and Identity Center its UserIds: a twin would be a second way to one person.
  refuseTwins(
    source,
    each('github', ({ github }) => github.toLowerCase()),
    'GitHub login',
  );
  refuseTwins(
    source,
    each('aws', ({ aws }) => aws?.toLowerCase()),
    'UserId',
  );
  return new Map(people.map((person) => [person.id, person]));
}

/** By login in lower case, as selectors name people: twins included, so that one fault is not said in every rule. */
export function peopleByLogin({ value }: Source<readonly PersonFields[]>): ReadonlyMap<string, Person> {
  return new Map(value.map((person) => [person.github.toLowerCase(), person]));
}
