// `team:<slug>` and `user:<login>` to the numeric ids that they stand for.
import type { ApprovalFields } from '../schema/field.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Segment } from '../yaml/strict.ts';
import type { ApprovalEntry, Person, Selector, Team } from './policy.ts';
import type { Source } from './source.ts';

/** What selectors may name; null where that file could not be read, so that nothing is said twice. */
export type Known = {
  /** By login in lower case. */
  readonly people: ReadonlyMap<string, Person> | null;
  readonly teams: ReadonlyMap<string, Team> | null;
};

export type Field = { readonly source: Source<unknown>; readonly path: readonly Segment[] };

export function readSelectors(known: Known, { source, path }: Field, texts: readonly string[]): readonly Selector[] {
  const seen = new Set<string>();
  return texts.flatMap((text, index) => {
    const place = [...path, index];
    const selector = readSelector(known, { source, path: place }, text);
    if (selector === null) return [];
    const key = text.toLowerCase();
    if (seen.has(key)) source.refuse(place, `"${text}" stands here twice. Keep one.`);
    seen.add(key);
    return [selector];
  });
}

/** Null when it could not be read, or can never be met. */
export function readApproval(
  known: Known,
  field: Field,
  entry: ApprovalFields & { readonly count: number },
): ApprovalEntry | null {
  const { source, path } = field;
  const [first, ...rest] = readSelectors(known, { source, path: [...path, 'from'] }, entry.from);
  if (first === undefined) return null;
  const from: ApprovalEntry['from'] = [first, ...rest];
  if (from.length === entry.from.length && from.every(({ kind }) => kind === 'user') && from.length < entry.count) {
    source.refuse(path, `This asks for ${entry.count} people out of ${from.length}. Lower count, or name more people.`);
  }
  return { count: entry.count, from };
}

function readSelector(known: Known, field: Field, text: string): Selector | null {
  const name = text.slice(text.indexOf(':') + 1);
  return text.startsWith('team:') ? team(known.teams, field, name) : user(known.people, field, name);
}

function team(teams: Known['teams'], { source, path }: Field, slug: string): Selector | null {
  if (teams === null) return null;
  const known = teams.get(slug);
  if (known !== undefined) return { kind: 'team', team: slug, id: known.id };
  source.refuse(
    path,
    `There is no team "${slug}" under teams in policies/settings.yaml.${didYouMean(slug, teams.keys())}`,
  );
  return null;
}

function user(people: Known['people'], { source, path }: Field, login: string): Selector | null {
  if (people === null) return null;
  const person = people.get(login.toLowerCase());
  if (person !== undefined) return { kind: 'user', login: person.github, id: person.id };
  const near = didYouMean(login, people.keys());
  source.refuse(path, `There is no "${login}" in policies/people.yaml.${near}`);
  return null;
}
