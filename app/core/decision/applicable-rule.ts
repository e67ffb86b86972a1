// Which rule a grant falls under, and whether it stays within that rule: duration, incident, budgets, time to live.
import { formatDuration } from '../grant/duration.ts';
import type { Grant } from '../grant/grant.ts';
import { endOf } from '../ledger/ends.ts';
import { matchingRule } from '../policy/match.ts';
import type { Rule, Selector } from '../policy/policy.ts';
import type { PullFacts } from './facts.ts';
import { type Violation, violation } from './violation.ts';

export type Ruled = { readonly rule: Rule | null; readonly violations: readonly Violation[] };

export function judgeAgainstRules(facts: PullFacts, grant: Grant, change: 'request' | 'extension'): Ruled {
  const { author } = facts.pull;
  const policy = facts.ledger.policy.value;
  const account = policy.accounts.get(grant.account);
  const role = policy.roles.get(grant.role);
  // Unknown names are said by the resolver; no rule can be looked for.
  if (author === null || account === undefined || role === undefined) return { rule: null, violations: [] };
  const match = matchingRule(policy, { role: grant.role, account }, (who) => facts.membership(who, author.id));
  switch (match.kind) {
    case 'unknown': {
      const sentence = `GitHub does not say whether @${author.login} is in ${nameOf(match.selector)}, which rule "${match.rule.name}" asks. This is judged again by itself within a minute.`;
      return { rule: null, violations: [violation('membership-unknown', sentence)] };
    }
    case 'none': {
      const closest =
        match.closest === undefined ? '' : ` The closest rule is "${match.closest.rule.name}": ${match.closest.why}.`;
      const sentence = `No rule lets @${author.login} have ${grant.role} on ${grant.account}.${closest}`;
      return { rule: null, violations: [violation('no-rule', sentence)] };
    }
    case 'rule':
      return { rule: match.rule, violations: [...withinRule(facts, grant, match.rule, change)] };
  }
}

function* withinRule(
  facts: PullFacts,
  grant: Grant,
  rule: Rule,
  change: 'request' | 'extension',
): Generator<Violation> {
  if (grant.seconds > rule.maxSeconds)
    yield violation(
      'too-long',
      `Rule "${rule.name}" allows at most ${formatDuration(rule.maxSeconds)}; this asks for ${grant.duration}. Write a shorter duration.`,
    );
  if (grant.seconds < rule.minSeconds)
    yield violation(
      'too-short',
      `Rule "${rule.name}" grants at least ${formatDuration(rule.minSeconds)}; this asks for ${grant.duration}. Write a longer duration; you can end it early with /revoke.`,
    );
  if (rule.incident === 'required' && grant.incident === undefined)
    yield violation(
      'incident-required',
      `Rule "${rule.name}" needs an incident. Add a line such as: incident: INC-1234`,
    );
  const lapsesAt = facts.pull.createdAt.getTime() + rule.requestTtlSeconds * 1000;
  if (facts.now.getTime() >= lapsesAt)
    yield violation(
      'request-lapsed',
      `This request lapsed ${formatDuration(rule.requestTtlSeconds)} after it was opened. Open a new one.`,
    );
  if (change === 'request') yield* budgets(facts, rule);
}

/** Both budgets are per person and rule, over what was really granted. */
function* budgets({ ledger, pull, now, revoked }: PullFacts, rule: Rule): Generator<Violation> {
  const mine = [...ledger.grants.values()].filter(
    (one) => one.record.requester.id === pull.author?.id && one.record.rule === rule.name,
  );
  const live = mine.filter((one) => endOf(one, ledger.policy.value, now, revoked?.(one.id)) === null);
  const [oldest] = live;
  if (rule.maxLive !== undefined && live.length >= rule.maxLive && oldest !== undefined)
    yield violation(
      'too-many-live',
      `Rule "${rule.name}" allows ${rule.maxLive} live at a time, and "${oldest.id}" is live. Extend that one, or end it with /revoke on its request.`,
    );
  const today = mine.filter((one) => now.getTime() - one.startedAt.getTime() < 86_400_000);
  if (rule.maxPerDay !== undefined && today.length >= rule.maxPerDay)
    yield violation(
      'too-many-today',
      `Rule "${rule.name}" allows ${rule.maxPerDay} in 24 hours, and there were ${today.length}. Ask the owners.`,
    );
}

export function nameOf(selector: Selector): string {
  return selector.kind === 'team' ? `team ${selector.team}` : `@${selector.login}`;
}
