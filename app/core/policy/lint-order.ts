// What the order of rules does: rules that no request reaches, and rules that somebody reaches by leaving a team.
import { formatDuration } from '../grant/duration.ts';
import type { Found, Linted, LintTarget } from './lint-finding.ts';
import { membersOf } from './lint-members.ts';
import { selectorText } from './match.ts';
import type { Rule, Selector } from './policy.ts';

export function* orderFindings(linted: Linted): Generator<Found> {
  const { rules } = linted.policy;
  const reached = new Set(linted.targets.flatMap((target) => [...reachedRules(linted, target)]));
  for (const [index, rule] of rules.entries()) if (!reached.has(rule)) yield unreachable(linted, index, rule);
  const said = new Set<string>();
  for (const target of linted.targets)
    for (const fall of falls(linted, target)) {
      const key = `${fall.from.name} ${fall.to.name}`;
      if (said.has(key)) continue;
      said.add(key);
      yield loosened(rules.indexOf(fall.to), fall);
    }
}

/** Those that somebody gets to: an unknown membership refuses and never falls through, so only certain ones count. */
function* reachedRules(linted: Linted, { rules }: LintTarget): Generator<Rule> {
  for (const [at, rule] of rules.entries()) {
    const earlier = rules.slice(0, at).flatMap(({ requesters }) => requesters);
    if (rule.requesters.some((who) => !isCovered(linted, who, earlier))) yield rule;
  }
}

function unreachable({ targets, policy }: Linted, index: number, rule: Rule): Found {
  const matching = targets.filter(({ rules }) => rules.includes(rule));
  const before = new Set(matching.flatMap(({ rules }) => rules.slice(0, rules.indexOf(rule)).map(({ name }) => name)));
  const names = policy.rules.map(({ name }) => name).filter((name) => before.has(name));
  const sentence =
    matching.length === 0
      ? `Rule "${rule.name}" never applies: there is no role and account that it matches and that a grant may reach. Correct roles or accounts, or take it out.`
      : `Rule "${rule.name}" never applies: ${names.map((name) => `"${name}"`).join(', ')} before it ${names.length === 1 ? 'decides' : 'decide'} all that it could. Move it up, or take it out.`;
  return { code: 'unreachable-rule', sentence, file: 'rules.yaml', path: ['rules', index, 'name'] };
}

/** Somebody whom `team` puts under rule `from` leaves it, and `by` puts them under the laxer rule `to`. */
type Fall = {
  readonly from: Rule;
  readonly to: Rule;
  readonly team: Selector;
  readonly by: Selector;
  readonly laxer: readonly string[];
};

/** GitHub lets everybody leave a team by themselves: then the order of rules is the requester's choice. */
function* falls(linted: Linted, { rules }: LintTarget): Generator<Fall> {
  for (const [at, from] of rules.entries()) {
    const before = rules.slice(0, at).flatMap(({ requesters }) => requesters);
    const teams = from.requesters.filter((who) => who.kind === 'team' && !isCovered(linted, who, before));
    if (teams.length === 0) continue;
    const seen = [...before, ...from.requesters];
    for (const to of rules.slice(at + 1)) {
      const laxer = laxerBy(from, to);
      const open = to.requesters.filter((who) => !isCovered(linted, who, seen));
      const pair = teams.flatMap((team) =>
        open.filter((by) => mayShare(linted, team, by)).map((by) => ({ team, by })),
      )[0];
      if (laxer.length > 0 && pair !== undefined) yield { from, to, laxer, ...pair };
      seen.push(...to.requesters);
    }
  }
}

function loosened(index: number, { from, to, team, by, laxer }: Fall): Found {
  const sentence = `Somebody of ${selectorText(by)} who leaves ${selectorText(team)} falls from rule "${from.name}" to rule "${to.name}", which is laxer: ${laxer.join(', ')}. Name ${selectorText(by)} in "${from.name}" too, or make "${to.name}" as strict.`;
  return { code: 'loosened-by-leaving', sentence, file: 'rules.yaml', path: ['rules', index, 'requesters'] };
}

/** In what `to` asks less, or gives more. */
function laxerBy(from: Rule, to: Rule): readonly string[] {
  const found: string[] = [];
  const [before, after] = [from, to].map(peopleNeeded);
  if ((after ?? 0) < (before ?? 0))
    found.push(`${after === 0 ? 'no approval' : `${after} approvals`} instead of ${before}`);
  else if (approversAdded(from, to)) found.push('more people may approve');
  if (to.maxSeconds > from.maxSeconds)
    found.push(`${formatDuration(to.maxSeconds)} instead of ${formatDuration(from.maxSeconds)}`);
  if (from.incident === 'required' && to.incident === 'optional') found.push('no incident');
  if (isWider(from.maxLive, to.maxLive)) found.push('more live at a time');
  if (isWider(from.maxPerDay, to.maxPerDay)) found.push('more in a day');
  return found;
}

function peopleNeeded({ approvals }: Rule): number {
  return approvals.reduce((sum, { count }) => sum + count, 0);
}

/** Somebody may approve under `to` who may not under `from`, and nobody the other way round. */
function approversAdded(from: Rule, to: Rule): boolean {
  const [few, many] = [from, to].map(
    ({ approvals }) => new Set(approvals.flatMap((one) => one.from.map(selectorText))),
  );
  if (few === undefined || many === undefined || few.size === 0) return false;
  return few.size < many.size && [...few].every((one) => many.has(one));
}

function isWider(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && (after === undefined || after > before);
}

/** Everybody whom `who` names is named by `by` as well, as far as anybody can tell. */
function isCovered(linted: Linted, who: Selector, by: readonly Selector[]): boolean {
  if (by.some((one) => one.kind === who.kind && one.id === who.id)) return true;
  const people = membersOf(linted, who);
  if (people === null || people.size === 0) return false;
  return [...people].every((one) => by.some((selector) => membersOf(linted, selector)?.has(one) === true));
}

/** Whether one person may be in both, as far as anybody can tell. */
function mayShare(linted: Linted, a: Selector, b: Selector): boolean {
  const [one, other] = [membersOf(linted, a), membersOf(linted, b)];
  return one === null || other === null || [...one].some((person) => other.has(person));
}
