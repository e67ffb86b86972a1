// rules.yaml: the ordered rules, each with its times filled in and every name in it known.
import { formatDuration, parseDuration } from '../grant/duration.ts';
import type { RuleFields, RulesFields, RuleTimes } from '../schema/rules.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Segment } from '../yaml/strict.ts';
import { isGlob } from './glob.ts';
import type { Account, Role, Rule } from './policy.ts';
import { type Known, readApproval, readSelectors } from './selectors.ts';
import { boundedSeconds, refuseTwins, type Source } from './source.ts';

export type Named = Known & {
  readonly roles: ReadonlyMap<string, Role> | null;
  readonly accounts: ReadonlyMap<string, Account> | null;
};

export function readRules(source: Source<RulesFields>, named: Named): readonly Rule[] {
  const { rules, defaults = {} } = source.value;
  refuseTwins(
    source,
    rules.map(({ name }, index) => ({ path: ['rules', index, 'name'], value: name, owner: `rule ${index + 1}` })),
    'Name',
  );
  const labels = new Set([...(named.accounts?.values() ?? [])].flatMap((account) => account.labels));
  readTimes(source, ['defaults'], defaults, FALLBACK);
  return rules.map((fields, index) => {
    const path = ['rules', index];
    for (const [at, role] of fields.roles.entries())
      refuseUnknownRole(source, [...path, 'roles', at], role, named.roles);
    for (const [at, account] of fields.accounts.entries()) {
      refuseUnknownAccount(source, [...path, 'accounts', at], account, { accounts: named.accounts, labels });
    }
    return ruleOf(source, path, fields, { named, inherited: { ...FALLBACK, ...defaults } });
  });
}

const FALLBACK = { min_duration: '15m', max_duration: '4h', request_ttl: '3h', approval_ttl: '15m' } as const;
type Times = Required<RuleTimes>;

type Context = { readonly named: Named; readonly inherited: Times };

function ruleOf(
  source: Source<unknown>,
  path: readonly Segment[],
  fields: RuleFields,
  { named, inherited }: Context,
): Rule {
  const { name, roles, accounts, max_live: maxLive, max_per_day: maxPerDay } = fields;
  return {
    name,
    roles,
    accounts,
    requesters: readSelectors(named, { source, path: [...path, 'requesters'] }, fields.requesters),
    approvals: fields.approvals.flatMap((entry, index) => {
      const field = { source, path: [...path, 'approvals', index] };
      return readApproval(named, field, { count: entry.count ?? 1, from: entry.from }) ?? [];
    }),
    ...readTimes(source, path, fields, inherited),
    ...(maxLive === undefined ? {} : { maxLive }),
    ...(maxPerDay === undefined ? {} : { maxPerDay }),
    incident: fields.incident ?? 'optional',
  };
}

const WEEK = { least: 1, most: 7 * 86_400, words: '1s and 7d' };

/** What a rule inherits was checked where it stands; only together with the rule's own times it can be wrong again. */
function readTimes(source: Source<unknown>, path: readonly Segment[], own: RuleTimes, inherited: Times) {
  const read = (key: keyof Times): number => {
    const written = own[key];
    if (written === undefined) return parseDuration(inherited[key]) ?? 0;
    return boundedSeconds(source, { path: [...path, key], seconds: parseDuration(written) }, WEEK) ?? 0;
  };
  const minSeconds = read('min_duration');
  const maxSeconds = read('max_duration');
  if (minSeconds > maxSeconds && maxSeconds > 0) {
    const [min, max] = [formatDuration(minSeconds), formatDuration(maxSeconds)];
    source.refuse(
      [...path, 'max_duration'],
      `min_duration (${min}) is longer than max_duration (${max}); nothing fits.`,
    );
  }
  return { minSeconds, maxSeconds, requestTtlSeconds: read('request_ttl'), approvalTtlSeconds: read('approval_ttl') };
}

function refuseUnknownRole(
  source: Source<unknown>,
  path: readonly Segment[],
  role: string,
  roles: Named['roles'],
): void {
  if (roles === null || isGlob(role) || roles.has(role)) return;
  source.refuse(path, `There is no role "${role}" in policies/roles.yaml.${didYouMean(role, roles.keys())}`);
}

type KnownAccounts = { readonly accounts: Named['accounts']; readonly labels: ReadonlySet<string> };

function refuseUnknownAccount(
  source: Source<unknown>,
  path: readonly Segment[],
  text: string,
  known: KnownAccounts,
): void {
  const { accounts, labels } = known;
  if (accounts === null) return;
  if (text.startsWith('label:')) {
    const label = text.slice('label:'.length);
    if (!labels.has(label))
      source.refuse(path, `No account in policies/accounts.yaml has the label "${label}".${didYouMean(label, labels)}`);
  } else if (!isGlob(text) && !accounts.has(text)) {
    source.refuse(path, `There is no account "${text}" in policies/accounts.yaml.${didYouMean(text, accounts.keys())}`);
  }
}
