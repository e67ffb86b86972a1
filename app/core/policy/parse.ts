// The one parser of policies/: a whole policy whose files agree with each other, or every problem of every file.
import type { Parsed, Problem } from '../result.ts';
import { type AccountFields, accountsSchema } from '../schema/accounts.ts';
import { type GuardFields, guardsSchema } from '../schema/guards.ts';
import { type KeyFields, keysSchema } from '../schema/keys.ts';
import { type PersonFields, peopleSchema } from '../schema/people.ts';
import { type RoleFields, rolesSchema } from '../schema/roles.ts';
import { type RulesFields, rulesSchema } from '../schema/rules.ts';
import { type SettingsFields, settingsSchema } from '../schema/settings.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { readAccounts } from './accounts.ts';
import { readKeys } from './keys.ts';
import { peopleByLogin, readPeople } from './people.ts';
import type { Policy } from './policy.ts';
import { readGuards, readRoles } from './roles.ts';
import { readRules } from './rules.ts';
import { readSettings, readTeams } from './settings.ts';
import { readSource } from './source.ts';

/** Every one of them must be there. */
export const POLICY_FILES = [
  'people.yaml',
  'accounts.yaml',
  'roles.yaml',
  'guards.yaml',
  'rules.yaml',
  'settings.yaml',
  'keys.yaml',
] as const;

/** Names are relative to `policies/`; README.md, `schemas/` and `tests/` may be among them. */
export function parsePolicy(files: ReadonlyMap<string, Uint8Array>): Parsed<Policy> {
  const problems: Problem[] = strangers(files.keys());
  const policy = assemble(files, problems);
  const [first, ...rest] = problems.toSorted(byPlace);
  if (first !== undefined) return { kind: 'invalid', problems: [first, ...rest] };
  if (policy === null) throw new Error('A policy was refused without a reason');
  return { kind: 'ok', value: policy };
}

function assemble(files: ReadonlyMap<string, Uint8Array>, problems: Problem[]): Policy | null {
  const peopleSource = readSource<readonly PersonFields[]>(files, 'people.yaml', peopleSchema, problems);
  const accountsSource = readSource<Record<string, AccountFields>>(files, 'accounts.yaml', accountsSchema, problems);
  const rolesSource = readSource<Record<string, RoleFields>>(files, 'roles.yaml', rolesSchema, problems);
  const guardsSource = readSource<Record<string, GuardFields>>(files, 'guards.yaml', guardsSchema, problems);
  const rulesSource = readSource<RulesFields>(files, 'rules.yaml', rulesSchema, problems);
  const settingsSource = readSource<SettingsFields>(files, 'settings.yaml', settingsSchema, problems);
  const keysSource = readSource<readonly KeyFields[]>(files, 'keys.yaml', keysSchema, problems);

  const people = peopleSource && readPeople(peopleSource);
  const logins = peopleSource && peopleByLogin(peopleSource);
  const accounts = accountsSource && readAccounts(accountsSource);
  const guards = guardsSource && readGuards(guardsSource);
  const roles = rolesSource && readRoles(rolesSource, guards);
  const teams = settingsSource && readTeams(settingsSource);
  const settings = settingsSource && teams && readSettings(settingsSource, logins, teams);
  const rules = rulesSource && readRules(rulesSource, { people: logins, teams, roles, accounts });
  const keys = keysSource && readKeys(keysSource);
  if (!people || !accounts || !roles || !guards || !rules || !settings || !keys) return null;
  return { people, accounts, roles, guards, rules, settings, keys };
}

/** A misspelt file would otherwise be a policy that silently lacks what somebody wrote. */
function strangers(names: Iterable<string>): Problem[] {
  const known: readonly string[] = POLICY_FILES;
  return [...names]
    .filter((name) => /\.(?:ya?ml|json)$/i.test(name) && !/^(?:schemas|tests)\//.test(name) && !known.includes(name))
    .map((name) => {
      const message = `policies/${name} is no policy file.${didYouMean(name, known)} Known: ${known.join(', ')}.`;
      return { file: `policies/${name}`, line: 0, column: 0, message };
    });
}

function byPlace(a: Problem, b: Problem): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}
