// What a change to policies/ does: its tests, the linter's findings that are new, and every past request judged again.
import { inlineSize } from '../../pulumi/statements.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { TeamFacts } from '../core/policy/lint-finding.ts';
import type { Policy } from '../core/policy/policy.ts';
import { type PolicyReport, policyReport } from '../core/policy/policy-test-report.ts';
import { historyOf } from '../core/policy/replay.ts';
import { parsedPolicy } from '../git/ledger.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Context } from './context.ts';
import { recentTeamFacts } from './team-facts.ts';

export type ProposedPolicy = { readonly tree: string; readonly policy: Policy };

/** The same trees, teams and history give the same report: a pull request is judged many times, this is made once. */
const reports = new Map<string, Promise<PolicyReport>>();
const MOST_REPORTS = 20;

export async function reportPolicyChange(
  { github, mirror }: Pick<Context, 'github' | 'mirror'>,
  ledger: Ledger,
  proposed: ProposedPolicy,
): Promise<PolicyReport | null> {
  if (proposed.tree === ledger.policy.tree) return null;
  const teams = await recentTeamFacts(github, proposed);
  const key = [ledger.policy.tree, proposed.tree, ledger.tip, textOf(teams)].join(' ');
  const known = reports.get(key);
  if (known !== undefined) return await known;
  if (reports.size >= MOST_REPORTS) reports.clear();
  const making = makeReport(mirror, ledger, proposed, teams);
  reports.set(key, making);
  making.catch(() => reports.delete(key));
  return await making;
}

function textOf(teams: TeamFacts | null): string {
  if (teams === null) return 'unknown';
  const members = [...teams.members].map(([team, ids]) => `${team}=${[...ids].join()}`);
  return `${members.join(';')} ${[...teams.withChildTeams].join()}`;
}

async function makeReport(
  mirror: Mirror,
  ledger: Ledger,
  proposed: ProposedPolicy,
  teams: TeamFacts | null,
): Promise<PolicyReport> {
  const trees = [...new Set([...ledger.grants.values()].map((one) => one.record.policies))];
  const [past, base, head] = await Promise.all([
    Promise.all(trees.map(async (tree) => [tree, parsedPolicy(tree, await mirror.policyFiles(tree))] as const)),
    mirror.policyWithTests(ledger.policy.tree),
    mirror.policyWithTests(proposed.tree),
  ]);
  const policies = new Map(past.flatMap(([tree, one]) => (one.kind === 'ok' ? [[tree, one.value] as const] : [])));
  return policyReport({
    base: { policy: ledger.policy.value, files: base },
    head: { policy: proposed.policy, files: head },
    history: historyOf(ledger.grants.values(), (tree) => policies.get(tree) ?? null),
    teams,
    size: inlineSize,
  });
}
