// Which rule applies: the first that matches role, account and requester; an unknown membership on the way refuses.
import { matchesGlob } from './glob.ts';
import type { Account, Policy, Rule, Selector } from './policy.ts';

export type Membership = 'member' | 'not-member' | 'unknown';

export type MatchedRule =
  | { readonly kind: 'rule'; readonly rule: Rule }
  /** `closest` is the rule that came nearest; `why` says what keeps it from applying, without a full stop. */
  | { readonly kind: 'none'; readonly closest?: { readonly rule: Rule; readonly why: string } }
  /** GitHub could not say whether the requester is in `selector`; a later rule must not decide instead. */
  | { readonly kind: 'unknown'; readonly rule: Rule; readonly selector: Selector };

/** What is asked for: the name of a role, and an account of the policy. */
export type Target = { readonly role: string; readonly account: Pick<Account, 'name' | 'labels'> };

type PolicyPart = Pick<Policy, 'rules'>;

export function matchingRule(
  policy: PolicyPart,
  target: Target,
  membership: (selector: Selector) => Membership,
): MatchedRule {
  for (const rule of rulesFor(policy, target)) {
    const answers = rule.requesters.map((selector) => ({ selector, answer: membership(selector) }));
    if (answers.some(({ answer }) => answer === 'member')) return { kind: 'rule', rule };
    const open = answers.find(({ answer }) => answer === 'unknown');
    if (open !== undefined) return { kind: 'unknown', rule, selector: open.selector };
  }
  const closest = closestRule(policy, target, membership);
  return closest === null ? { kind: 'none' } : { kind: 'none', closest };
}

/** Rules that match role and account, whoever asks, in order: their selectors are what to look up. */
export function rulesFor(policy: PolicyPart, { role, account }: Target): readonly Rule[] {
  return policy.rules.filter((rule) => matchesRole(rule, role) && matchesAccount(rule, account));
}

export function selectorText(selector: Selector): string {
  return selector.kind === 'team' ? `team:${selector.team}` : `user:${selector.login}`;
}

function matchesRole(rule: Rule, role: string): boolean {
  return rule.roles.some((pattern) => matchesGlob(pattern, role));
}

function matchesAccount(rule: Rule, { name, labels }: Target['account']): boolean {
  return rule.accounts.some((pattern) =>
    pattern.startsWith('label:') ? labels.includes(pattern.slice('label:'.length)) : matchesGlob(pattern, name),
  );
}

type Misses = { readonly role: boolean; readonly account: boolean; readonly requester: boolean };

function closestRule(policy: PolicyPart, target: Target, membership: (selector: Selector) => Membership) {
  let best: { readonly rule: Rule; readonly why: string } | null = null;
  let nearest = 0;
  for (const rule of policy.rules) {
    const misses: Misses = {
      role: !matchesRole(rule, target.role),
      account: !matchesAccount(rule, target.account),
      requester: !rule.requesters.some((selector) => membership(selector) === 'member'),
    };
    const near = nearness(misses);
    if (near > nearest) {
      best = { rule, why: missSentence(rule, target, misses) };
      nearest = near;
    }
  }
  return best;
}

/** One miss is nearer than two. Somebody else may ask for the same; another role may do; the account is where it burns. */
function nearness({ role, account, requester }: Misses): number {
  const missed = [role, account, requester].filter(Boolean).length;
  if (missed === 3) return 0;
  if (missed === 2) return 1;
  if (requester) return 4;
  return role ? 3 : 2;
}

function missSentence(rule: Rule, { role, account }: Target, misses: Misses): string {
  const parts: string[] = [];
  if (misses.role) parts.push(`it gives ${rule.roles.join(', ')}, not ${role}`);
  if (misses.account) parts.push(`it covers ${rule.accounts.join(', ')}, not ${account.name}`);
  if (misses.requester) parts.push(`it is for ${rule.requesters.map(selectorText).join(', ')}, which you are not in`);
  return parts.join('; ');
}
