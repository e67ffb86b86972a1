// Every role on every account, and which rules match it: accounts and roles that the rules treat alike are taken together.
import type { Found, Linted, LintTarget } from './lint-finding.ts';
import { rulesFor } from './match.ts';
import type { Policy, Rule } from './policy.ts';

/** Control-plane accounts are left out: no grant reaches them, whatever a rule says. */
export function targetsOf(policy: Policy): readonly LintTarget[] {
  const open = [...policy.accounts.values()].filter(({ controlPlane }) => !controlPlane);
  const anyRole = policy.rules.map((rule) => ({ ...rule, roles: ['*'] }));
  const anyAccount = policy.rules.map((rule) => ({ ...rule, accounts: ['*'] }));
  const anywhere = { name: '', labels: [] };
  const accounts = alike(open, (account) => rulesFor({ rules: anyRole }, { role: '', account }));
  const roles = alike([...policy.roles.keys()], (role) => rulesFor({ rules: anyAccount }, { role, account: anywhere }));
  return roles.flatMap((sameRoles) =>
    accounts.map((sameAccounts) => {
      const [role] = sameRoles;
      const [account] = sameAccounts;
      return { roles: sameRoles, accounts: sameAccounts, rules: rulesFor(policy, { role, account }) };
    }),
  );
}

export function* usageFindings({ policy, targets }: Linted): Generator<Found> {
  const used = targets.filter(({ rules }) => rules.length > 0);
  const usedAccounts = new Set(used.flatMap(({ accounts }) => accounts));
  const usedRoles = new Set(used.flatMap(({ roles }) => roles));
  for (const [name, account] of policy.accounts) {
    if (account.controlPlane || usedAccounts.has(account)) continue;
    const sentence = `No rule gives anything on account "${name}". Name it in a rule, or take it out of policies/accounts.yaml.`;
    yield { code: 'unused-account', sentence, file: 'accounts.yaml', path: [name] };
  }
  for (const name of policy.roles.keys()) {
    if (usedRoles.has(name)) continue;
    const sentence = `No rule gives role "${name}". Name it in a rule, or take it out of policies/roles.yaml.`;
    yield { code: 'unused-role', sentence, file: 'roles.yaml', path: [name] };
  }
}

function alike<T>(all: readonly T[], rulesOf: (one: T) => readonly Rule[]): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const key = rulesOf(one)
      .map(({ name }) => name)
      .join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}
