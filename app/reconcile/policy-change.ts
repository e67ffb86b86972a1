// What a change to policies/ does: its tests, the linter's findings that are new, and every past request judged again.
import { inlineSize } from '../../pulumi/statements.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { Policy } from '../core/policy/policy.ts';
import { type PolicyReport, policyReport } from '../core/policy/policy-test-report.ts';
import { historyOf } from '../core/policy/replay.ts';
import { parsedPolicy } from '../git/ledger.ts';
import { readPolicyFiles } from '../git/policy-files.ts';
import { readPolicyWithTests } from '../git/policy-test-files.ts';

export type ProposedPolicy = { readonly tree: string; readonly policy: Policy };

/** The same trees and the same history give the same report: a pull request is judged many times, this is made once. */
const reports = new Map<string, Promise<PolicyReport>>();
const MOST_REPORTS = 20;

export async function reportPolicyChange(
  dir: string,
  ledger: Ledger,
  proposed: ProposedPolicy,
): Promise<PolicyReport | null> {
  if (proposed.tree === ledger.policy.tree) return null;
  const key = [ledger.policy.tree, proposed.tree, ledger.tip].join(' ');
  const known = reports.get(key);
  if (known !== undefined) return await known;
  if (reports.size >= MOST_REPORTS) reports.clear();
  const making = makeReport(dir, ledger, proposed);
  reports.set(key, making);
  making.catch(() => reports.delete(key));
  return await making;
}

async function makeReport(dir: string, ledger: Ledger, proposed: ProposedPolicy): Promise<PolicyReport> {
  const trees = [...new Set([...ledger.grants.values()].map((one) => one.record.policies))];
  const [past, base, head] = await Promise.all([
    Promise.all(trees.map(async (tree) => [tree, parsedPolicy(tree, await readPolicyFiles(dir, tree))] as const)),
    readPolicyWithTests(dir, ledger.policy.tree),
    readPolicyWithTests(dir, proposed.tree),
  ]);
  const policies = new Map(past.flatMap(([tree, one]) => (one.kind === 'ok' ? [[tree, one.value] as const] : [])));
  return policyReport({
    base: { policy: ledger.policy.value, files: base },
    head: { policy: proposed.policy, files: head },
    history: historyOf(ledger.grants.values(), (tree) => policies.get(tree) ?? null),
    size: inlineSize,
  });
}
