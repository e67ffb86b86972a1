// Whether the approvals that rules and owners ask for can be given: by anybody, without one person, without the requester.
import { assignApprovers } from '../decision/assign.ts';
import type { Found, Linted, Member } from './lint-finding.ts';
import { membersOf } from './lint-members.ts';
import { selectorText } from './match.ts';
import type { ApprovalEntry, Rule, Selector } from './policy.ts';

export function* approvalFindings(linted: Linted): Generator<Found> {
  for (const [index, rule] of linted.policy.rules.entries()) yield* ruleFindings(linted, index, rule);
  yield* ownerFindings(linted);
}

function* ruleFindings(linted: Linted, index: number, rule: Rule): Generator<Found> {
  if (rule.approvals.length === 0) return;
  const place = { file: 'rules.yaml', path: ['rules', index, 'approvals'] };
  const bench = benchOf(linted, rule.approvals);
  const needed = needOf(rule.approvals);
  const requesters = knownPeople(linted, rule.requesters);
  const stuck = requesters?.filter((one) => !bench.suffices(one)) ?? [];
  if (!bench.suffices() || (requesters !== null && requesters.length > 0 && stuck.length === requesters.length)) {
    const why = bench.suffices() ? ', as nobody approves their own request' : '';
    const sentence = `Nobody can ever approve under rule "${rule.name}": it needs ${needed}, and there are not as many${why}. Name more people, or lower count.`;
    yield { code: 'nobody-can-approve', sentence, ...place };
    return;
  }
  const key = bench.indispensable();
  if (key.length > 0) {
    const sentence = `Rule "${rule.name}" can be approved only with ${key.map((one) => nameOf(linted, one)).join(' and ')}: while one of them sleeps, nobody gets access. Name more people in approvals.`;
    yield { code: 'one-can-approve', sentence, ...place };
  }
  const asking = key.filter((one) => rule.requesters.some((who) => membersOf(linted, who)?.has(one) === true));
  if (asking.length > 0) {
    const sentence = `Nobody could approve what ${asking.map((one) => nameOf(linted, one)).join(' or ')} asks for under rule "${rule.name}", as nobody approves their own request. Name more people in approvals.`;
    yield { code: 'requester-without-approver', sentence, ...place };
  }
}

function* ownerFindings(linted: Linted): Generator<Found> {
  const { owners } = linted.policy.settings;
  const place = { file: 'settings.yaml', path: ['owners'] };
  const bench = benchOf(linted, [owners]);
  if (!bench.suffices()) {
    const sentence = `No change to anything but grants/ could ever be approved again: owners needs ${needOf([owners])}, and there are not as many. Name more people.`;
    yield { code: 'no-owner-can-approve', sentence, ...place };
    return;
  }
  const key = bench.indispensable();
  if (key.length === 0) return;
  const sentence = `Owners cannot do without ${key.map((one) => nameOf(linted, one)).join(' and ')}: a change that one of them opens can never be approved, and when one leaves, no change can. Name more people than count asks for.`;
  yield { code: 'one-can-approve', sentence, ...place };
}

/** A person, or somebody of a team whose members nobody told. */
type Candidate = { readonly person: Member } | { readonly team: number };

type Bench = {
  /** Whether all entries can be met by different people, `absent` not among them. */
  readonly suffices: (absent?: Member) => boolean;
  /** People without whom they cannot. */
  readonly indispensable: () => readonly Member[];
};

function benchOf(linted: Linted, entries: readonly ApprovalEntry[]): Bench {
  const selectors = entries.flatMap(({ from }) => from);
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const people = [...new Set(selectors.flatMap((who) => [...(membersOf(linted, who) ?? [])]))];
  const teams = new Set(selectors.flatMap((who) => (membersOf(linted, who) === null ? [who.id] : [])));
  // An unknown team counts as large enough: what nobody knows is no finding.
  const strangers = [...teams].flatMap((team) => Array.from({ length: total }, () => ({ team })));
  const fits = ({ from }: ApprovalEntry, one: Candidate) =>
    from.some((who) =>
      'team' in one ? who.kind === 'team' && who.id === one.team : membersOf(linted, who)?.has(one.person) === true,
    );
  const assign = (absent?: Member) => {
    const present = people.filter((one) => one !== absent).map((person) => ({ person }));
    return assignApprovers<Candidate>(entries, [...strangers, ...present], fits);
  };
  return {
    suffices: (absent) => assign(absent).kind === 'complete',
    indispensable: () => {
      const once = assign();
      const chosen = once.kind === 'complete' ? once.chosen : [];
      return chosen.flatMap((one) => ('person' in one && assign(one.person).kind !== 'complete' ? [one.person] : []));
    },
  };
}

/** Null when one of the selectors is a team whose members nobody told. */
function knownPeople(linted: Linted, selectors: readonly Selector[]): readonly Member[] | null {
  const sets = selectors.map((who) => membersOf(linted, who));
  const known = sets.filter((one) => one !== null);
  return known.length < sets.length ? null : [...new Set(known.flatMap((one) => [...one]))];
}

function needOf(entries: readonly ApprovalEntry[]): string {
  return entries.map(({ count, from }) => `${count} of ${from.map(selectorText).join(', ')}`).join(', and ');
}

function nameOf({ policy }: Linted, one: Member): string {
  return `@${typeof one === 'string' ? one : (policy.people.get(one)?.github ?? `(GitHub id ${one})`)}`;
}
