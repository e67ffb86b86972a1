// Names that hide something: one person under two of them, two roles that look alike in AWS, an account not to be touched.
import type { Segment } from '../yaml/strict.ts';
import { isGlob } from './glob.ts';
import type { Found, Linted } from './lint-finding.ts';
import { rulesFor } from './match.ts';
import type { Rule } from './policy.ts';

export function* nameFindings(linted: Linted): Generator<Found> {
  yield* people(linted);
  yield* roles(linted);
  yield* controlPlane(linted);
}

/** Ids, logins and UserIds cannot be twins; but who has two GitHub accounts could approve their own request. */
function* people({ policy }: Linted): Generator<Found> {
  const list = [...policy.people.values()];
  const names = list.map(({ name }) => name?.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim());
  // Managed accounts carry the short code of their enterprise: octocat_acme is often octocat.
  const logins = list.map(({ github }) => github.toLowerCase().replace(/_[^_]*$/, ''));
  for (const [keys, key] of [
    [names, 'name'],
    [logins, 'github'],
  ] as const)
    for (const { at, first, all } of twins(keys)) {
      const other = `@${list[first]?.github}`;
      const sentence = `@${list[at]?.github} and ${other} look like one person (${key} ${JSON.stringify(all)}), who could then approve their own request. Keep one, or make the names tell them apart.`;
      yield { code: 'duplicate-identity', sentence, file: 'people.yaml', path: [at, key] };
    }
}

/** CloudTrail and the access portal show the permission set's name, which has room for twelve letters of the role's. */
function* roles({ policy }: Linted): Generator<Found> {
  const names = [...policy.roles.keys()];
  for (const { at, first, all } of twins(names.map((name) => name.slice(0, 12)))) {
    const name = names[at] ?? '';
    const sentence = `Roles "${name}" and "${names[first]}" both show as bg-${all}-… in AWS. Make their first twelve characters differ.`;
    yield { code: 'name-collision', sentence, file: 'roles.yaml', path: [name] };
  }
}

function* controlPlane({ policy }: Linted): Generator<Found> {
  const accounts = [...policy.accounts.values()];
  const closed = accounts.filter((account) => account.controlPlane);
  for (const [index, rule] of policy.rules.entries())
    for (const [at, pattern] of rule.accounts.entries()) {
      // `*` means all that there are; what else reaches a control-plane account means it.
      if (isGlob(pattern) && /^\*+$/.test(pattern)) continue;
      for (const account of closed.filter((one) => reaches(rule, pattern, one))) {
        const sentence = `Rule "${rule.name}" names "${pattern}", which is or covers the control-plane account "${account.name}"; every grant on it is refused. Take it out of the rule.`;
        const path: Segment[] = ['rules', index, 'accounts', at];
        yield { code: 'control-plane-account', sentence, file: 'rules.yaml', path };
      }
    }
  for (const { name, controlPlane: marked } of accounts) {
    if (marked || !/^(?:management|master|payer|organi[sz]ation|org)(?:-|$)|-(?:management|payer)$/.test(name))
      continue;
    const sentence = `Account "${name}" sounds like the organization's management account. If it is, write control_plane: true; if not, call it something else.`;
    yield { code: 'control-plane-account', sentence, file: 'accounts.yaml', path: [name] };
  }
}

function reaches(rule: Rule, pattern: string, account: { readonly name: string; readonly labels: readonly string[] }) {
  return rulesFor({ rules: [{ ...rule, roles: ['*'], accounts: [pattern] }] }, { role: '', account }).length > 0;
}

type Twin = { readonly at: number; readonly first: number; readonly all: string };

function* twins(keys: readonly (string | undefined)[]): Generator<Twin> {
  const seen = new Map<string, number>();
  for (const [at, key] of keys.entries()) {
    if (key === undefined || key === '') continue;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, at);
    else yield { at, first, all: key };
  }
}
