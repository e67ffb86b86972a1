// What a record proves about the teams of its requester on that day, and the ways in which the rest may have been.
import type { Membership } from '../decision/people.ts';
import type { GrantEntry } from '../ledger/ledger.ts';
import type { Identity } from '../record/record.ts';
import { rulesFor, selectorText } from './match.ts';
import type { Policy, Selector } from './policy.ts';

/** One way in which it may have been. */
export type World = {
  /** Numeric ids of teams. */
  readonly member: ReadonlySet<number>;
  readonly notMember: ReadonlySet<number>;
  /** What singles it out; null when the record proves it. */
  readonly said: string | null;
};

/**
 * Null when the policy cannot have allowed it. The first matching rule decided: so whoever it let ask is in one of that
 * rule's selectors, and in none of the rules before it.
 */
export function worldsOf(entry: GrantEntry, under: Policy): readonly [World, ...World[]] | null {
  const { grant, record } = entry;
  const account = under.accounts.get(grant.account);
  const rules = account === undefined ? [] : rulesFor(under, { role: grant.role, account });
  const at = rules.findIndex(({ name }) => name === record.rule);
  const rule = rules[at];
  if (rule === undefined) return null;
  const earlier = rules.slice(0, at).flatMap(({ requesters }) => requesters);
  const notMember = new Set(earlier.flatMap((who) => (who.kind === 'team' ? [who.id] : [])));
  if (rule.requesters.some((who) => who.kind === 'user' && who.id === record.requester.id))
    return [{ member: new Set(), notMember, said: null }];
  const teams = rule.requesters.filter((who) => who.kind === 'team' && !notMember.has(who.id));
  const worlds = teams.map((who): World => {
    const said = teams.length === 1 ? null : `@${record.requester.login} was in ${selectorText(who)}`;
    return { member: new Set([who.id]), notMember, said };
  });
  const [first, ...rest] = worlds;
  return first === undefined ? null : [first, ...rest];
}

export type TeamSelector = Extract<Selector, { readonly kind: 'team' }>;

/** Answers for one world; `onUnproven` hears of each answer that nothing proves. */
export function membershipIn(world: World, requester: Identity, onUnproven?: (team: TeamSelector) => void) {
  return (selector: Selector): Membership => {
    if (selector.kind === 'user') return selector.id === requester.id ? 'member' : 'not-member';
    if (world.member.has(selector.id)) return 'member';
    if (!world.notMember.has(selector.id)) onUnproven?.(selector);
    return 'not-member';
  };
}
